/*
 * What ctest prints, with --output-on-failure and -V or without; its JUnit report says more.
 *
 * " 3/14 Test  #3: name ....***Failed  0.01 sec" for each test, then "38% tests passed, 8 tests
 * failed out of 13". The first number goes up by one and the second stays: a line that breaks this
 * was printed by a test. Disabled and skipped tests do not fail.
 */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/term.h"

struct reader {
	struct results_builder b;
	struct lines text;
	size_t done, total; /* " 3/14" */
	struct line start; /* name of the last "Start 3: name" without a result */
	const char *started; /* what stands behind that line */
	struct test *open; /* takes the lines behind its result */
	const char *from;
	bool summary;
	size_t failed, out_of; /* that the summary says */
	size_t disabled;
};

static const struct term_mark marks[] = {
	{"#% tests passed, # tests failed out of #", 96},
	{"*#/# Test *#: * sec", 94},
	{"    Start #: *", 60},
	{"      Start *#: *", 60},
	{"Errors while running CTest", 90},
	{"No tests were found!!!", 85},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, marks);
}

/* ---- one test ---- */

static const struct {
	const char *text; /* the start of what stands behind the dots */
	enum test_status status;
} words[] = {
	{"   Passed", TEST_PASSED},
	{"***Skipped", TEST_SKIPPED},
	{"***Not Run (Disabled)", TEST_SKIPPED},
	{"***Not Run", TEST_ERROR},
	{"***Timeout", TEST_FAILED},
	{"***Failed", TEST_FAILED},
	{"***Exception", TEST_FAILED},
};

/* "name ....Subprocess aborted***Exception:   0.00 sec" */
static bool read_status(struct line line, struct line *name, enum test_status *status,
			struct line *reason)
{
	const char *at = line_find_last(line, "***");
	struct line before;

	if (!at)
		at = line_find_last(line, "   Passed");
	if (!at)
		return false;
	before = line_to(line, at);
	*reason = line_trim(line_from(line, at));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!line_starts(line_from(line, at), words[i].text))
			continue;
		*status = words[i].status;
		while (before.len > 0 && before.text[before.len - 1] != '.')
			before.len--; /* "Subprocess aborted" */
		if (before.text + before.len < at)
			*reason = line_trim(line_from(line, before.text + before.len));
		while (before.len > 0 && before.text[before.len - 1] == '.')
			before.len--;
		*name = line_trim(before);
		line_skip(reason, "***");
		return name->len > 0;
	}
	return false;
}

/* " 3/14 Test  #3: " and the rest; false where the numbers are not the next ones */
static bool take_head(struct reader *r, struct line *line)
{
	size_t done, total, number;
	struct line rest = line_trim(*line);

	if (!line_number(&rest, &done) || !line_skip(&rest, "/") || !line_number(&rest, &total) ||
	    !line_skip(&rest, " "))
		return false;
	if (done != r->done + 1 || (r->total && total != r->total))
		return false;
	while (line_skip(&rest, "Test") || line_skip(&rest, "MemCheck") || line_skip(&rest, " "))
		;
	if (!line_skip(&rest, "#") || !line_number(&rest, &number) || !line_skip(&rest, ": "))
		return false;
	*line = rest;
	r->total = total;
	return true;
}

/* What the program printed tells values and place, the status why it failed. */
static void explain(struct reader *r, struct test *test, const char *from, const char *to)
{
	char *text = term_block(r->b.arena, from, to);

	if (!text || (test->status != TEST_FAILED && test->status != TEST_ERROR))
		return;
	test->output = text;
	assertion_values(r->b.arena, text, &test->expected, &test->actual);
	assertion_location(r->b.arena, text, &test->file, &test->line);
}

static void close_output(struct reader *r, const char *to)
{
	if (r->open)
		explain(r, r->open, r->from, to);
	r->open = NULL;
}

static bool read_result(struct reader *r, struct line line, const char *next)
{
	struct line rest = line;
	struct line name, reason;
	enum test_status status;
	double ms;
	struct test *test;

	if (!take_head(r, &rest))
		return false;
	ms = line_take_time(&rest, true);
	if (!read_status(rest, &name, &status, &reason))
		return false;
	close_output(r, line.text);
	r->done++;
	r->disabled += line_starts(reason, "Not Run (Disabled)");
	test = results_add(&r->b, line_copy(r->b.arena, name), NULL, status);
	test->duration_ms = ms;
	if (status != TEST_PASSED)
		test->message = line_copy(r->b.arena, reason);
	/* -V prints a test's output before its result, and so does a program that is not there */
	if (r->started)
		explain(r, test, r->started, line.text);
	if (!test->output) {
		r->open = test;
		r->from = next;
	}
	r->start.text = r->started = NULL;
	return true;
}

static bool read_start(struct reader *r, struct line line, const char *next)
{
	struct line rest = line_trim(line);
	size_t number;

	if (line_indent(line) < 4 || !line_skip(&rest, "Start "))
		return false;
	rest = line_trim(rest);
	if (!line_number(&rest, &number) || !line_skip(&rest, ": "))
		return false;
	close_output(r, line.text);
	/* with -j several run at once, and the lines between are nobody's */
	r->started = r->start.text ? NULL : next;
	r->start = rest;
	return true;
}

static bool read_summary(struct reader *r, struct line line)
{
	struct line rest = line;
	size_t number;

	if (!line_like(line, "#% tests passed, # tests failed out of #"))
		return false;
	line_number(&rest, &number);
	line_skip(&rest, "% tests passed, ");
	line_number(&rest, &r->failed);
	line_skip(&rest, " tests failed out of ");
	line_number(&rest, &r->out_of);
	/* one that a test prints stands before the last result */
	r->summary = r->done == r->total;
	return true;
}

static void settle(struct reader *r)
{
	struct results *out = r->b.out;
	struct summary sum = results_summary(out);

	out->complete = r->summary;
	if (r->start.text) {
		term_unfinished(&r->b, line_copy(r->b.arena, r->start), NULL);
		out->complete = false;
	}
	if (!r->summary)
		return;
	if (sum.failed + sum.errors != r->failed || sum.tests - r->disabled != r->out_of) {
		results_problem(&r->b,
				"the runner's own summary says %zu of %zu tests failed, its "
				"output shows %zu of %zu",
				r->failed, r->out_of, sum.failed + sum.errors,
				sum.tests - r->disabled);
		out->complete = false;
	}
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};
	struct lines lines;
	struct line line;
	bool none = false;

	results_begin(&r.b, arena, out, "ctest", SOURCE_TEXT);
	r.text = lines = term_open(arena, input->data, input->len);
	while (lines_next(&lines, &line)) {
		none = none || line_is(line, "No tests were found!!!");
		if (read_result(&r, line, lines.at) || read_start(&r, line, lines.at))
			continue;
		if (read_summary(&r, line))
			close_output(&r, line.text);
	}
	close_output(&r, lines.end);
	if (r.done == 0 && !r.start.text && !none && !r.summary)
		return error_set(err, ERROR_INPUT, "no output of ctest");
	settle(&r);
	if (none && r.done == 0)
		out->complete = true;
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser ctest_text = {
	.name = "ctest",
	.title = "ctest's output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, ctest_text);
