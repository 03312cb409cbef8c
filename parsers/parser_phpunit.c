/*
 * What PHPUnit prints, 9 to 12, with dots or --testdox; its JUnit report says more.
 *
 * The failures stand in lists ("There were 2 failures:", "1) Class::test"), and "OK (2 tests, 2
 * assertions)" or "Tests: 17, Assertions: 9, Errors: 4." ends a run: the last one, for tests print
 * such lines too. Risky tests pass, as PHPUnit lets them; incomplete ones are skipped. Tests that
 * only dots show become "(unnamed) 1" and on.
 */
#include <string.h>

#include "engine/base/buf.h"

#include "parsers/assertion.h"
#include "parsers/term.h"
#include "parsers/tree.h"

struct reader {
	struct results_builder b;
	struct lines text;
	struct line said; /* the counts; text NULL: there are none */
	const char *footer; /* where they, and what heads them, start */
	size_t version;
	bool testdox;
};

static const struct term_mark signs[] = {
	{"PHPUnit #.*by Sebastian Bergmann and contributors.", 97},
	{"OK (# test*, # assertion*)", 85},
	{"Tests: #, Assertions: #*", 90},
	{"*PHPUnit\\TextUI\\*", 60},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

static void find_footer(struct reader *r)
{
	struct lines lines = r->text;
	struct line before = {"", 0};
	struct line line, rest;

	while (lines_next(&lines, &line)) {
		rest = line;
		if (line_skip(&rest, "PHPUnit ") && line_ends(rest, "contributors.") &&
		    r->version == 0)
			line_number(&rest, &r->version);
		if (line_like(line, "OK (# test*, # assertion*)") ||
		    line_is(line, "No tests executed!")) {
			r->said = line;
			r->footer = line.text;
		} else if (line_like(line, "Tests: #, Assertions: #*.")) {
			r->said = line;
			r->footer = before.text;
		}
		before = line;
	}
}

/* ---- the lists ---- */

/* "There were 2 failures:", "1 test triggered 1 PHPUnit warning:"; false when it is none */
static bool read_list(struct line line, enum test_status *status, bool *tests, size_t version)
{
	static const struct {
		const char *word;
		enum test_status status;
		bool tests; /* its items are tests that the other lists do not hold */
	} words[] = {
		{"failure", TEST_FAILED, true},       {"error", TEST_ERROR, true},
		{"skipped test", TEST_SKIPPED, true}, {"incomplete test", TEST_SKIPPED, true},
		{"risky test", TEST_PASSED, false},   {"warning", TEST_ERROR, true},
	};
	size_t number;

	if (line_like(line, "# test* triggered # *:")) {
		*tests = false;
		return true;
	}
	if ((!line_skip(&line, "There was ") && !line_skip(&line, "There were ")) ||
	    !line_number(&line, &number) || !line_skip(&line, " ") || !line_ends(line, ":"))
		return false;
	*tests = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!line_starts(line, words[i].word))
			continue;
		*status = words[i].status;
		/* until 9 a warning was a test's result, as an error is */
		*tests = words[i].tests && (version < 10 || !line_starts(line, "warning"));
	}
	return true;
}

/* "/workspace/Test.php:12" alone on its line */
static bool is_place(struct line line)
{
	return line_like(line, "*.php:#") && !line_find(line, " ");
}

/* The places end the text; what stands before them is the message. */
static void explain(struct reader *r, struct test *test, const char *from, const char *to)
{
	struct lines lines = {from, to};
	struct line line;
	const char *end = to;

	while (lines_next(&lines, &line)) {
		if (is_place(line)) {
			end = line.text;
			break;
		}
	}
	test->message = term_block(r->b.arena, from, end);
	if (test->status != TEST_FAILED && test->status != TEST_ERROR)
		return;
	test->stack = term_block(r->b.arena, from, to);
	assertion_read(r->b.arena, test);
}

/* "Class::test with data set #0 ('x')" */
static struct test *add_item(struct reader *r, struct line line, enum test_status status)
{
	const char *colons = line_find(line, "::");
	const char *suite = NULL;

	if (colons) {
		suite = line_copy(r->b.arena, line_to(line, colons));
		line = line_from(line, colons + 2);
	}
	return results_add(&r->b, line_copy(r->b.arena, line), suite, status);
}

struct list {
	enum test_status status;
	bool open, tests;
	size_t next; /* number of the next item */
	struct test *test;
	const char *from;
};

static void close_item(struct reader *r, struct list *list, const char *to)
{
	if (list->test)
		explain(r, list->test, list->from, to);
	list->test = NULL;
}

static void read_lists(struct reader *r)
{
	struct lines lines = {r->text.at, r->footer ? r->footer : r->text.end};
	struct list list = {0};
	struct line line;

	while (lines_next(&lines, &line)) {
		enum test_status status = TEST_PASSED;
		struct line rest = line;
		size_t number;
		bool tests;

		if (read_list(line, &status, &tests, r->version)) {
			close_item(r, &list, line.text);
			list = (struct list){
				.status = status, .open = true, .tests = tests, .next = 1};
		} else if (line_is(line, "--")) {
			close_item(r, &list, line.text);
			list.open = false;
		} else if (list.open && line_number(&rest, &number) && number == list.next &&
			   line_skip(&rest, ") ")) {
			close_item(r, &list, line.text);
			list.next++;
			if (list.tests)
				list.test = add_item(r, rest, list.status);
			list.from = lines.at;
		}
	}
	close_item(r, &list, lines.end);
}

