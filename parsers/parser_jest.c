/*
 * What jest prints, with --verbose or without; its JSON report says more.
 *
 * "PASS file" or "FAIL file", with --verbose a tree of its tests, then a "●" for each failure: with
 * the names of the groups joined by " › ", which names may hold too. "Test Suites:" and "Tests:"
 * end a run. Passed tests that only "Tests:" counts become "(unnamed) 1" and on. A file that failed
 * as a whole, which "Tests:" leaves out, is an error named like the file. A name that ends in
 * " (5 ms)" cannot be told from a time.
 */
#include <string.h>

#include "parsers/js_failure.h"
#include "parsers/name_index.h"
#include "parsers/tree.h"

struct head { /* "FAIL file": one of the files */
	const char *file;
	bool passed;
	size_t first, end; /* its tests, by position */
};

struct reader {
	struct results_builder b;
	struct lines text;
	struct line suites, tests; /* of the last summary; tests.text NULL: there is none */
	const char *summary; /* where it starts */
	struct head *heads;
	size_t head_count;
	struct tree tree;
	bool in_tree;
	const char *last_name; /* of the last "●", and its test's position */
	size_t last_at;
	struct name_index named; /* of this file's tests in the tree */
};

static const struct tree_mark marks[] = {
	{"✓ ", TEST_PASSED}, {"√ ", TEST_PASSED},          {"✕ ", TEST_FAILED},
	{"× ", TEST_FAILED}, {"○ skipped ", TEST_SKIPPED}, {"✎ todo ", TEST_SKIPPED},
	{NULL, TEST_PASSED},
};

