/*
 * What cargo test prints, in full, with -q and with --nocapture.
 *
 * Each test binary has a block from "running 3 tests" to a "test result:" whose numbers add up to
 * that; other such lines were printed by tests. Nothing counts the blocks, so a log that ends
 * between two looks whole. A binary that dies leaves its block without an end. What does not
 * compile is an error named like its crate. Tests that -q shows as dots become "(unnamed) 1".
 */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/name_index.h"
#include "parsers/rust_failure.h"
#include "parsers/term.h"

struct reader {
	struct results_builder b;
	struct lines text;
	const char *suite; /* of the binary that runs */
	size_t blocks;
	bool cut; /* a block has no end */
	const char *error; /* the first line of a compiler's errors, or NULL */
	const char *broken; /* the crate that did not compile last, or NULL */

	/* the block under way */
	bool running;
	size_t expected; /* "running 3 tests" */
	size_t first; /* position of its first test */
	const char *open; /* "test x ... " whose result is still to come, or NULL */
	const char *open_text; /* what it printed */
	const char *failures; /* behind the first "failures:" or "successes:" */
	const char *names; /* behind the last "failures:" */
	struct tally said;
};

static const struct term_mark marks[] = {
	{"test result: ok. # passed; # failed; # ignored; *", 96},
	{"test result: FAILED. # passed; # failed; # ignored; *", 96},
	{"     Running unittests *", 90},
	{"     Running tests/*", 90},
	{"   Doc-tests *", 80},
	{"error: could not compile `*", 85},
	{"error: test failed, to rerun pass *", 92},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, marks);
}

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
static void add(struct reader *r, const char *name, enum test_status status, struct line reason,
		const char *end)
{
	struct test *test = results_add(&r->b, name, r->suite, status);

	if (reason.len > 0)
		test->message = line_copy(r->b.arena, reason);
	if (r->open && status == TEST_FAILED)
		rust_failure_read(r->b.arena, test, r->open_text, end);
}

/* The result of an open test that never came: the list of failures tells, at the end. */
static void close_open(struct reader *r)
{
	if (r->open)
		results_add(&r->b, r->open, r->suite, TEST_PASSED);
	r->open = NULL;
}