/* ---- --testdox ---- */

static const struct tree_mark marks[] = {
	{" ✔ ", TEST_PASSED}, {" ✘ ", TEST_FAILED}, {" ↩ ", TEST_SKIPPED}, {" ∅ ", TEST_SKIPPED},
	{" ☢ ", TEST_PASSED}, {" ⚠ ", TEST_PASSED}, {NULL, TEST_PASSED},
};

/* "   │ text" below a failed test; the frame's other corners hold nothing */
static bool take_frame(struct line *line)
{
	struct line rest = line_trim(*line);

	if (!line_skip(&rest, "│") && !line_skip(&rest, "┐") && !line_skip(&rest, "├") &&
	    !line_skip(&rest, "┴"))
		return false;
	line_skip(&rest, " ");
	*line = rest;
	return true;
}

static void read_testdox(struct reader *r)
{
	struct lines lines = {r->text.at, r->footer ? r->footer : r->text.end};
	struct line before = {"", 0};
	struct line line;
	const char *suite = NULL;
	struct test *test = NULL;
	struct buf text;

	buf_init(&text, 64 * 1024);
	while (lines_next(&lines, &line) && !line_is(line, "Summary of non-successful tests:")) {
		struct line rest = line;
		const struct tree_mark *mark = tree_mark_take(&rest, marks);

		if (take_frame(&line)) {
			buf_append(&text, line.text, line.len);
			buf_putc(&text, '\n');
			continue;
		}
		if (test && text.len > 0)
			explain(r, test, text.data, text.data + text.len);
		buf_clear(&text);
		test = NULL;
		if (mark) {
			double ms = line_take_time(&rest, false);

			if (before.len > 0 && before.text[0] != ' ' && !line_find(before, "::"))
				suite = line_copy(r->b.arena, before);
			test = results_add(&r->b, line_copy(r->b.arena, rest), suite, mark->status);
			test->duration_ms = ms;
			r->testdox = true;
		}
		before = line;
	}
	buf_done(&text);
}

/* ---- the summary ---- */

static void read_counts(const struct reader *r, struct tally *said)
{
	struct line line = r->said;
	struct line word;
	size_t number;
	ptrdiff_t tests = 0;

	memset(said, 0, sizeof(*said));
	if (line_skip(&line, "OK ("))
		line.len--;
	while (line_count(&line, &number, &word)) {
		if (line_is(word, "Tests") || line_starts(word, "test"))
			tests = (ptrdiff_t)number;
		else if (line_is(word, "Errors") || (line_is(word, "Warnings") && r->version < 10))
			said->count[TEST_ERROR] += (ptrdiff_t)number;
		else if (line_is(word, "Failures"))
			said->count[TEST_FAILED] = (ptrdiff_t)number;
		else if (line_is(word, "Skipped") || line_is(word, "Incomplete"))
			said->count[TEST_SKIPPED] += (ptrdiff_t)number;
	}
	for (int i = 0; i < 4; i++)
		tests -= said->count[i];
	said->count[TEST_PASSED] = tests > 0 ? tests : 0;
	if (r->testdox) { /* one mark for both */
		said->count[TEST_FAILED] += said->count[TEST_ERROR];
		said->count[TEST_ERROR] = 0;
	}
}

/* A test file that PHP cannot parse ends PHPUnit 9 before it prints its name. */
static bool read_fatal(struct reader *r)
{
	static const char lead[] = "PHP Fatal error:  ";
	struct line all = {r->text.at, (size_t)(r->text.end - r->text.at)};
	const char *at = line_find(all, lead);
	struct test *test;

	if (!at)
		return false;
	at += strlen(lead);
	test = results_add(&r->b, "loading the tests", NULL, TEST_ERROR);
	test->stack = term_block(r->b.arena, at, r->text.end);
	test->message = arena_copy(r->b.arena, at, strcspn(at, "\n"));
	assertion_read(r->b.arena, test);
	r->b.out->build_failed = true;
	return true;
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};
	struct tally said;

	results_begin(&r.b, arena, out, "phpunit", SOURCE_TEXT);
	r.text = term_open(arena, input->data, input->len);
	find_footer(&r);
	read_testdox(&r);
	if (!r.testdox)
		read_lists(&r);
	if (r.version == 0 && !r.footer && out->count == 0 && !read_fatal(&r))
		return error_set(err, ERROR_INPUT, "no output of PHPUnit");
	out->complete = r.footer != NULL;
	if (r.footer) {
		read_counts(&r, &said);
		term_settle(&r.b, &said, 0, NULL);
	} else if (!out->build_failed) {
		read_fatal(&r);
	}
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser phpunit_text = {
	.name = "phpunit",
	.title = "PHPUnit's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, phpunit_text);
