/*
 * What pytest prints, 7 to 9, from -vv to -qq; its JUnit report says more.
 *
 * The last line counts ("1 failed, 2 passed in 0.10s"); -qq has none. Names come from -v's lines,
 * the short test summary and the titles of the failures. Tests that only dots show are added as
 * "(unnamed) 3", by their place in their file where the line of dots begins with it. An error in a
 * teardown, which pytest counts beside the test's own result, makes that one test an error. Of
 * subtests only those that failed are tests of their own.
 */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/pytest_text.h"

#define MAX_NODES 100000 /* as results.c */

static const struct term_mark marks[] = {
	{"=* test session starts *=", 95},
	{"=* short test summary info *=", 93},
	{"=* # passed* in #.#s*", 90},
	{"=* # failed* in #.#s*", 90},
	{"=* # error* in #.#s*", 90},
	{"=* # skipped* in #.#s*", 90},
	{"=* # deselected* in #.#s*", 90},
	{"=* no tests ran in #.#s *", 90},
	{"# passed in #.#s", 80},
	{"# passed, * in #.#s", 80},
	{"# failed* in #.#s", 80},
	{"# error* in #.#s", 80},
	{"# skipped* in #.#s", 80},
	{"no tests ran in #.#s", 80},
	{"*.py::* PASSED *%]", 80},
	{"*.py::* FAILED *%]", 80},
	{".*[100%]", 40},
	{".*[ #%]", 30},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, marks);
}

struct pytest_node *pytest_node_add(struct pytest_text *t, const char *id, enum test_status status)
{
	struct pytest_node *node;

	if (t->node_count >= MAX_NODES) {
		t->node_overflow++;
		t->node_count = MAX_NODES - 1;
	}
	node = arena_grow(t->b.arena, &t->nodes, t->node_count, sizeof(*node));
	t->node_count++;
	*node = (struct pytest_node){.id = id, .status = status, .duration_ms = NAN};
	return node;
}

/* ---- the parts ---- */

/* "1 failed, 2 passed in 0.10s (0:01:02)" */
static bool is_summary(struct line line)
{
	struct line rest = line;
	size_t number;

	if (line_ends(rest, ")") && line_find_last(rest, " ("))
		rest = line_to(rest, line_find_last(rest, " ("));
	if (isnan(line_take_time(&rest, true)) || !line_ends(rest, " in"))
		return false;
	if (line_is(rest, "no tests ran in"))
		return true;
	return line_number(&rest, &number) &&
	       (line_starts(rest, " passed") || line_starts(rest, " failed") ||
		line_starts(rest, " skipped") || line_starts(rest, " deselected") ||
		line_starts(rest, " xfailed") || line_starts(rest, " xpassed") ||
		line_starts(rest, " warning") || line_starts(rest, " error") ||
		line_starts(rest, " rerun"));
}

static void read_collected(struct pytest_text *t, struct line line)
{
	const char *at = line_find(line, "collected ");
	struct line rest;
	struct line word;
	size_t number;

	if (!at || (at != line.text && !line_starts(line, "collecting")))
		return;
	rest = line_from(line, at + strlen("collected "));
	if (!line_number(&rest, &number) || !line_starts(rest, " item"))
		return;
	t->selected = number;
	for (size_t i = 0; i < rest.len; i++) {
		word = line_tail(rest, i);
		if (line_skip(&word, " / ") && line_number(&word, &number) &&
		    line_starts(word, " selected"))
			t->selected = number;
	}
}

/* Why a run stopped: "!!!! stopping after 1 failures !!!!" */
static void read_stop(struct pytest_text *t, struct line title)
{
	if (line_starts(title, "stopping after ") ||
	    line_starts(title, "xdist.dsession.Interrupted"))
		t->stopped = true;
	else if (line_starts(title, "Interrupted: ") && line_find(title, " during collection"))
		t->collect_failed = true;
	else if (line_starts(title, "Interrupted: ") || line_is(title, "KeyboardInterrupt") ||
		 line_find(title, "outcomes.Exit: "))
		t->interrupted = true;
}

static bool ends_progress(struct line title)
{
	static const char *const titles[] = {"ERRORS",  "FAILURES",  "PASSES",
					     "XPASSES", "XFAILURES", "short test summary info"};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		if (line_is(title, titles[i]))
			return true;
	}
	return line_starts(title, "warnings summary") || line_starts(title, "slowest ");
}

static void find_parts(struct pytest_text *t, struct lines all)
{
	struct lines lines = all;
	const char *first = NULL;
	const char *notes_title = NULL;
	struct line line, title;

	t->selected = SIZE_MAX;
	while (lines_next(&lines, &line)) {
		bool ruled = line_ruled_title(line, '=', &title);

		if (is_summary(ruled ? title : line)) {
			t->summary = ruled ? title.text : line.text;
			t->summary_len = ruled ? title.len : line.len;
		} else if (ruled && line_is(title, "test session starts")) {
			t->header = true;
		} else if (ruled && line_is(title, "short test summary info")) {
			notes_title = line.text;
			t->notes.at = lines.at;
		}
		if (ruled && ends_progress(title)) {
			t->summary = NULL; /* a test printed it */
			first = first ? first : line.text;
		}
		if (line_ruled_title(line, '!', &title))
			read_stop(t, title);
		if (t->selected == SIZE_MAX)
			read_collected(t, line);
		if (!t->internal && (line_starts(line, "INTERNALERROR> ") ||
				     line_find(line, "Fatal Python error: ")))
			t->internal = line_copy(t->b.arena, line);
	}
	if (!first)
		first = t->summary ? t->summary : all.end;
	t->progress = (struct lines){all.at, first};
	t->sections = (struct lines){t->progress.end, notes_title ? notes_title : all.end};
	if (notes_title && t->sections.at > notes_title)
		t->sections.at = notes_title;
	t->notes.end = notes_title ? all.end : NULL;
}

