/*
 * What node --test prints with its spec reporter, 18 to 24; its TAP and JUnit reports say more.
 *
 * A tree of "✔ name (1.2ms)" between "▶ group" and the group's own result, then "ℹ tests 24" and
 * the rest of the counts, then every failure once more with its place. A group is no test of its
 * own, whether the runner counts it ("ℹ tests") or not ("ℹ suites"); it is an error where its own
 * body failed. A failing todo counts as skipped, as the runner lets it pass.
 */
#include <string.h>

#include "parsers/js_failure.h"
#include "parsers/name_index.h"
#include "parsers/tree.h"

struct reader {
	struct results_builder b;
	struct lines text;
	const char *summary; /* the last "ℹ tests", or NULL */
	const char *failures; /* behind "failing tests:", or NULL */
	bool whole; /* "ℹ duration_ms" followed */
	size_t tests, suites, failed;
	size_t groups, group_errors;
	struct tree tree;
	struct name_index lines; /* of failed tests, by the text of their lines */
	const char *printed; /* lines outside of the tree, before the next test; or NULL */
	struct test *open; /* takes the lines below it */
	size_t open_indent;
	const char *from;
};

static const struct tree_mark marks[] = {
	{"✔ ", TEST_PASSED},  {"✖ ", TEST_FAILED}, {"﹣ ", TEST_SKIPPED},
	{"⚠ ", TEST_SKIPPED}, {NULL, TEST_PASSED},
};

