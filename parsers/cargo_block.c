/* The lines of one test binary, and the details of its failures. */
#include "parsers/cargo_block.h"

#include <string.h>

#include "parsers/name_index.h"
#include "parsers/rust_failure.h"

/* ---- the lines for tests ---- */

/* "ok", "FAILED", "ignored, reason", with a time behind them */
static bool read_result(struct line line, enum test_status *status, struct line *reason)
{
	const char *time = line_find_last(line, " <");

	*reason = (struct line){"", 0};
	if (time && line_ends(line, "s>"))
		line = line_to(line, time);
	if (line_is(line, "ok") || line_is(line, "FAILED")) {
		*status = line_is(line, "ok") ? TEST_PASSED : TEST_FAILED;
		return true;
	}
	*status = TEST_PASSED;
	if (line_starts(line, "bench: "))
		return true;
	*status = TEST_SKIPPED;
	if (!line_skip(&line, "ignored"))
		return false;
	if (line_skip(&line, ", "))
		*reason = line;
	return line.len == 0 || reason->len > 0;
}

/* The name as the details and the list of failures have it. */
static struct line bare_name(struct line name)
{
	static const char *const notes[] = {" - should panic", " - compile fail", " - compile"};

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (line_ends(name, notes[i]))
			name.len -= strlen(notes[i]);
	}
	return name;
}

/* With --nocapture, what an open test said stands before its result. */
static void add(struct cargo_block *block, const char *name, enum test_status status,
		struct line reason, const char *end)
{
	struct test *test = results_add(block->b, name, block->suite, status);

	if (reason.len > 0)
		test->message = line_copy(block->b->arena, reason);
	if (block->open && status == TEST_FAILED)
		rust_failure_read(block->b->arena, test, block->open_text, end);
}

/* The result of an open test that never came: the list of failures tells, at the end. */
static void close_open(struct cargo_block *block)
{
	if (block->open)
		results_add(block->b, block->open, block->suite, TEST_PASSED);
	block->open = NULL;
}

/* "thread 'x' (12) panicked at src/lib.rs:30:33:", and what follows up to an empty line */
static void read_panic(struct cargo_block *block, struct line line, const char *next)
{
	struct line name = line;
	struct cargo_panic *panic;
	const char *quote;

	if (block->in_panic) {
		panic = &block->panics[block->panic_count - 1];
		block->in_panic = !line_blank(line) && !line_starts(line, "test ");
		if (block->in_panic)
			panic->end = next;
	}
	if (!line_like(line, "thread '*' * panicked at *") || !line_skip(&name, "thread '"))
		return;
	quote = line_find(name, "' ");
	panic = arena_grow(block->b->arena, &block->panics, block->panic_count, sizeof(*panic));
	block->panic_count++;
	*panic = (struct cargo_panic){line_copy(block->b->arena, line_to(name, quote)), line.text,
				      next};
	block->in_panic = true;
}

static void read_test(struct cargo_block *block, struct line line)
{
	struct line rest = line;
	struct line reason, name;
	enum test_status status;
	const char *dots;

	if (block->open && read_result(line, &status, &reason)) {
		add(block, block->open, status, reason, line.text);
		block->open = NULL;
		return;
	}
	if (line_ends(line, " --- FAILED")) { /* -q, since 1.84 */
		rest.len -= strlen(" --- FAILED");
		results_add(block->b, line_copy(block->b->arena, rest), block->suite, TEST_FAILED);
		return;
	}
	dots = line_find(line, " ... ");
	if (!line_skip(&rest, "test ") || !dots || dots < rest.text)
		return;
	close_open(block);
	name = bare_name(line_to(rest, dots));
	rest = line_from(rest, dots + strlen(" ... "));
	if (read_result(rest, &status, &reason))
		add(block, line_copy(block->b->arena, name), status, reason, NULL);
	else
		block->open = line_copy(block->b->arena, name);
	block->open_text = rest.text;
}

/* ---- the details at the end of a block ---- */

/* "---- name stdout ----" of a test that the block knows; others were printed by tests. */
static bool details_title(struct line line, struct line *name)
{
	if (!line_skip(&line, "---- ") || !line_ends(line, " stdout ----"))
		return false;
	*name = line;
	name->len -= strlen(" stdout ----");
	return true;
}

