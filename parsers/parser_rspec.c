/*
 * What rspec prints, 3, with dots or --format documentation; its JSON report says more.
 *
 * "Failures:" and "Pending:" list examples by number and whole name, "Failed examples:" adds their
 * places, and "20 examples, 11 failures, 4 pending" below "Finished in" ends a run. The names of
 * passed examples are in the tree of the documentation format alone, where nothing but the
 * indentation tells a group from an example: they count only where they agree with the summary,
 * else passed examples become "(unnamed) 1" and on. Errors outside of examples are errors.
 */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/name_index.h"
#include "parsers/term.h"
#include "parsers/tree.h"

struct reader {
	struct results_builder b;
	struct lines text;
	struct line said; /* the counts; text NULL: there are none */
	const char *sections; /* where "Pending:" or "Failures:" starts, or the summary */
	const char *failures, *pending; /* behind these titles, or NULL */
	const char *places; /* behind "Failed examples:", or NULL */
	struct tree tree;
	struct test *spoken; /* examples of the tree */
	size_t spoken_count, spoken_passed;
	size_t next_failure; /* number that the tree's next failure has */
};

static const struct term_mark signs[] = {
	{"# example*, # failure*", 90},
	{"Finished in # seconds (files took # seconds to load)", 95},
	{"Finished in #.# seconds (files took #.# seconds to load)", 95},
	{"Failed examples:", 60},
	{"rspec ./*:# # *", 85},
	{"  * (FAILED - #)", 75},
	{"Run options: include {*", 50},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

static void find_parts(struct reader *r)
{
	struct lines lines = r->text;
	struct line before = {"", 0};
	struct line line;

	while (lines_next(&lines, &line)) {
		bool title = line_is(line, "Failures:") || line_starts(line, "Pending: (Failures");

		if (title && !r->sections)
			r->sections = line.text;
		if (title && line.text[0] == 'F')
			r->failures = lines.at;
		else if (title)
			r->pending = lines.at;
		if (line_starts(before, "Finished in ") &&
		    line_like(line, "# example*, # failure*"))
			r->said = line;
		else if (r->said.text && line_is(line, "Failed examples:"))
			r->places = lines.at;
		before = line;
	}
	if (!r->sections)
		r->sections = r->said.text ? r->said.text : r->text.end;
}

/* ---- the tree ---- */

/* Takes " (FAILED - 3)", with the next number, or " (PENDING: reason)" off the end. */
static enum test_status take_result(struct reader *r, struct line *line)
{
	const char *at = line_find(*line, " (PENDING: ");
	struct line rest;
	size_t number;

	if (at && line_ends(*line, ")")) {
		*line = line_to(*line, at);
		return TEST_SKIPPED;
	}
	at = line_find_last(*line, " (FAILED - ");
	if (!at)
		return TEST_PASSED;
	rest = line_from(*line, at + strlen(" (FAILED - "));
	if (!line_number(&rest, &number) || !line_is(rest, ")") || number != r->next_failure)
		return TEST_PASSED;
	r->next_failure++;
	*line = line_to(*line, at);
	return TEST_FAILED;
}

static void add_example(struct reader *r, size_t indent, struct line name)
{
	struct test *test = arena_grow(r->b.arena, &r->spoken, r->spoken_count, sizeof(*test));

	r->spoken_count++;
	test->status = take_result(r, &name);
	test->suite = tree_path(&r->tree, r->b.arena, indent, " ");
	test->name = line_copy(r->b.arena, name);
	r->spoken_passed += test->status == TEST_PASSED;
}

/* A line with deeper ones below it is a group; any other an example, passed if nothing is said. */
static void read_tree(struct reader *r)
{
	struct lines lines = {r->text.at, r->sections};
	struct line before = {"", 0};
	struct line line;

	r->next_failure = 1;
	while (lines_next(&lines, &line)) {
		struct lines ahead = lines;
		size_t indent = line_indent(line);
		struct line below = {"", 0};
		struct line name = line_trim(line);
		bool outer = indent == 0 && line_blank(before);
		bool group;

		before = line;
		if (name.len == 0 || indent % 2 || (indent == 0 && !outer))
			continue;
		lines_next(&ahead, &below);
		group = !line_blank(below) && line_indent(below) == indent + 2;
		if (group)
			tree_open(&r->tree, indent, name);
		else if (indent > 0 && r->tree.depth > 0)
			add_example(r, indent, name);
	}
}

/* ---- the lists ---- */

/* "# ./spec/a_spec.rb:3:in `block'" */
static bool is_place(struct line line)
{
	return line_starts(line_trim(line), "# ");
}

/*
 * Below "Failure/Error: code" the message, after a blank line where the code had several lines,
 * and then the places.
 */
static void explain(struct reader *r, struct test *test, const char *from, const char *to)
{
	struct arena *arena = r->b.arena;
	char *text = term_dedent(arena, from, to);
	struct lines lines;
	struct line line;
	const char *start, *end;
	bool code = false;

	if (!text)
		return;
	lines = (struct lines){text, text + strlen(text)};
	if (test->status == TEST_SKIPPED) { /* "# reason" */
		if (lines_next(&lines, &line) && line_skip(&line, "# "))
			test->message = line_copy(arena, line);
		return;
	}
	start = text;
	end = lines.end;
	while (lines_next(&lines, &line)) {
		if (line_starts(line, "Failure/Error: ")) {
			code = true;
			start = lines.at;
		} else if (code && line_blank(line)) {
			code = false;
			start = lines.at;
		} else if (is_place(line)) {
			end = line.text;
			break;
		}
	}
	test->message = term_dedent(arena, start < end ? start : text, end);
	test->stack = text;
	assertion_read(arena, test);
}

/* Items "  1) name" of a list, each with its text, up to a line that is not indented. */
static void read_list(struct reader *r, const char *at, enum test_status status)
{
	struct lines lines = {at, r->text.end};
	struct test *test = NULL;
	const char *from = NULL;
	struct line line;
	size_t next = 1;

	while (at && lines_next(&lines, &line)) {
		struct line rest = line_trim(line);
		size_t number;

		if (!line_blank(line) && line_indent(line) == 0) {
			if (test)
				explain(r, test, from, line.text);
			return;
		}
		if (line_indent(line) != 2 || !line_number(&rest, &number) || number != next ||
		    !line_skip(&rest, ") "))
			continue;
		if (test)
			explain(r, test, from, line.text);
		next++;
		if (line_ends(rest, " FIXED")) /* pending, and it passed */
			rest.len -= strlen(" FIXED");
		test = results_add(&r->b, line_copy(r->b.arena, rest), NULL, status);
		from = lines.at;
	}
	if (test)
		explain(r, test, from, lines.end);
}

/* "rspec ./spec/a_spec.rb:3 # whole name" */
static void read_places(struct reader *r)
{
	struct lines lines = {r->places, r->text.end};
	struct results *out = r->b.out;
	struct name_index names;
	struct line line;
	size_t at;

	name_index_init(&names, r->b.arena);
	for (size_t i = 0; i < out->count; i++)
		name_index_add(&names, out->tests[i].name, i);
	while (r->places && lines_next(&lines, &line)) {
		const char *hash = line_find(line, " # ");
		struct line place, number;
		const char *colon;
		struct test *test;

		if (!line_skip(&line, "rspec ") || !hash ||
		    !name_index_take(&names, line_copy(r->b.arena, line_from(line, hash + 3)), &at))
			continue;
		test = &out->tests[at];
		place = line_to(line, hash);
		colon = line_find_last(place, ":");
		if (!colon)
			continue;
		number = line_from(place, colon + 1);
		test->suite = results_path(r->b.arena, place.text, (size_t)(colon - place.text));
		if (test->line == 0 && line_number(&number, &test->line))
			test->file = test->suite;
	}
}

/* "An error occurred while loading ./a_spec.rb." or "An error occurred in an `after` hook." */
static size_t read_errors(struct reader *r)
{
	struct lines lines = {r->text.at, r->sections};
	struct test *test = NULL;
	const char *from = NULL;
	struct line line;
	size_t loading = 0;

	while (lines_next(&lines, &line)) {
		struct line rest = line;
		bool another = line_skip(&rest, "An error occurred ");
		bool file;

		if (test &&
		    (another || line_starts(line, "Finished in ") ||
		     line_starts(line, "Run options: ") || line_is(line, "No examples found."))) {
			explain(r, test, from, line.text);
			test = NULL;
		}
		if (!another)
			continue;
		file = line_skip(&rest, "while loading ");
		loading += file;
		if (line_ends(rest, "."))
			rest.len--;
		test = results_add(&r->b, results_path(r->b.arena, rest.text, rest.len), NULL,
				   TEST_ERROR);
		if (file)
			test->suite = test->name;
		from = lines.at;
	}
	if (test)
		explain(r, test, from, lines.end);
	return loading;
}

/* ---- the summary ---- */

static void read_counts(struct line line, struct tally *said)
{
	struct line word;
	size_t number;
	ptrdiff_t examples = 0;

	memset(said, 0, sizeof(*said));
	while (line_count(&line, &number, &word)) {
		if (line_starts(word, "example"))
			examples = (ptrdiff_t)number;
		else if (line_starts(word, "failure"))
			said->count[TEST_FAILED] = (ptrdiff_t)number;
		else if (line_is(word, "pending"))
			said->count[TEST_SKIPPED] = (ptrdiff_t)number;
		else if (line_starts(word, "error"))
			said->count[TEST_ERROR] = (ptrdiff_t)number;
	}
	examples -= said->count[TEST_FAILED] + said->count[TEST_SKIPPED];
	said->count[TEST_PASSED] = examples > 0 ? examples : 0;
}

/* The tree's examples that no list names. */
static void add_spoken(struct reader *r)
{
	for (size_t i = 0; i < r->spoken_count; i++) {
		const struct test *spoken = &r->spoken[i];

		if ((spoken->status == TEST_FAILED && r->failures) ||
		    (spoken->status == TEST_SKIPPED && r->pending))
			continue;
		results_add(&r->b, arena_printf(r->b.arena, "%s %s", spoken->suite, spoken->name),
			    NULL, spoken->status);
	}
}

static void settle(struct reader *r, size_t loading)
{
	struct results *out = r->b.out;
	struct tally said;

	out->complete = r->said.text != NULL;
	if (!r->said.text) {
		add_spoken(r);
		return;
	}
	read_counts(r->said, &said);
	out->build_failed = loading > 0 && out->count == results_summary(out).errors &&
			    said.count[TEST_PASSED] == 0;
	if ((size_t)said.count[TEST_PASSED] == r->spoken_passed)
		add_spoken(r);
	term_settle(&r->b, &said, 0, NULL);
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};
	size_t loading;

	results_begin(&r.b, arena, out, "rspec", SOURCE_TEXT);
	r.text = term_open(arena, input->data, input->len);
	find_parts(&r);
	read_tree(&r);
	read_list(&r, r.failures, TEST_FAILED);
	read_places(&r);
	read_list(&r, r.pending, TEST_SKIPPED);
	loading = read_errors(&r);
	if (!r.said.text && out->count == 0 && r.spoken_count == 0)
		return error_set(err, ERROR_INPUT, "no output of rspec");
	settle(&r, loading);
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser rspec_text = {
	.name = "rspec",
	.title = "rspec's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, rspec_text);
