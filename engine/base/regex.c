/* PCRE2 with every limit it has, and one that it lacks: a budget of steps over many matches. */
#include "engine/base/regex.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "engine/base/buf.h"
#include "engine/base/memory.h"

enum {
	MATCH_LIMIT =
		1000000, /* backtracking points of one attempt; the budget usually ends first */
	DEPTH_LIMIT = 1000,
	HEAP_LIMIT_KIB = 4096,
	JIT_STACK_START = 32 * 1024,
	JIT_STACK_MAX = 512 * 1024,
	PATTERN_MAX = 4096,
	COMPILED_MAX = 3 * PATTERN_MAX, /* with what counts its steps */
	/* A step is one pattern item tried; skipping along the text costs about an eighth a byte. */
	STEP_BYTES = 8,
};

struct regex {
	pcre2_code *code;
	struct needles needles;
	_Atomic bool ready; /* the JIT has had its one try */
};

struct regex_scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	uint64_t steps; /* left */
	size_t position; /* of the last step */
};

static void *must(void *made)
{
	if (!made)
		memory_exhausted(0);
	return made;
}

/*
 * PCRE2's match limit starts anew at every byte where a match may start, so that alone it bounds
 * nothing worth the name: 64 MiB of text are 64 Mi attempts. Callouts are compiled into the JIT
 * code too, cost some 5 ns each, and let one budget span all attempts.
 */
static int count_step(pcre2_callout_block *step, void *data)
{
	struct regex_scratch *scratch = data;
	size_t moved = step->current_position > scratch->position
			       ? step->current_position - scratch->position
			       : scratch->position - step->current_position;
	uint64_t cost = 1 + moved / STEP_BYTES;

	scratch->position = step->current_position;
	if (cost > scratch->steps) {
		scratch->steps = 0;
		return PCRE2_ERROR_CALLOUT;
	}
	scratch->steps -= cost;
	return 0;
}

static pcre2_code *compile(const char *pattern, uint32_t more_options, int *code, size_t *offset)
{
	pcre2_compile_context *context = must(pcre2_compile_context_create(NULL));
	uint32_t options = PCRE2_MULTILINE | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
			   PCRE2_USE_OFFSET_LIMIT;

	pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
	pcre2_set_max_pattern_length(context, COMPILED_MAX);
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
					     options | more_options, code, offset, context);
	pcre2_compile_context_free(context);
	return compiled;
}

/*
 * PCRE2_AUTO_CALLOUT counts at every character of a pattern; counting where backtracking must pass
 * is enough, and three times as fast. Where the pattern is too clever for that: every character.
 */
static pcre2_code *compile_counted(const char *pattern, struct needles *needles, int *code,
				   size_t *offset)
{
	struct pattern_points points;
	pcre2_code *compiled = NULL;

	if (pattern_read(pattern, needles, &points)) {
		struct buf counted;
		size_t from = 0;
		buf_init(&counted, COMPILED_MAX);
		buf_puts(&counted, "(?C)");
		for (size_t i = 0; i < points.count; i++) {
			buf_append(&counted, pattern + from, points.at[i] - from);
			buf_puts(&counted, "(?C)");
			from = points.at[i];
		}
		buf_puts(&counted, pattern + from);
		compiled = compile(counted.data, 0, code, offset);
		buf_done(&counted);
	}
	return compiled ? compiled : compile(pattern, PCRE2_AUTO_CALLOUT, code, offset);
}

int regex_new(struct regex **out, const char *pattern, struct error *err)
{
	struct regex *regex = memory_zeroed(sizeof(*regex));
	size_t offset = 0;
	int code = 0;
	char why[160];
	uint32_t empty = 0;

	*out = NULL;
	if (strlen(pattern) > PATTERN_MAX) {
		error_set(err, ERROR_INPUT, "at offset %d: longer than that", PATTERN_MAX);
		goto failed;
	}
	regex->code = compile_counted(pattern, &regex->needles, &code, &offset);
	if (!regex->code) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
		error_set(err, ERROR_INPUT, "at offset %zu: %s", offset, why);
		goto failed;
	}
	pcre2_pattern_info(regex->code, PCRE2_INFO_MATCHEMPTY, &empty);
	if (empty) {
		error_set(err, ERROR_INPUT,
			  "at offset 0: matches the empty string, so it would match everywhere");
		goto failed;
	}
	*out = regex;
	return 0;
failed:
	regex_free(regex);
	return -1;
}

void regex_free(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_code_free(regex->code);
	free(regex);
}

const struct needles *regex_needles(const struct regex *regex)
{
	return &regex->needles;
}

struct regex_scratch *regex_scratch_new(void)
{
	struct regex_scratch *scratch = memory_zeroed(sizeof(*scratch));

	scratch->data = must(pcre2_match_data_create(1, NULL));
	scratch->context = must(pcre2_match_context_create(NULL));
	scratch->stack = must(pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL));
	pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
	pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
	pcre2_set_callout(scratch->context, count_step, scratch);
	pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
	return scratch;
}

void regex_scratch_free(struct regex_scratch *scratch)
{
	if (!scratch)
		return;
	pcre2_match_data_free(scratch->data);
	pcre2_match_context_free(scratch->context);
	pcre2_jit_stack_free(scratch->stack);
	free(scratch);
}

void regex_grant(struct regex_scratch *scratch, uint64_t steps)
{
	scratch->steps = steps;
}

uint64_t regex_steps_left(const struct regex_scratch *scratch)
{
	return scratch->steps;
}

/*
 * Compiling to machine code is the dear part of a rule (50 us) and most rules never see a text that
 * could match, so it waits for the first one. Where the host forbids executable memory the
 * interpreter does the work, under the same limits.
 */
static void make_ready(struct regex *regex)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	if (regex->ready)
		return;
	pthread_mutex_lock(&lock);
	if (!regex->ready)
		pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	regex->ready = true;
	pthread_mutex_unlock(&lock);
}

enum regex_result regex_find(struct regex *regex, struct regex_scratch *scratch,
			     const struct regex_window *window, size_t *at)
{
	make_ready(regex);
	if (window->start >= window->start_end || window->start > window->end)
		return REGEX_NONE;
	scratch->position = window->start;
	pcre2_set_offset_limit(scratch->context, window->start_end - 1);
	int rc = pcre2_match(regex->code, (PCRE2_SPTR)window->text, window->end, window->start,
			     window->cut ? PCRE2_NOTEOL : 0, scratch->data, scratch->context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return REGEX_NONE;
	if (rc < 0)
		return REGEX_LIMIT;
	*at = pcre2_get_ovector_pointer(scratch->data)[0];
	return REGEX_MATCH;
}