static void read_all_details(struct cargo_block *block, const char *end)
{
	struct results *out = block->b->out;
	bool list = block->names && block->names > block->failures; /* the second "failures:" */
	struct lines lines = {block->failures, list ? block->names - strlen("failures:\n") : end};
	struct name_index failed;
	struct test *test = NULL;
	const char *from = NULL;
	struct line line, name;
	size_t at;

	name_index_init(&failed, block->b->arena);
	for (size_t i = block->first; i < out->count; i++) {
		if (out->tests[i].status == TEST_FAILED)
			name_index_add(&failed, out->tests[i].name, i);
	}
	while (lines_next(&lines, &line)) {
		if (!details_title(line, &name) ||
		    !name_index_take(&failed, line_copy(block->b->arena, name), &at))
			continue;
		if (test)
			rust_failure_read(block->b->arena, test, from, line.text);
		test = &out->tests[at];
		from = lines.at;
	}
	if (test)
		rust_failure_read(block->b->arena, test, from, lines.end);
}

/* ---- blocks ---- */

/* The list at the end names every failure, also of dots and of results lost in output. */
static void read_names(struct cargo_block *block, const char *end)
{
	struct results *out = block->b->out;
	struct lines lines = {block->names, end};
	struct name_index known;
	struct line line;
	size_t at;

	name_index_init(&known, block->b->arena);
	for (size_t i = block->first; i < out->count; i++)
		name_index_add(&known, out->tests[i].name, i);
	while (block->names && lines_next(&lines, &line)) {
		const char *name;

		if (!line_starts(line, "    ") || line_blank(line))
			continue;
		name = line_copy(block->b->arena, line_tail(line, 4));
		if (name_index_take(&known, name, &at) && at < out->count)
			out->tests[at].status = TEST_FAILED;
		else
			results_add(block->b, name, block->suite, TEST_FAILED);
	}
}

/* "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; ..." */
static bool read_end(struct cargo_block *block, struct line line)
{
	struct line word;
	size_t number;
	size_t sum = 0;

	if (!line_skip(&line, "test result: ok. ") && !line_skip(&line, "test result: FAILED. "))
		return false;
	memset(&block->said, 0, sizeof(block->said));
	block->said.count[TEST_ERROR] = -1;
	while (line_count(&line, &number, &word)) {
		bool counts = true;

		if (line_is(word, "passed") || line_is(word, "measured"))
			block->said.count[TEST_PASSED] += (ptrdiff_t)number;
		else if (line_is(word, "failed"))
			block->said.count[TEST_FAILED] = (ptrdiff_t)number;
		else if (line_is(word, "ignored"))
			block->said.count[TEST_SKIPPED] = (ptrdiff_t)number;
		else
			counts = false;
		sum += counts ? number : 0;
	}
	return sum == block->expected;
}

/* With --nocapture the panics stand among the lines for tests, and the list has no details. */
static void read_panics(struct cargo_block *block)
{
	struct results *out = block->b->out;
	struct name_index index;
	size_t at;

	name_index_init(&index, block->b->arena);
	for (size_t i = 0; i < block->panic_count; i++)
		name_index_add(&index, block->panics[i].test, i);
	for (size_t i = block->first; i < out->count; i++) {
		struct test *test = &out->tests[i];

		if (test->status == TEST_FAILED && !test->message &&
		    name_index_take(&index, test->name, &at))
			rust_failure_read(block->b->arena, test, block->panics[at].text,
					  block->panics[at].end);
	}
}

static void end_block(struct cargo_block *block, const char *end)
{
	close_open(block);
	read_names(block, end);
	if (block->failures)
		read_all_details(block, end);
	read_panics(block);
	term_settle(block->b, &block->said, block->first, block->suite);
	block->running = false;
}

bool cargo_block_begin(struct cargo_block *block, struct line line, struct results_builder *b,
		       const char *suite)
{
	size_t number;

	if (!line_like(line, "running # test") && !line_like(line, "running # tests"))
		return false;
	line_skip(&line, "running ");
	line_number(&line, &number);
	*block = (struct cargo_block){
		.b = b,
		.suite = suite,
		.running = true,
		.expected = number,
		.first = b->out->count,
	};
	return true;
}

void cargo_block_line(struct cargo_block *block, struct line line, const char *next)
{
	bool list = line_is(line, "failures:");

	if (read_end(block, line)) {
		end_block(block, line.text);
	} else if (!block->open && (list || line_is(line, "successes:"))) {
		if (!block->failures)
			block->failures = next;
		if (list)
			block->names = next;
	} else if (!block->failures) {
		read_panic(block, line, next);
		read_test(block, line);
	}
}