static const struct term_mark signs[] = {
	{"ℹ tests #", 95},   {"ℹ duration_ms #*", 95}, {"✖ failing tests:", 92},
	{"✔ * (#.#ms)", 80}, {"✖ * (#.#ms)", 80},      {"▶ *", 60},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

static void find_parts(struct reader *r)
{
	struct lines lines = r->text;
	struct line line;

	while (lines_next(&lines, &line)) {
		struct line word = line;
		size_t number;

		if (line_is(line, "✖ failing tests:"))
			r->failures = lines.at;
		if (!line_skip(&word, "ℹ "))
			continue;
		if (line_like(word, "tests #")) {
			r->summary = line.text;
			r->suites = r->failed = 0;
			r->whole = false;
			r->failures = NULL;
		}
		if (line_starts(word, "duration_ms "))
			r->whole = r->summary != NULL;
		if (line_skip(&word, "tests ") && line_number(&word, &number))
			r->tests = number;
		else if (line_skip(&word, "suites ") && line_number(&word, &number))
			r->suites = number;
		else if ((line_skip(&word, "fail ") || line_skip(&word, "cancelled ")) &&
			 line_number(&word, &number))
			r->failed += number;
	}
}

/* ---- the tree ---- */

/* "name (1.2ms) # reason": a directive is a skip's, or a todo's whatever its result was */
struct leaf {
	struct line name;
	struct line reason;
	enum test_status status;
	double ms;
};

static bool read_leaf(struct line line, struct leaf *leaf)
{
	const struct tree_mark *mark = tree_mark_take(&line, marks);
	const char *hash;
	struct line rest = line;

	if (!mark)
		return false;
	*leaf = (struct leaf){.name = line, .status = mark->status, .ms = NAN};
	hash = line_find_last(line, "ms) # ");
	if (hash) {
		leaf->reason = line_from(line, hash + strlen("ms) # "));
		rest = line_to(line, hash + strlen("ms)"));
		leaf->status = TEST_SKIPPED;
	}
	leaf->ms = line_take_time(&rest, false);
	leaf->name = line_trim(rest);
	return true;
}

static bool was_cancelled(const struct test *test)
{
	return test->message && strstr(test->message, "test did not finish before its parent");
}

/* What is no Error object is printed as a value: "'test failed'" */
static void bare_message(struct arena *arena, struct test *test)
{
	size_t len = test->message ? strlen(test->message) : 0;

	if (len > 2 && test->message[0] == '\'' &&
	    strchr(test->message + 1, '\'') == test->message + len - 1)
		test->message = arena_copy(arena, test->message + 1, len - 2);
}

/* The lines below a failed test, up to where the next stands. */
static void close_details(struct reader *r, const char *to)
{
	if (!r->open)
		return;
	js_failure_read(r->b.arena, r->open, r->from, to);
	bare_message(r->b.arena, r->open);
	if (was_cancelled(r->open))
		r->open->status = TEST_ERROR;
	r->open = NULL;
}

static struct test *add_leaf(struct reader *r, const struct leaf *leaf, size_t indent)
{
	struct arena *arena = r->b.arena;
	struct test *test = results_add(&r->b, results_path(arena, leaf->name.text, leaf->name.len),
					tree_path(&r->tree, arena, indent, " > "), leaf->status);

	test->duration_ms = leaf->ms;
	if (leaf->reason.len > 0 && !line_is(leaf->reason, "SKIP") &&
	    !line_is(leaf->reason, "TODO"))
		test->message = line_copy(arena, leaf->reason);
	return test;
}

/* A group's own result. Its body's failure stands below it; that of its tests does not. */
static void close_group(struct reader *r, struct line line, const struct leaf *leaf, size_t indent,
			struct lines ahead)
{
	struct line below = {"", 0};
	struct test *test;

	tree_close(&r->tree, indent);
	if (leaf->status != TEST_FAILED)
		return;
	while (lines_next(&ahead, &below) && line_blank(below))
		;
	if (line_blank(below) || line_indent(below) <= indent)
		return;
	test = add_leaf(r, leaf, indent);
	test->status = TEST_ERROR;
	r->group_errors++;
	r->open = test;
	r->open_indent = indent;
	r->from = line.text + line.len;
}

static bool ends_group(const struct reader *r, size_t indent, struct line name)
{
	for (size_t i = 0; i < r->tree.depth; i++) {
		const struct tree_level *level = &r->tree.levels[i];

		if (level->indent == indent)
			return level->name.len == name.len &&
			       memcmp(level->name.text, name.text, name.len) == 0;
	}
	return false;
}

/* False when the line is none of the tree. */
static bool read_line(struct reader *r, struct line line, struct lines ahead)
{
	size_t indent = line_indent(line);
	struct line rest = line_tail(line, indent);
	struct leaf leaf;

	if (line_skip(&rest, "▶ ")) {
		close_details(r, line.text);
		line_take_time(&rest, false); /* 18 prints a group's result so */
		if (ends_group(r, indent, rest)) {
			tree_close(&r->tree, indent);
			return true;
		}
		tree_open(&r->tree, indent, rest);
		r->groups++;
		return true;
	}
	if (!read_leaf(rest, &leaf))
		return false;
	close_details(r, line.text);
	if (ends_group(r, indent, leaf.name)) {
		close_group(r, line, &leaf, indent, ahead);
		return true;
	}
	r->open = add_leaf(r, &leaf, indent);
	if (leaf.status != TEST_FAILED) {
		r->open = NULL;
		return true;
	}
	if (r->printed && line_starts(leaf.name, "/")) /* why the file did not run to its end */
		r->open->output = term_block(r->b.arena, r->printed, line.text);
	name_index_add(&r->lines, line_copy(r->b.arena, rest), r->b.out->count - 1);
	r->open_indent = indent;
	r->from = line.text + line.len;
	return true;
}

static void read_tree(struct reader *r)
{
	struct lines lines = {r->text.at, r->summary ? r->summary : r->text.end};
	struct line line;

	while (lines_next(&lines, &line)) {
		/* what stands no deeper than the test is not about it */
		if (r->open && !line_blank(line) && line_indent(line) <= r->open_indent)
			close_details(r, line.text);
		if (!read_line(r, line, lines)) {
			if (!r->open && !r->printed)
				r->printed = line.text;
			continue;
		}
		r->printed = NULL;
	}
	close_details(r, lines.end);
}

/* ---- "test at a.test.mjs:4:1", and the failure's line once more ---- */

static void read_place(struct reader *r, struct test *test, struct line place)
{
	const char *colon;
	size_t line;

	line_skip(&place, "test at ");
	colon = line_find_last(place, ":");
	place = line_to(place, colon);
	colon = line_find_last(place, ":");
	if (!colon || test->line > 0)
		return;
	test->file = results_path(r->b.arena, place.text, (size_t)(colon - place.text));
	place = line_from(place, colon + 1);
	if (line_number(&place, &line))
		test->line = line;
}

static void read_failures(struct reader *r)
{
	struct lines lines = {r->failures, r->text.end};
	struct line place = {NULL, 0};
	struct line line;
	size_t at;

	while (r->failures && lines_next(&lines, &line)) {
		if (line_like(line, "test at *:#:#")) {
			close_details(r, line.text);
			place = line;
		} else if (place.text && line_starts(line, "✖ ")) {
			if (name_index_take(&r->lines, line_copy(r->b.arena, line), &at) &&
			    at < r->b.out->count) {
				struct test *test = &r->b.out->tests[at];

				read_place(r, test, place);
				/* since 23 the details stand here alone */
				r->open = test->stack ? NULL : test;
				r->from = lines.at;
			}
			place.text = NULL;
		}
	}
	close_details(r, lines.end);
}

/* Node's times have decimals: "✔ fake (1ms)" was printed by a test, if one is too many. */
static void drop_fakes(struct reader *r, size_t excess)
{
	struct results *out = r->b.out;
	size_t kept = 0;
	size_t fakes = 0;

	for (size_t i = 0; i < out->count; i++) {
		double ms = out->tests[i].duration_ms;

		fakes += !out->tests[i].suite && !isnan(ms) && ms == floor(ms);
	}
	if (fakes != excess)
		return;
	for (size_t i = 0; i < out->count; i++) {
		double ms = out->tests[i].duration_ms;

		if (out->tests[i].suite || isnan(ms) || ms != floor(ms))
			out->tests[kept++] = out->tests[i];
	}
	out->count = kept;
}

static void settle(struct reader *r)
{
	struct results *out = r->b.out;
	struct summary sum;
	size_t said = r->tests + r->suites + r->group_errors; /* that we hold, or as groups */

	out->complete = r->whole;
	if (!r->whole)
		return;
	if (out->count + r->groups > said)
		drop_fakes(r, out->count + r->groups - said);
	sum = results_summary(out);
	if (out->count + r->groups != said)
		results_problem(&r->b,
				"the runner's own summary says %zu tests and %zu suites, its "
				"output shows %zu",
				r->tests, r->suites, out->count - r->group_errors + r->groups);
	if (r->failed > 0 && sum.failed + sum.errors == 0) {
		results_problem(&r->b, "the runner's own summary says that %zu tests failed",
				r->failed);
		out->complete = false;
	}
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};

	results_begin(&r.b, arena, out, "node", SOURCE_TEXT);
	name_index_init(&r.lines, arena);
	r.text = term_open(arena, input->data, input->len);
	find_parts(&r);
	read_tree(&r);
	read_failures(&r);
	if (!r.summary && out->count == 0)
		return error_set(err, ERROR_INPUT, "no output of node --test");
	settle(&r);
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser node_text = {
	.name = "node",
	.title = "node --test's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, node_text);