static const struct term_mark signs[] = {
	{"Test Suites: * total", 95},
	{"Tests:       * total", 90},
	{"FAIL *.test.*s*", 75},
	{"PASS *.test.*s*", 75},
	{"FAIL *.spec.*s*", 75},
	{"PASS *.spec.*s*", 75},
	{"PASS *.js", 60},
	{"FAIL *.js", 60},
	{"  ● * › *", 60},
	{" FAIL  *.test.*s", 70},
	{" PASS  *.test.*s", 70},
	{"No tests found, exiting with code #", 80},
	{"  ●  process.exit called with *", 80},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

/* The last one: tests print lines that look so. */
static void find_summary(struct reader *r)
{
	struct lines lines = r->text;
	struct line before = {"", 0};
	struct line line;

	while (lines_next(&lines, &line)) {
		if (line_like(before, "Test Suites: * total") &&
		    line_like(line, "Tests: * total")) {
			r->suites = before;
			r->tests = line;
			r->summary = before.text;
		}
		before = line;
	}
}

/* ---- files ---- */

static bool read_head(struct reader *r, struct line line)
{
	struct head *head;
	bool passed;

	line_skip(&line, " "); /* where it is coloured */
	passed = line_skip(&line, "PASS ");
	if (!passed && !line_skip(&line, "FAIL "))
		return false;
	line_take_time(&line, false);
	line = line_trim(line);
	if (line.len == 0)
		return false;
	if (r->head_count > 0)
		r->heads[r->head_count - 1].end = r->b.out->count;
	head = arena_grow(r->b.arena, &r->heads, r->head_count, sizeof(*head));
	r->head_count++;
	*head = (struct head){
		.file = results_path(r->b.arena, line.text, line.len),
		.passed = passed,
		.first = r->b.out->count,
	};
	r->tree.depth = 0;
	r->in_tree = true;
	r->last_name = NULL;
	name_index_init(&r->named, r->b.arena);
	return true;
}

/* A line of --verbose; false ends the tree. */
static bool read_tree(struct reader *r, struct line line)
{
	const char *file = r->heads[r->head_count - 1].file;
	size_t indent = line_indent(line);
	struct line rest = line_trim(line);
	const struct tree_mark *mark;
	struct test *test;
	double ms;
	char *path;

	if (indent < 2 || line_starts(rest, "● "))
		return false;
	mark = tree_mark_take(&rest, marks);
	if (!mark) {
		if (!line_starts(rest, "○ ")) /* "○ skipped 3 tests" */
			tree_open(&r->tree, indent, rest);
		return true;
	}
	ms = line_take_time(&rest, false);
	path = tree_path(&r->tree, r->b.arena, indent, " › ");
	path = arena_printf(r->b.arena, "%s%s%.*s", path ? path : "", path ? " › " : "",
			    (int)rest.len, rest.text);
	test = results_add(&r->b, path, file, mark->status);
	test->duration_ms = ms;
	name_index_add(&r->named, test->name, r->b.out->count - 1);
	return true;
}

/* ---- failures ---- */

/* The test that a "●" is about: one of the tree, or a new one. */
static struct test *failed_test(struct reader *r, struct line title)
{
	struct results *out = r->b.out;
	const struct head *head = &r->heads[r->head_count - 1];
	const char *name = line_copy(r->b.arena, title);
	size_t at;

	if (line_is(title, "Test suite failed to run"))
		return results_add(&r->b, head->file, head->file, TEST_ERROR);
	if (r->last_name && r->last_at < out->count &&
	    strcmp(r->last_name, name) == 0) /* a second failure of one test */
		return &out->tests[r->last_at];
	r->last_name = name;
	if (name_index_take(&r->named, name, &at) && at < out->count) {
		r->last_at = at;
		return &out->tests[at];
	}
	r->last_at = out->count;
	return results_add(&r->b, name, head->file, TEST_FAILED);
}

static bool is_console(struct line title)
{
	return line_is(title, "Console") || line_starts(title, " ");
}

static void read_failure(struct reader *r, struct lines *lines, struct line title)
{
	const char *from = lines->at;
	const char *to = from;
	struct lines ahead = *lines;
	struct line line;
	struct test *test;
	const char *details;

	while (lines_next(&ahead, &line)) {
		if (!line_blank(line) && line_indent(line) < 4)
			break;
		to = ahead.at;
		*lines = ahead;
	}
	if (is_console(title))
		return;
	test = failed_test(r, title);
	js_failure_read(r->b.arena, test, from, to);
	/* a syntax error stands under a page of advice */
	details = test->message ? strstr(test->message, "\nDetails:\n") : NULL;
	if (details && test->status == TEST_ERROR)
		test->message = term_block(r->b.arena, details + strlen("\nDetails:\n"),
					   test->message + strlen(test->message));
}

static void read_body(struct reader *r)
{
	struct lines lines = r->text;
	struct line line;

	if (r->summary)
		lines.end = r->summary;
	while (lines_next(&lines, &line)) {
		if (line_is(line, "Summary of all failing tests"))
			break; /* all of them once more */
		if (line_starts(line, "  ●  process.exit called with"))
			results_problem(&r->b, "a test ended jest: %s",
					line_copy(r->b.arena, line_tail(line, 7)));
		if (read_head(r, line))
			continue;
		r->in_tree = r->in_tree && read_tree(r, line);
		if (r->in_tree || r->head_count == 0)
			continue;
		if (line_skip(&line, "  ● "))
			read_failure(r, &lines, line);
	}
	if (r->head_count > 0)
		r->heads[r->head_count - 1].end = r->b.out->count;
}

/* ---- the summary ---- */

static void read_counts(struct line line, struct tally *said)
{
	struct line word;
	size_t number;

	line_skip(&line, "Tests:");
	memset(said, 0, sizeof(*said));
	said->count[TEST_ERROR] = -1; /* files are not counted there */
	while (line_count(&line, &number, &word)) {
		if (line_is(word, "passed"))
			said->count[TEST_PASSED] = (ptrdiff_t)number;
		else if (line_is(word, "failed"))
			said->count[TEST_FAILED] = (ptrdiff_t)number;
		else if (line_is(word, "skipped") || line_is(word, "todo"))
			said->count[TEST_SKIPPED] += (ptrdiff_t)number;
	}
}

static size_t files_said(struct line suites, const char *what)
{
	struct line word;
	size_t number;

	line_skip(&suites, "Test Suites:");
	while (line_count(&suites, &number, &word)) {
		if (line_is(word, what))
			return number;
	}
	return 0;
}

/* A test that prints "PASS fake.js" adds a file; where the summary knows none such, it goes. */
static void drop_fakes(struct reader *r)
{
	struct results *out = r->b.out;
	size_t kept = 0;

	for (size_t i = 0; i < r->head_count; i++) {
		const struct head *head = &r->heads[i];
		bool fake = files_said(r->suites, head->passed ? "passed" : "failed") == 0;

		for (size_t k = head->first; k < head->end && !fake; k++)
			out->tests[kept++] = out->tests[k];
	}
	out->count = kept;
}

static void settle(struct reader *r)
{
	struct results *out = r->b.out;
	struct tally said;

	out->complete = r->summary != NULL;
	if (!r->summary)
		return;
	drop_fakes(r);
	read_counts(r->tests, &said);
	out->build_failed = out->count > 0 && results_summary(out).errors == out->count &&
			    line_find(r->tests, " 0 total");
	term_settle(&r->b, &said, 0, NULL);
	if (files_said(r->suites, "failed") > 0 &&
	    results_summary(out).failed + results_summary(out).errors == 0) {
		results_problem(&r->b, "the runner's own summary says that %zu files failed",
				files_said(r->suites, "failed"));
		out->complete = false;
	}
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};
	bool none;

	results_begin(&r.b, arena, out, "jest", SOURCE_TEXT);
	r.text = term_open(arena, input->data, input->len);
	none = memmem(r.text.at, (size_t)(r.text.end - r.text.at),
		      "No tests found, exiting with code ", 34) != NULL;
	find_summary(&r);
	read_body(&r);
	if (!r.summary && r.head_count == 0 && out->problem_count == 0 && !none)
		return error_set(err, ERROR_INPUT, "no output of jest");
	settle(&r);
	if (none && r.head_count == 0)
		out->complete = true;
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser jest_text = {
	.name = "jest",
	.title = "jest's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, jest_text);
