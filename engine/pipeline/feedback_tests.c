/*
 * The digest's failing tests: name, place, reason, the source line, and the frames that are ours.
 */
#include <string.h>

#include "engine/pipeline/delta.h"
#include "engine/pipeline/feedback_parts.h"
#include "parsers/assertion.h"
#include "parsers/parser.h"

enum {
	FAILURES_SHOWN = 200, /* whatever the budget: each one is compared with all the others */
	FRAMES = 5,
	REPEAT_NAMES = 160, /* bytes of names of tests with the same message */
};

/* How much is told of a failure: the first that fits is taken. */
struct detail {
	size_t bytes; /* beyond which the next is tried, though there were room */
	size_t message_lines, value_lines, frames;
};

static const struct detail details[] = {
	{1200, 8, 5, FRAMES},
	{700, 4, 2, 2},
	{SIZE_MAX, 1, 0, 0},
};

static bool is_bad(const struct test *test)
{
	return test->status == TEST_FAILED || test->status == TEST_ERROR;
}

/* What a whole command did is told with its output. */
static bool is_told_elsewhere(const struct test *test)
{
	return test->suite && strcmp(test->suite, SUITE_PROGRAM) == 0;
}

static const char *clean(struct feedback *f, const char *text)
{
	return text ? feedback_clean(f->arena, text, strnlen(text, FEEDBACK_QUOTED)) : "";
}

/* ---- the source line ---- */

static bool nth_line(const char *text, size_t len, size_t number, struct line *out)
{
	struct lines lines = {text, text + len};
	while (number > 0 && lines_next(&lines, out))
		number--;
	return number == 0;
}

/* As it was placed: the plan's files first, for edits and scaffolds are in them. */
static bool find_source(const struct execution *execution, const char *path, size_t number,
			struct line *out)
{
	const struct plan *plan = execution->plan;
	for (size_t i = 0; plan && i < plan->file_count; i++)
		if (strcmp(plan->files[i].path, path) == 0)
			return nth_line(plan->files[i].data, plan->files[i].len, number, out);
	for (size_t i = 0; i < execution->blocks.count; i++) {
		const struct block *block = &execution->blocks.items[i];
		if (block->used && block->path && strcmp(block->path, path) == 0)
			return nth_line(block->code, block->code_len, number, out);
	}
	return false;
}

static void put_source(struct feedback *f, const struct test *test, struct buf *out)
{
	struct line line;
	if (!test->file || !test->line || !find_source(f->execution, test->file, test->line, &line))
		return;
	line = line_trim(line);
	if (line.len == 0)
		return;
	buf_printf(out, "  line %zu: ", test->line);
	feedback_line(out, feedback_clean(f->arena, line.text, line.len), FEEDBACK_LINE);
	buf_putc(out, '\n');
}

/* ---- the stack ---- */

struct frames {
	const char *shown[FRAMES]; /* a ring when the innermost comes last */
	const char *latest; /* recursion repeats a frame: once is enough */
	size_t ours, others;
	bool innermost_last;
};

static bool is_test_place(const struct test *test, const char *file, size_t line)
{
	return test->file && strcmp(test->file, file) == 0 && test->line == line;
}

/* A frame is of the workspace when its path is relative once the sandbox's own prefix is off. */
static void read_frame(struct feedback *f, const struct test *test, struct line line,
		       struct frames *frames)
{
	static const char prefix[] = "/workspace/";
	const char *text = arena_copy(f->arena, line.text, line.len);
	const char *file;
	size_t number;
	if (assertion_location(f->arena, text, &file, &number) != 0 || file[0] == '/') {
		if (line_find(line, ".js:") || line_find(line, ".go:") ||
		    line_find(line, "File \""))
			frames->others++;
		return;
	}
	if (is_test_place(test, file, number))
		return; /* said already */
	if (frames->latest && strcmp(frames->latest, text) == 0) {
		frames->others++;
		return;
	}
	frames->latest = text;
	size_t len = strlen(file);
	frames->innermost_last = len > 3 && strcmp(file + len - 3, ".py") == 0;
	const char *at = strstr(text, prefix);
	if (at) /* the path as the coder wrote it */
		text = arena_printf(f->arena, "%.*s%s", (int)(at - text), text,
				    at + sizeof(prefix) - 1);
	if (frames->ours < FRAMES || frames->innermost_last)
		frames->shown[frames->ours % FRAMES] = text;
	frames->ours++;
}

static void put_stack(struct feedback *f, const struct test *test, size_t max, struct buf *out)
{
	if (max == 0)
		return;
	const char *stack = clean(f, test->stack);
	struct lines lines = {stack, stack + strlen(stack)};
	struct line line;
	struct frames frames = {.ours = 0};
	while (lines_next(&lines, &line))
		read_frame(f, test, line_trim(line), &frames);
	size_t count = frames.ours < max ? frames.ours : max;
	size_t first = frames.innermost_last ? frames.ours - count : 0;
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, "    ");
		feedback_line(out, frames.shown[(first + i) % FRAMES], FEEDBACK_LINE);
		buf_putc(out, '\n');
	}
	if (frames.ours > count || (count > 0 && frames.others > 0))
		buf_printf(out, "    (%zu more frames)\n", frames.ours - count + frames.others);
}