/* "0.05s call     test_a.py::test_b", of --durations */
static void read_durations(struct pytest_text *t)
{
	struct lines lines = t->sections;
	struct name_index ids;
	struct line line;
	size_t at;

	name_index_init(&ids, t->b.arena);
	for (size_t i = 0; i < t->node_count; i++) {
		if (!t->nodes[i].gone && !t->nodes[i].label)
			name_index_add(&ids, t->nodes[i].id, i);
	}
	while (lines_next(&lines, &line)) {
		const char *space = memchr(line.text, ' ', line.len);
		struct line time = space ? line_to(line, space) : line;
		struct line rest = space ? line_from(line, space + 1) : line;
		double ms;
		double *sum;

		if (!line_skip(&rest, "call ") && !line_skip(&rest, "setup ") &&
		    !line_skip(&rest, "teardown "))
			continue;
		ms = line_take_time(&time, true);
		if (isnan(ms) ||
		    !name_index_find(&ids, line_copy(t->b.arena, line_trim(rest)), &at))
			continue;
		sum = &t->nodes[at].duration_ms;
		*sum = (isnan(*sum) ? 0 : *sum) + ms;
	}
}

/* ---- the results ---- */

static void read_counts(struct pytest_text *t, struct tally *said)
{
	struct line line = {t->summary, t->summary_len};
	struct line word;
	size_t number;

	if (!t->summary)
		return;
	memset(said, 0, sizeof(*said));
	while (line_count(&line, &number, &word)) {
		if (line_starts(word, "passed") || line_starts(word, "xfailed") ||
		    line_starts(word, "xpassed"))
			said->count[TEST_PASSED] += (ptrdiff_t)number;
		else if (line_starts(word, "failed"))
			said->count[TEST_FAILED] += (ptrdiff_t)number;
		else if (line_starts(word, "skipped"))
			said->count[TEST_SKIPPED] += (ptrdiff_t)number;
		else if (line_starts(word, "error"))
			said->count[TEST_ERROR] += (ptrdiff_t)number;
	}
	said->count[TEST_PASSED] -= (ptrdiff_t)t->teardowns_passed;
	said->count[TEST_SKIPPED] -= (ptrdiff_t)t->teardowns_skipped;
}

static void add_nodes(struct pytest_text *t)
{
	struct arena *arena = t->b.arena;

	for (size_t i = 0; i < t->node_count; i++) {
		const struct pytest_node *node = &t->nodes[i];
		const char *colons = strstr(node->id, "::");
		const char *name = colons ? colons + 2 : node->id;
		const char *suite = NULL;
		struct test *test;

		if (node->gone)
			continue;
		if (node->label)
			name = arena_printf(arena, "%s %s", name, node->label);
		if (colons)
			suite = arena_copy(arena, node->id, (size_t)(colons - node->id));
		else if (node->status == TEST_ERROR)
			suite = name; /* the file could not be collected */
		test = results_add(&t->b, name, suite, node->status);
		test->message = node->message;
		test->stack = node->stack;
		test->output = node->output;
		test->duration_ms = node->duration_ms;
		if (node->status == TEST_FAILED || node->status == TEST_ERROR)
			assertion_read(arena, test);
	}
}

static void check_selected(struct pytest_text *t)
{
	const struct results *out = t->b.out;

	if (!t->summary || t->selected == SIZE_MAX || t->stopped || t->collect_failed)
		return;
	if (out->count >= t->selected)
		return;
	results_problem(&t->b, "pytest collected %zu tests, its summary says %zu", t->selected,
			out->count);
	t->b.out->complete = false;
}

static void settle(struct pytest_text *t)
{
	struct results *out = t->b.out;
	struct tally said = TALLY_UNKNOWN;

	read_counts(t, &said);
	add_nodes(t);
	/* -qq prints no summary; a shorter output was cut */
	out->complete = t->summary || (t->whole && !t->header);
	if (!t->verbose)
		pytest_dots_add(t, t->summary ? &said : NULL);
	term_settle(&t->b, &said, 0, NULL);
	check_selected(t);
	if (t->interrupted)
		out->complete = false;
	if (t->internal) {
		results_problem(&t->b, "pytest did not end well: %s", t->internal);
		out->complete = false;
	}
	if (t->node_overflow > 0) {
		results_problem(&t->b, "only the first %d tests are kept", MAX_NODES);
		out->complete = false;
	}
	if (t->open && !out->complete) {
		const char *colons = strstr(t->open, "::");

		term_unfinished(&t->b, colons + 2,
				arena_copy(t->b.arena, t->open, (size_t)(colons - t->open)));
	}
	out->build_failed = t->collect_failed;
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct pytest_text t = {0};

	results_begin(&t.b, arena, out, "pytest", SOURCE_TEXT);
	find_parts(&t, term_open(arena, input->data, input->len));
	pytest_progress_read(&t);
	pytest_notes_read(&t);
	pytest_sections_read(&t);
	read_durations(&t);
	if (!t.summary && !t.header && t.node_count == 0 && t.dot_count == 0)
		return error_set(err, ERROR_INPUT, "no output of pytest");
	settle(&t);
	results_cross_check(&t.b, input->exit_code);
	return 0;
}

static const struct parser pytest_text = {
	.name = "pytest",
	.title = "pytest's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, pytest_text);
