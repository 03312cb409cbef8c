/*
 * What Python's unittest prints, 3.8 to 3.13, with -v or dots. It has no report of its own, so
 * this is how its results are read at all.
 *
 * "Ran 7 tests in 0.01s" and "OK" or "FAILED (failures=1)" end a run. Before them stand the
 * failures, each under a line of 70 "=": so many of the last ones as the summary counts are real,
 * whatever the tests printed. A failing subtest is a test of its own, and its parent, which has no
 * result of its own then, is none. Tests that the dots do not name become "(unnamed) 1" and on.
 */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/name_index.h"
#include "parsers/term.h"
#include "parsers/traceback.h"
#include "parsers/unittest_failures.h"
#include "parsers/unittest_progress.h"

struct said { /* the summary */
	const char *start; /* NULL: there is none */
	bool verdict; /* "OK" or "FAILED" followed */
	bool open_end; /* and nothing, no line end either, behind that */
	size_t ran;
	size_t failures, errors, skipped, expected, unexpected;
};

struct reader {
	struct results_builder b;
	struct lines text;
	struct said said;
	struct unittest_failures failures;
	struct unittest_progress progress;
};

static const struct term_mark marks[] = {
	{"Ran # test in #.#s", 85},
	{"Ran # tests in #.#s", 85},
	{"* (unittest.loader._FailedTest*", 80},
	{"test* (*.*) ... ok", 70},
	{"test* (*.*) ... FAIL", 70},
	{"test* (*.*) ... ERROR", 70},
	{"test* (*.*) ... *", 40},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, marks);
}

/* ---- the summary ---- */

static void read_counts(struct said *said, struct line line)
{
	struct {
		const char *word;
		size_t *count;
	} words[] = {
		{"failures", &said->failures},
		{"errors", &said->errors},
		{"skipped", &said->skipped},
		{"expected failures", &said->expected},
		{"unexpected successes", &said->unexpected},
	};
	const char *open = memchr(line.text, '(', line.len);
	struct line word;
	size_t number;

	if (!open)
		return;
	line = line_from(line, open + 1);
	while (line_count(&line, &number, &word)) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (line_is(word, words[i].word))
				*words[i].count = number;
		}
	}
}

static bool is_verdict(struct line line)
{
	return line_is(line, "OK") || line_is(line, "NO TESTS RAN") || line_like(line, "OK (*)") ||
	       line_like(line, "FAILED (*)") || line_like(line, "NO TESTS RAN (*)");
}

/* The last one counts: tests that run tests print more of them. */
static void find_summary(struct reader *r)
{
	struct lines lines = r->text;
	struct line before = {"", 0};
	struct line line;

	while (lines_next(&lines, &line)) {
		if (line_rule(before, '-', 70) && (line_like(line, "Ran # test in #.#s") ||
						   line_like(line, "Ran # tests in #.#s"))) {
			r->said = (struct said){.start = before.text};
			line_skip(&line, "Ran ");
			line_number(&line, &r->said.ran);
		} else if (r->said.start && !r->said.verdict && is_verdict(line)) {
			r->said.verdict = true;
			r->said.open_end = line.text + line.len == lines.end;
			read_counts(&r->said, line);
		}
		before = line;
	}
}

/* ---- the failures ---- */

static void find_failures(struct reader *r)
{
	struct lines lines = r->text;

	if (r->said.start)
		lines.end = r->said.start;
	unittest_failures_find(&r->failures, r->b.arena, lines);
	if (r->said.verdict)
		unittest_failures_keep(&r->failures, r->said.failures + r->said.errors,
				       r->said.unexpected);
}