/* ---- one failure ---- */

static void put_title(struct feedback *f, const struct test *test, struct buf *out)
{
	buf_puts(out, test->status == TEST_ERROR ? "ERROR " : "FAILED ");
	feedback_line(out, clean(f, delta_test_label(f->arena, test)), FEEDBACK_LINE);
	if (test->file) {
		buf_puts(out, " (");
		feedback_line(out, clean(f, test->file), FEEDBACK_LINE);
		if (test->line)
			buf_printf(out, ":%zu", test->line);
		buf_putc(out, ')');
	}
	buf_putc(out, '\n');
}

static void put_value(struct feedback *f, const char *label, const char *value, size_t max,
		      struct buf *out)
{
	const char *text = clean(f, value);
	buf_printf(out, "  %s:", label);
	if (!strchr(text, '\n')) {
		buf_putc(out, ' ');
		feedback_line(out, text, FEEDBACK_LINE);
		buf_putc(out, '\n');
	} else {
		buf_putc(out, '\n');
		feedback_quote(out, "    ", text, max);
	}
}

/* jest and others say "Expected: 1, Received: 2" in the message; once is enough. */
static bool says_values(const char *message, const struct test *test)
{
	return strcasestr(message, "expected") && strstr(message, test->expected) &&
	       strstr(message, test->actual);
}

static void put_reason(struct feedback *f, const struct test *test, const struct detail *detail,
		       struct buf *out)
{
	const char *message = clean(f, test->message);
	feedback_quote(out, "  ", message, detail->message_lines);
	if (!test->expected || !test->actual || !detail->value_lines || says_values(message, test))
		return;
	put_value(f, "expected", test->expected, detail->value_lines, out);
	put_value(f, "actual", test->actual, detail->value_lines, out);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_reason(const struct test *a, const struct test *b)
{
	return a->message && *a->message && same_text(a->message, b->message) &&
	       same_text(a->expected, b->expected) && same_text(a->actual, b->actual);
}

/* Marks the later tests that fail for the same reason as tests[first]; says so in one line. */
static size_t fold_repeats(struct feedback *f, const struct results *results, size_t first,
			   bool *told, struct buf *out)
{
	struct buf names;
	size_t count = 0, named = 0;
	buf_init(&names, 0);
	for (size_t i = first + 1; i < results->count; i++) {
		const struct test *test = &results->tests[i];
		if (told[i] || !is_bad(test) || !same_reason(&results->tests[first], test))
			continue;
		told[i] = true;
		count++;
		if (names.len >= REPEAT_NAMES)
			continue;
		buf_puts(&names, named++ ? ", " : "");
		feedback_line(&names, clean(f, test->name), 60);
	}
	if (count > 0)
		buf_printf(out, "  same message in %zu more test%s: %s%s\n", count,
			   count == 1 ? "" : "s", names.data, named < count ? ", ..." : "");
	buf_done(&names);
	return count;
}

static bool add_failure(struct feedback *f, const struct results *results, size_t i, bool *told,
			size_t *covered)
{
	const struct test *test = &results->tests[i];
	struct buf entry, repeats;
	bool added = false;
	buf_init(&entry, 0);
	buf_init(&repeats, 0);
	*covered = 1 + fold_repeats(f, results, i, told, &repeats);
	for (size_t d = 0; d < sizeof(details) / sizeof(details[0]) && !added; d++) {
		buf_clear(&entry);
		put_title(f, test, &entry);
		put_reason(f, test, &details[d], &entry);
		put_source(f, test, &entry);
		put_stack(f, test, details[d].frames, &entry);
		buf_append(&entry, repeats.data, repeats.len);
		added = entry.len <= details[d].bytes && feedback_add(f, entry.data);
	}
	buf_done(&entry);
	buf_done(&repeats);
	return added;
}

void feedback_tests(struct feedback *f)
{
	const struct results *results = &f->execution->results;
	size_t left = 0, shown = 0;
	bool *told = arena_array(f->arena, results->count + 1, sizeof(*told));
	for (size_t i = 0; i < results->count; i++) {
		told[i] = is_told_elsewhere(&results->tests[i]);
		left += is_bad(&results->tests[i]) && !told[i];
	}
	size_t tail = left > 1 ? strlen("... and 100000 more failures\n") : 0;
	size_t limit = f->limit;
	f->limit = limit > tail ? limit - tail : 0;
	for (size_t i = 0; i < results->count && shown < FAILURES_SHOWN; i++) {
		size_t covered;
		if (told[i] || !is_bad(&results->tests[i]))
			continue;
		if (!add_failure(f, results, i, told, &covered))
			break;
		left -= covered;
		shown++;
	}
	f->limit = limit;
	feedback_more(f, left, "failure");
}
