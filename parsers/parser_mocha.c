/*
 * What mocha's spec reporter prints, and as far as they name tests dot and min; its JSON says more.
 *
 * A tree of suites and tests, "9 passing (160ms)", and the failures by number. mocha lists a
 * suite's tests before its inner suites, and counts failures from 1: a line that breaks this was
 * printed by a test. A hook that failed is an error; it takes the tests behind it with it. A name
 * that ends in " (5ms)" cannot be told from a time.
 */
#include <string.h>

#include "parsers/js_failure.h"
#include "parsers/tree.h"

struct reader {
	struct results_builder b;
	struct lines text;
	const char *summary; /* the last "9 passing", or NULL */
	const char *failures; /* behind the summary */
	size_t passing, pending, failing;
	struct tree tree;
	size_t *numbered; /* positions of the tests "1) ...", "2) ..." of the tree */
	size_t numbered_count;
};

static const struct tree_mark marks[] = {
	{"✔ ", TEST_PASSED},  {"✓ ", TEST_PASSED}, {"√ ", TEST_PASSED},
	{"- ", TEST_SKIPPED}, {NULL, TEST_PASSED},
};

static const struct term_mark signs[] = {
	{"  # passing (#ms)", 90},
	{"  # passing (#s)", 90},
	{"  # passing (#m)", 90},
	{"  # failing", 60},
	{"    ✔ *", 45},
	{"    ✓ *", 45},
	{"  ✔ *", 40},
	{"*Exception during run: *", 70},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

/* "  9 passing (160ms)", "  3 pending", "  9 failing" */
static bool read_count(struct line line, size_t *number, struct line *word)
{
	if (line_indent(line) != 2)
		return false;
	line = line_tail(line, 2);
	if (!line_number(&line, number) || !line_skip(&line, " "))
		return false;
	line_take_time(&line, false);
	*word = line;
	return line_is(line, "passing") || line_is(line, "pending") || line_is(line, "failing");
}

static void find_summary(struct reader *r)
{
	struct lines lines = r->text;
	struct line line, word;
	size_t number;

	while (lines_next(&lines, &line)) {
		if (!read_count(line, &number, &word))
			continue;
		if (line_is(word, "passing")) {
			r->summary = line.text;
			r->passing = number;
			r->pending = r->failing = 0;
		} else if (line_is(word, "pending")) {
			r->pending = number;
		} else {
			r->failing = number;
		}
		r->failures = lines.at;
	}
}

/* '"before each" hook: name for "test"' */
static bool is_hook(struct line name)
{
	return line_starts(name, "\"") && line_find(name, "\" hook");
}

/* ---- the tree ---- */

/* "3) name" */
static bool take_number(struct line *line, size_t *number)
{
	return line_number(line, number) && line_skip(line, ") ");
}

static bool may_hold_test(const struct reader *r, size_t indent)
{
	if (r->tree.depth == 0)
		return indent == 2;
	return r->tree.levels[r->tree.depth - 1].indent + 2 == indent;
}

/* A blank line stands between the outermost suites. */
static bool may_be_suite(const struct reader *r, size_t indent, bool blank_before)
{
	if (indent == 2)
		return blank_before || r->tree.depth == 0;
	return r->tree.depth > 0 && r->tree.levels[r->tree.depth - 1].indent + 2 >= indent;
}

static void read_test(struct reader *r, size_t indent, struct line line)
{
	const struct tree_mark *mark;
	struct line name = line;
	struct test *test;
	size_t *slot;
	size_t number;
	double ms;
	const char *suite = tree_path(&r->tree, r->b.arena, indent, " ");

	if (take_number(&name, &number)) {
		if (number != r->numbered_count + 1)
			return;
		slot = arena_grow(r->b.arena, &r->numbered, r->numbered_count, sizeof(*slot));
		r->numbered_count++;
		*slot = r->b.out->count;
		results_add(&r->b, line_copy(r->b.arena, name), suite,
			    is_hook(name) ? TEST_ERROR : TEST_FAILED);
		return;
	}
	mark = tree_mark_take(&name, marks);
	ms = line_take_time(&name, false);
	test = results_add(&r->b, line_copy(r->b.arena, name), suite, mark->status);
	test->duration_ms = ms;
}

static void read_tree(struct reader *r)
{
	struct lines lines = {r->text.at, r->summary ? r->summary : r->text.end};
	struct line before = {"", 0};
	struct line line, word;
	size_t number;

	while (lines_next(&lines, &line)) {
		size_t indent = line_indent(line);
		struct line rest = line_tail(line, indent);
		struct line probe = rest;
		bool blank_before = line_blank(before);

		before = line;
		if (indent < 2 || indent % 2 || rest.len == 0 || read_count(line, &number, &word))
			continue;
		if (take_number(&probe, &number) || tree_mark_take(&probe, marks)) {
			/* a hook may fail behind inner suites */
			if (!may_hold_test(r, indent) && is_hook(probe))
				tree_close(&r->tree, indent);
			if (may_hold_test(r, indent))
				read_test(r, indent, rest);
		} else if (may_be_suite(r, indent, blank_before)) {
			tree_open(&r->tree, indent, rest);
		}
	}
}

/* ---- the failures ---- */

/* "  2) Group" and below it, each two deeper, "       inner" and "         test:" */
static struct test *read_title(struct reader *r, struct lines *lines, struct line first,
			       size_t number)
{
	struct results *out = r->b.out;
	struct lines ahead = *lines;
	struct tree titles = {0};
	struct line name = first;
	struct line line;
	const char *suite;
	size_t indent = 7;
	size_t at;

	while (lines_next(&ahead, &line) && line_indent(line) == indent && line.len > indent) {
		tree_open(&titles, indent, name);
		name = line_tail(line, indent);
		indent += 2;
		*lines = ahead;
	}
	if (line_ends(name, ":"))
		name.len--;
	suite = tree_path(&titles, r->b.arena, SIZE_MAX, " ");
	at = number <= r->numbered_count ? r->numbered[number - 1] : SIZE_MAX;
	if (at >= out->count)
		return results_add(&r->b, line_copy(r->b.arena, name), suite,
				   is_hook(name) ? TEST_ERROR : TEST_FAILED);
	out->tests[at].suite = suite;
	return &out->tests[at];
}

static void read_failures(struct reader *r)
{
	struct lines lines = {r->failures, r->text.end};
	struct test *test = NULL;
	const char *from = NULL;
	struct line line;
	size_t next = 1;

	while (r->failures && lines_next(&lines, &line)) {
		struct line rest = line_tail(line, 2);
		size_t number;

		if (line_indent(line) != 2 || !take_number(&rest, &number) || number != next)
			continue;
		if (test)
			js_failure_read(r->b.arena, test, from, line.text);
		test = read_title(r, &lines, rest, number);
		from = lines.at;
		next++;
	}
	if (test)
		js_failure_read(r->b.arena, test, from, lines.end);
}

/* A file that cannot be loaded ends mocha before any test: "Error: Cannot find module" */
static void read_load_error(struct reader *r)
{
	static const char lead[] = "Exception during run: ";
	struct line all = {r->text.at, (size_t)(r->text.end - r->text.at)};
	const char *at = line_find(all, lead);
	struct test *test;

	if (!at || r->summary || r->b.out->count > 0)
		return;
	at += strlen(lead);
	test = results_add(&r->b, "loading the tests", NULL, TEST_ERROR);
	js_failure_read(r->b.arena, test, at, r->text.end);
	r->b.out->build_failed = true;
}

static void settle(struct reader *r)
{
	struct results *out = r->b.out;
	struct tally said = TALLY_UNKNOWN;
	size_t hooks = results_summary(out).errors;

	out->complete = r->summary != NULL;
	if (!r->summary)
		return;
	said.count[TEST_PASSED] = (ptrdiff_t)r->passing;
	said.count[TEST_SKIPPED] = (ptrdiff_t)r->pending;
	said.count[TEST_FAILED] = (ptrdiff_t)(r->failing > hooks ? r->failing - hooks : 0);
	term_settle(&r->b, &said, 0, NULL);
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};

	results_begin(&r.b, arena, out, "mocha", SOURCE_TEXT);
	r.text = term_open(arena, input->data, input->len);
	find_summary(&r);
	read_tree(&r);
	read_failures(&r);
	read_load_error(&r);
	if (!r.summary && out->count == 0)
		return error_set(err, ERROR_INPUT, "no output of mocha");
	settle(&r);
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser mocha_text = {
	.name = "mocha",
	.title = "mocha's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, mocha_text);
