/*
 * What bats prints on a terminal (its pretty format); in a pipe it writes TAP.
 *
 * A test's line is drawn twice, "   name3/6 ✓ name" once the cursor's moves are gone, and what a
 * failed one printed stands below, deeper. "6 tests, 2 failures, 2 skipped" ends a run.
 */
#include <stdio.h>
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/term.h"
#include "parsers/tree.h"

struct reader {
	struct results_builder b;
	const char *suite; /* the file's name, above its tests */
	size_t done; /* of "3/6" */
	struct test *open; /* a failed test, which takes the lines below */
	const char *from;
	struct line said; /* the summary; text NULL: there is none */
};

static const struct tree_mark marks[] = {
	{" ✓ ", TEST_PASSED},
	{" ✗ ", TEST_FAILED},
	{" - ", TEST_SKIPPED},
	{NULL, TEST_PASSED},
};

static const struct term_mark signs[] = {
	{"# test*, # failure*", 82},
	{"   *#/# ✓ *", 80},
	{"   *#/# ✗ *", 80},
	{" ✗ *", 70},
	{"   (in test file *.bats, line #)", 90},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

/* The second drawing of a test: what stands behind "3/6", or behind "3/6 in 0 sec". */
static const struct tree_mark *take_mark(const struct reader *r, struct line *line)
{
	char count[32];
	const char *at;

	snprintf(count, sizeof(count), "%zu/", r->done + 1);
	if (line_indent(*line) == 1)
		return tree_mark_take(line, marks);
	if (line_indent(*line) != 3 || !(at = line_find(*line, count)))
		return NULL;
	*line = line_from(*line, at + strlen(count));
	for (size_t i = 0; i < line->len; i++) {
		struct line rest = line_tail(*line, i);
		const struct tree_mark *mark = tree_mark_take(&rest, marks);

		if (!mark)
			continue;
		*line = rest;
		return mark;
	}
	return NULL;
}

static void close_details(struct reader *r, const char *to)
{
	struct arena *arena = r->b.arena;
	struct line all, number;
	const char *at;

	if (!r->open)
		return;
	r->open->message = term_dedent(arena, r->from, to);
	all = (struct line){r->from, (size_t)(to - r->from)};
	at = line_find(all, "in test file ");
	if (at) {
		all = line_from(all, at + strlen("in test file "));
		at = line_find(all, ", line ");
		if (at) {
			r->open->file = results_path(arena, all.text, (size_t)(at - all.text));
			number = line_from(all, at + strlen(", line "));
			line_number(&number, &r->open->line);
		}
	}
	if (r->open->message)
		assertion_values(arena, r->open->message, &r->open->expected, &r->open->actual);
	r->open = NULL;
}

static void add_test(struct reader *r, struct line line, enum test_status status, const char *next)
{
	double ms = NAN;
	const char *at = line_find_last(line, " [");
	struct line reason = {"", 0};
	struct test *test;

	if (at && line_ends(line, "]")) { /* --timing, in milliseconds */
		struct line time = line_from(line, at + 2);
		size_t number;

		if (line_number(&time, &number) && line_is(time, "]")) {
			ms = (double)number;
			line = line_to(line, at);
		}
	}
	at = line_find_last(line, " (skipped");
	if (status == TEST_SKIPPED && at && line_ends(line, ")")) {
		reason = line_from(line, at + strlen(" (skipped"));
		reason.len--;
		line_skip(&reason, ": ");
		line = line_to(line, at);
	}
	test = results_add(&r->b, line_copy(r->b.arena, line), r->suite, status);
	test->duration_ms = ms;
	if (reason.len > 0)
		test->message = line_copy(r->b.arena, reason);
	r->done++;
	if (status == TEST_FAILED) {
		r->open = test;
		r->from = next;
	}
}

static void read_all(struct reader *r, struct lines lines)
{
	struct line line;

	while (lines_next(&lines, &line)) {
		struct line rest = line;
		const struct tree_mark *mark = take_mark(r, &rest);

		if (mark || line_indent(line) == 0)
			close_details(r, line.text);
		if (mark)
			add_test(r, rest, mark->status, lines.at);
		else if (line_like(line, "# test*, # failure*"))
			r->said = line;
		else if (line_ends(line, ".bats") && line_indent(line) == 0)
			r->suite = results_path(r->b.arena, line.text, line.len);
	}
	close_details(r, lines.end);
}

static void settle(struct reader *r)
{
	struct tally said = {{0, 0, 0, -1}};
	struct line line = r->said;
	struct line word;
	size_t number, unrun = 0;

	r->b.out->complete = r->said.text != NULL;
	if (!r->said.text)
		return;
	while (line_count(&line, &number, &word)) {
		if (line_starts(word, "test"))
			said.count[TEST_PASSED] += (ptrdiff_t)number;
		else if (line_starts(word, "failure"))
			said.count[TEST_FAILED] = (ptrdiff_t)number;
		else if (line_starts(word, "skipped"))
			said.count[TEST_SKIPPED] = (ptrdiff_t)number;
		else if (line_starts(word, "not run")) /* setup_file failed, or the run was ended */
			unrun = number;
	}
	if (unrun) {
		r->b.out->complete = false;
		results_problem(&r->b,
				unrun == 1 ? "%zu test was not run" : "%zu tests were not run",
				unrun);
	}
	said.count[TEST_PASSED] -= said.count[TEST_FAILED] + said.count[TEST_SKIPPED] +
				   (ptrdiff_t)unrun;
	if (said.count[TEST_PASSED] < 0)
		said.count[TEST_PASSED] = 0;
	term_settle(&r->b, &said, 0, NULL);
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};

	results_begin(&r.b, arena, out, "bats", SOURCE_TEXT);
	read_all(&r, term_open(arena, input->data, input->len));
	if (!r.said.text && out->count == 0)
		return error_set(err, ERROR_INPUT, "no output of bats");
	settle(&r);
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser bats_text = {
	.name = "bats",
	.title = "bats' pretty terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, bats_text);