/* With -b, what the test printed stands behind its traceback. */
static void read_text(struct reader *r, const struct unittest_failure *block, struct test *test)
{
	struct lines lines = {block->text, block->end};
	const char *end = block->end;
	struct line line;

	if (block->text >= block->end)
		return;
	while (lines_next(&lines, &line)) {
		if (!line_is(line, "Stdout:") && !line_is(line, "Stderr:"))
			continue;
		end = line.text;
		test->output = term_block(r->b.arena, end, block->end);
		break;
	}
	test->stack = term_block(r->b.arena, block->text, end);
	if (!test->stack)
		return;
	test->message = traceback_message(r->b.arena, test->stack);
	assertion_read(r->b.arena, test);
}

static void merge_blocks(struct reader *r)
{
	struct results *out = r->b.out;
	struct name_index index;
	size_t at;

	name_index_init(&index, r->b.arena);
	for (size_t i = 0; i < out->count; i++)
		name_index_add(
			&index,
			arena_printf(r->b.arena, "%s\n%s", out->tests[i].suite, out->tests[i].name),
			i);
	for (size_t i = 0; i < r->failures.count; i++) {
		const struct unittest_failure *block = &r->failures.items[i];
		const struct unittest_title *title = &block->title;
		const char *key = arena_printf(r->b.arena, "%s\n%s%s%s", title->suite, title->name,
					       title->sub ? " " : "", title->sub ? title->sub : "");
		struct test *test;

		if (name_index_take(&index, key, &at))
			test = &out->tests[at];
		else
			test = unittest_title_add(&r->b, title, block->status);
		test->status = block->status;
		test->message = block->unexpected ? "unexpected success" : NULL;
		read_text(r, block, test);
	}
}

/* ---- both together ---- */

/* How many of "Ran N tests" the results show: subtests together, fixtures not. */
static size_t count_shown(struct reader *r, bool skipped)
{
	const struct results *out = r->b.out;
	struct name_index seen;

	name_index_init(&seen, r->b.arena);
	for (size_t i = 0; i < out->count; i++) {
		const struct test *test = &out->tests[i];
		struct line name = {test->name, strcspn(test->name, " ")};

		if (!unittest_is_fixture(name) && (skipped || test->status != TEST_SKIPPED))
			name_index_add(&seen,
				       arena_printf(r->b.arena, "%s\n%.*s", test->suite,
						    (int)name.len, name.text),
				       i);
	}
	return name_index_distinct(&seen);
}

/* The characters, if they are those that the summary counts; else NULL. */
static const size_t *dots_of(const struct reader *r)
{
	const struct said *said = &r->said;

	for (int way = 0; said->verdict && way < 2; way++) {
		const size_t *dots = r->progress.dots[way]; /* ".FEsxu" */
		size_t sum = 0;

		for (int i = 0; i < 6; i++)
			sum += dots[i];
		if (sum >= said->ran && dots[1] == said->failures && dots[2] == said->errors &&
		    dots[3] == said->skipped && dots[4] == said->expected &&
		    dots[5] == said->unexpected)
			return dots;
	}
	return NULL;
}

static void read_progress(struct reader *r)
{
	struct unittest_progress *p = &r->progress;
	struct lines lines = r->text;

	p->b = &r->b;
	name_index_init(&p->parents, r->b.arena);
	name_index_init(&p->failed, r->b.arena);
	for (size_t i = 0; i < r->failures.count; i++) {
		const struct unittest_title *title = &r->failures.items[i].title;

		name_index_add(title->sub ? &p->parents : &p->failed,
			       unittest_title_key(r->b.arena, title, false), i);
	}
	if (r->failures.count > 0)
		lines.end = r->failures.items[0].start;
	else if (r->said.start)
		lines.end = r->said.start;
	unittest_progress_read(p, lines);
	if (dots_of(r) || (r->said.verdict && count_shown(r, true) < r->said.ran / 2)) {
		p->named = false; /* what looked like lines for tests was printed by tests */
		p->lost_count = 0;
		r->b.out->count = 0;
	}
}

/*
 * More tests than ran: what tests printed to standard output stands before all that unittest
 * writes, where the streams were joined one after the other.
 */