static void read_test(struct reader *r, struct line line)
{
	struct line rest = line;
	struct line reason, name;
	enum test_status status;
	const char *dots;

	if (r->open && read_result(line, &status, &reason)) {
		add(r, r->open, status, reason, line.text);
		r->open = NULL;
		return;
	}
	if (line_ends(line, " --- FAILED")) { /* -q, since 1.84 */
		rest.len -= strlen(" --- FAILED");
		results_add(&r->b, line_copy(r->b.arena, rest), r->suite, TEST_FAILED);
		return;
	}
	dots = line_find(line, " ... ");
	if (!line_skip(&rest, "test ") || !dots || dots < rest.text)
		return;
	close_open(r);
	name = bare_name(line_to(rest, dots));
	rest = line_from(rest, dots + strlen(" ... "));
	if (read_result(rest, &status, &reason))
		add(r, line_copy(r->b.arena, name), status, reason, NULL);
	else
		r->open = line_copy(r->b.arena, name);
	r->open_text = rest.text;
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

static void read_all_details(struct reader *r, const char *end)
{
	struct results *out = r->b.out;
	bool list = r->names && r->names > r->failures; /* the second "failures:" */
	struct lines lines = {r->failures, list ? r->names - strlen("failures:\n") : end};
	struct name_index failed;
	struct test *test = NULL;
	const char *from = NULL;
	struct line line, name;
	size_t at;

	name_index_init(&failed, r->b.arena);
	for (size_t i = r->first; i < out->count; i++) {
		if (out->tests[i].status == TEST_FAILED)
			name_index_add(&failed, out->tests[i].name, i);
	}
	while (lines_next(&lines, &line)) {
		if (!details_title(line, &name) ||
		    !name_index_take(&failed, line_copy(r->b.arena, name), &at))
			continue;
		if (test)
			rust_failure_read(r->b.arena, test, from, line.text);
		test = &out->tests[at];
		from = lines.at;
	}
	if (test)
		rust_failure_read(r->b.arena, test, from, lines.end);
}

/* ---- blocks ---- */

/* The list at the end names every failure, also of dots and of results lost in output. */
static void read_names(struct reader *r, const char *end)
{
	struct results *out = r->b.out;
	struct lines lines = {r->names, end};
	struct name_index known;
	struct line line;
	size_t at;

	name_index_init(&known, r->b.arena);
	for (size_t i = r->first; i < out->count; i++)
		name_index_add(&known, out->tests[i].name, i);
	while (r->names && lines_next(&lines, &line)) {
		const char *name;

		if (!line_starts(line, "    ") || line_blank(line))
			continue;
		name = line_copy(r->b.arena, line_tail(line, 4));
		if (name_index_take(&known, name, &at) && at < out->count)
			out->tests[at].status = TEST_FAILED;
		else
			results_add(&r->b, name, r->suite, TEST_FAILED);
	}
}

/* "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; ..." */
static bool read_end(struct reader *r, struct line line)
{
	struct line word;
	size_t number;
	size_t sum = 0;

	if (!line_skip(&line, "test result: ok. ") && !line_skip(&line, "test result: FAILED. "))
		return false;
	memset(&r->said, 0, sizeof(r->said));
	r->said.count[TEST_ERROR] = -1;
	while (line_count(&line, &number, &word)) {
		bool counts = true;

		if (line_is(word, "passed") || line_is(word, "measured"))
			r->said.count[TEST_PASSED] += (ptrdiff_t)number;
		else if (line_is(word, "failed"))
			r->said.count[TEST_FAILED] = (ptrdiff_t)number;
		else if (line_is(word, "ignored"))
			r->said.count[TEST_SKIPPED] = (ptrdiff_t)number;
		else
			counts = false;
		sum += counts ? number : 0;
	}
	return sum == r->expected;
}

static void begin_block(struct reader *r, size_t expected)
{
	r->running = true;
	r->expected = expected;
	r->first = r->b.out->count;
	r->open = r->failures = r->names = NULL;
	r->blocks++;
}

static void end_block(struct reader *r, const char *end)
{
	close_open(r);
	read_names(r, end);
	if (r->failures)
		read_all_details(r, end);
	term_settle(&r->b, &r->said, r->first, r->suite);
	r->running = false;
}

/* "process didn't exit successfully: ... (signal: 11, SIGSEGV: invalid memory reference)" */
static const char *how_it_died(struct reader *r, struct lines below)
{
	struct line line;

	for (int i = 0; i < 5 && lines_next(&below, &line); i++) {
		if (line_starts(line_trim(line), "process didn't exit successfully: "))
			return line_copy(r->b.arena, line_trim(line));
	}
	return "the test binary ended before its last test";
}

/* The binary died, or the output ends. */
static void cut_block(struct reader *r, struct lines below)
{
	const char *name = r->open ? r->open : r->suite;

	if (!r->running)
		return;
	r->running = false;
	r->cut = true;
	if (below.at < below.end || !name)
		results_add(&r->b, name ? name : "test binary", r->suite, TEST_ERROR)->message =
			how_it_died(r, below);
	else if (r->open)
		term_unfinished(&r->b, r->open, r->suite);
}

static void read_in_block(struct reader *r, struct line line, const char *next)
{
	bool list = line_is(line, "failures:");

	if (read_end(r, line)) {
		end_block(r, line.text);
	} else if (!r->open && (list || line_is(line, "successes:"))) {
		if (!r->failures)
			r->failures = next;
		if (list)
			r->names = next;
	} else if (!r->failures) {
		read_test(r, line);
	}
}

/* ---- between the blocks ---- */

/* "     Running unittests src/lib.rs (target/debug/deps/nasty-6b9f953b3774b14d)" */
static bool read_header(struct reader *r, struct line line)
{
	struct line rest = line_trim(line);
	const char *open = line_find_last(rest, " (");
	const char *slash;
	const char *dash;

	if (line_starts(line, "   Doc-tests ")) {
		r->suite = line_copy(r->b.arena, rest);
		return true;
	}
	if (!line_starts(line, "     Running ") || !open || !line_ends(rest, ")"))
		return false;
	line_skip(&rest, "Running ");
	if (!line_skip(&rest, "unittests ")) {
		r->suite = line_copy(r->b.arena, line_to(rest, open));
		return true;
	}
	/* every crate of a workspace has its src/lib.rs: the binary's name tells them apart */
	slash = line_find_last(rest, "/");
	dash = line_find_last(rest, "-");
	if (slash && dash > slash)
		r->suite = line_copy(r->b.arena, line_to(line_from(rest, slash + 1), dash));
	return true;
}

/* "error: could not compile `crate` (lib) due to 1 previous error", below the errors */
static void read_broken(struct reader *r, struct line line)
{
	struct line name = line;
	struct test *test;
	const char *crate;

	if (!r->error && line_starts(line, "error"))
		r->error = line.text;
	if (!line_skip(&name, "error: could not compile `") || !line_find(name, "`"))
		return;
	crate = line_copy(r->b.arena, line_to(name, line_find(name, "`")));
	if (r->broken && strcmp(r->broken, crate) == 0)
		return;
	r->broken = crate;
	test = results_add(&r->b, crate, crate, TEST_ERROR);
	test->stack = term_block(r->b.arena, r->error, line.text);
	if (!test->stack)
		test->stack = line_copy(r->b.arena, line);
	test->message = arena_copy(r->b.arena, test->stack, strcspn(test->stack, "\n"));
	assertion_read(r->b.arena, test);
	r->error = NULL;
}

static void read_all(struct reader *r)
{
	struct lines lines = r->text;
	struct line line;

	while (lines_next(&lines, &line)) {
		struct line count = line;
		size_t number;

		if (line_starts(line, "     Running ") || line_starts(line, "   Doc-tests ") ||
		    line_like(line, "error: *test failed, to rerun pass *"))
			cut_block(r, lines);
		if (r->running)
			read_in_block(r, line, lines.at);
		else if (line_like(line, "running # test*")) {
			line_skip(&count, "running ");
			line_number(&count, &number);
			begin_block(r, number);
		} else if (!read_header(r, line)) {
			read_broken(r, line);
		}
	}
	cut_block(r, lines);
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};

	results_begin(&r.b, arena, out, "cargo", SOURCE_TEXT);
	r.text = term_open(arena, input->data, input->len);
	read_all(&r);
	if (r.blocks == 0 && !r.broken && !r.suite)
		return error_set(err, ERROR_INPUT, "no output of cargo test");
	out->complete = !r.cut && (r.blocks > 0 || r.broken);
	out->build_failed = r.broken && r.blocks == 0;
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser cargo_text = {
	.name = "cargo",
	.title = "cargo test's output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, cargo_text);