static void drop_printed(struct reader *r)
{
	struct results *out = r->b.out;
	size_t shown = count_shown(r, true);
	size_t excess = shown - r->said.ran;

	if (!r->progress.named || !r->said.verdict || shown <= r->said.ran)
		return;
	/* 3.12.1 alone leaves skipped tests out of "Ran" */
	if (count_shown(r, false) == r->said.ran)
		return;
	for (size_t i = 0; i < excess; i++) {
		if (i == out->count || out->tests[i].status != TEST_PASSED)
			return;
	}
	memmove(out->tests, out->tests + excess, (out->count - excess) * sizeof(*out->tests));
	out->count -= excess;
}

/* Lines name every test; dots show all that the summary counts; -q and noise leave "Ran". */
static ptrdiff_t count_passed(struct reader *r, size_t have)
{
	const struct said *said = &r->said;
	size_t shown = count_shown(r, true);

	if (r->progress.named) {
		/* 3.12.1 alone leaves skipped tests out of "Ran" */
		if (said->ran < count_shown(r, false))
			results_problem(&r->b,
					"the runner's own summary says %zu tests, its output "
					"shows %zu",
					said->ran, shown);
		return (ptrdiff_t)(said->ran > shown ? have + said->ran - shown : have);
	}
	if (dots_of(r))
		return (ptrdiff_t)(dots_of(r)[0] + dots_of(r)[4]);
	results_problem(&r->b, "how many tests passed is worked out from \"Ran %zu tests\"",
			said->ran);
	shown += said->skipped;
	return (ptrdiff_t)(said->ran > shown ? said->ran - shown : 0);
}

static void settle(struct reader *r)
{
	struct results *out = r->b.out;
	const struct said *said = &r->said;
	struct tally tally = TALLY_UNKNOWN;

	out->complete = said->verdict;
	if (said->verdict) {
		tally.count[TEST_FAILED] = (ptrdiff_t)(said->failures + said->unexpected);
		tally.count[TEST_ERROR] = (ptrdiff_t)said->errors;
		tally.count[TEST_SKIPPED] = (ptrdiff_t)said->skipped;
		tally.count[TEST_PASSED] = count_passed(r, results_summary(out).passed);
		/* "OK" may be the beginning of "OK (skipped=1)" */
		if (said->open_end &&
		    results_summary(out).skipped + r->progress.dots[0][3] > said->skipped)
			out->complete = false;
		term_settle(&r->b, &tally, 0, NULL);
	}
	for (size_t i = 0; i < r->progress.lost_count; i++) {
		const struct unittest_lost *lost = &r->progress.lost[i];

		if (!lost->last && said->verdict)
			continue; /* the summary was right about it */
		term_unfinished(&r->b, lost->title.name, lost->title.suite);
		out->complete = false;
	}
}

/* A module that could not be imported is a test of the loader's. */
static void mark_imports(struct results *out)
{
	size_t count = 0;

	for (size_t i = 0; i < out->count; i++) {
		struct test *test = &out->tests[i];

		if (!test->suite || strncmp(test->suite, "unittest.loader.", 16) != 0)
			continue;
		test->suite = NULL;
		count += test->status == TEST_ERROR;
	}
	out->build_failed = count > 0 && count == out->count;
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};

	results_begin(&r.b, arena, out, "unittest", SOURCE_TEXT);
	r.text = term_open(arena, input->data, input->len);
	find_summary(&r);
	find_failures(&r);
	read_progress(&r);
	if (!r.said.start && out->count == 0 && r.failures.count == 0 && r.progress.lost_count == 0)
		return error_set(err, ERROR_INPUT, "no output of unittest");
	merge_blocks(&r);
	drop_printed(&r);
	settle(&r);
	mark_imports(out);
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser unittest_text = {
	.name = "unittest",
	.title = "Python unittest's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, unittest_text);
