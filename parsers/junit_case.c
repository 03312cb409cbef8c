/* What a JUnit test case means: status, names, messages, each dialect as its runner meant it. */
#include <ctype.h>
#include <string.h>

#include "engine/base/utf8.h"
#include "parsers/assertion.h"
#include "parsers/parser_junit.h"

#define MAX_MESSAGE 4096 /* when it has to be taken from the text */

static bool is_runner(const struct junit_reader *r, const char *name)
{
	return strcmp(r->b.out->runner, name) == 0;
}

/* ---- parts ---- */

static struct line part_text(const struct junit_reader *r)
{
	struct line text = {r->text.data, r->text.len};

	/* Only line ends before, so that the first line keeps its indentation. */
	while (text.len > 0 && strchr("\r\n", text.text[0])) {
		text.text++;
		text.len--;
	}
	while (text.len > 0 && isspace((unsigned char)text.text[text.len - 1]))
		text.len--;
	return text;
}

/* Lines around the message that runners put into the text: PHPUnit's "Class::test", go's frames. */
static bool is_headline(const struct junit_reader *r, struct line line)
{
	const char *name = r->current.name;

	if (line.len == 0 || line_starts(line, "=== ") || line_starts(line, "--- FAIL: "))
		return true;
	return is_runner(r, "phpunit") && name && line_find(line, "::") && line_find(line, name);
}

/* The text up to the stack or the second paragraph that is more than an assertion's values. */
static struct line text_message(const struct junit_reader *r, struct line text)
{
	static const char *const ends[] = {"\n    at ", "\n\tat ", "\n \xe2\x9d\xaf ", "\n--- ",
					   "\n\n/"};
	struct lines lines = {text.text, text.text + text.len};
	struct line line;

	while (lines_next(&lines, &line) && is_headline(r, line_trim(line))) {
		text.text = lines.at;
		text.len = (size_t)(lines.end - lines.at);
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *end = line_find(text, ends[i]);

		if (end)
			text.len = (size_t)(end - text.text);
	}
	text.len = utf8_cut(text.text, text.len, MAX_MESSAGE);
	return line_trim(text);
}

/* A part's message: its attribute, or the start of its text, or its type. */
static const char *part_message(const struct junit_reader *r, struct line text)
{
	struct line message = {r->part_message, r->part_message ? strlen(r->part_message) : 0};

	message = line_trim(message);
	if (!r->part_message || message.len == 0 ||
	    (is_runner(r, "go") && strcmp(r->part_message, "Failed") == 0))
		message = text_message(r, text);
	if (message.len == 0)
		return r->part_type;
	return text_strip(r->b.arena, message.text, message.len, NULL);
}

/*
 * pytest's message for a module that does not load is "collection failure"; what went wrong are the
 * text's lines that start with E.
 */
static const char *error_lines(struct arena *arena, struct line text)
{
	struct lines lines = {text.text, text.text + text.len};
	struct line line;
	struct buf out;
	const char *copy = NULL;

	buf_init(&out, 0);
	while (lines_next(&lines, &line)) {
		if (!line_skip(&line, "E  "))
			continue;
		if (out.len > 0)
			buf_putc(&out, '\n');
		line_skip(&line, " ");
		buf_append(&out, line.text, line.len);
	}
	if (out.len > 0)
		copy = arena_copy(arena, out.data, out.len);
	buf_done(&out);
	return copy;
}

/*
 * node's reporter takes the line ends out of the attribute, and wraps the text:
 * "[Error [ERR_TEST_FAILURE]: the message] {\n  code: ..." or "...: the message\n    at frame".
 */
static const char *node_message(struct arena *arena, struct line text)
{
	static const char mark[] = "[ERR_TEST_FAILURE]: ";
	static const char *const ends[] = {"\n    at ", "] {", " {\n  code:"};
	const char *at = line_find(text, mark);
	struct line message;

	if (!at)
		return NULL;
	message.text = at + strlen(mark);
	message.len = (size_t)(text.text + text.len - message.text);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		at = line_find(message, ends[i]);
		if (at)
			message.len = (size_t)(at - message.text);
	}
	message = line_trim(message);
	return arena_copy(arena, message.text, message.len);
}

static void join(struct arena *arena, const char **text, const char *more, const char *between)
{
	if (!more || !*more)
		return;
	*text = *text ? arena_printf(arena, "%s%s%s", *text, between, more) : more;
}

static bool is_type(const struct junit_reader *r, const char *type)
{
	return r->part_type && strcmp(r->part_type, type) == 0;
}

static void end_failure(struct junit_reader *r, struct line text)
{
	struct junit_case *c = &r->current;
	const char *message = part_message(r, text);

	/* Not a failure of the run: PHPUnit writes risky tests like this. */
	if (r->part_type && strstr(r->part_type, "RiskyTest") && r->part == JUNIT_ERROR)
		return;
	if (message && strcmp(message, "collection failure") == 0) {
		const char *better = error_lines(r->b.arena, text);

		r->collection_failed = true;
		message = better ? better : message;
	}
	if (is_type(r, "testCodeFailure")) {
		const char *better = node_message(r->b.arena, text);

		r->b.out->runner = "node";
		message = better ? better : message;
	}
	if (r->part == JUNIT_ERROR || is_type(r, "cancelledByParent"))
		c->errors++;
	else
		c->failures++;
	/* Joining copies: a case with a million failures keeps the first few. */
	if (c->errors + c->failures > 8)
		return;
	join(r->b.arena, &c->message, message, "\n");
	join(r->b.arena, &c->stack, text_strip(r->b.arena, text.text, text.len, NULL), "\n\n");
}

/* pytest frames captured output in headlines even when there is none. */
static bool only_headlines(struct line text)
{
	struct lines lines = {text.text, text.text + text.len};
	struct line line;

	while (lines_next(&lines, &line)) {
		line = line_trim(line);
		if (line.len > 0 && !(line_starts(line, "------") && line_find(line, " Captured ")))
			return false;
	}
	return true;
}

void junit_end_part(struct junit_reader *r)
{
	struct junit_case *c = &r->current;
	struct line text = part_text(r);

	switch (r->part) {
	case JUNIT_FAILURE:
	case JUNIT_ERROR: end_failure(r, text); break;
	case JUNIT_SKIPPED:
		c->skips = true;
		c->reason = part_message(r, text);
		c->todo = is_type(r, "todo");
		c->expected_failure = is_type(r, "pytest.xfail");
		break;
	case JUNIT_FLAKY:
		c->flaky = true;
		c->reason = part_message(r, text);
		break;
	case JUNIT_OUTPUT:
		if (!only_headlines(text) && ++c->outputs <= 8)
			join(r->b.arena, &c->output,
			     text_strip(r->b.arena, text.text, text.len, NULL), "\n");
		break;
	case JUNIT_NONE:
	case JUNIT_IGNORED: break;
	}
	r->part = JUNIT_NONE;
	buf_clear(&r->text);
}

/* ---- names ---- */

static const char *suite_path(const struct junit_reader *r)
{
	size_t depth = r->suite_depth < JUNIT_MAX_SUITES ? r->suite_depth : JUNIT_MAX_SUITES;

	return depth > 0 ? r->suites[depth - 1].path : NULL;
}

/*
 * pytest's classname "tests.test_a.TestX" is the module's path and then classes; file is not in the
 * report by default. Classes start with a capital by convention. Gives "tests/test_a.py" and
 * "TestX::name", as pytest itself names tests.
 */
static void name_pytest(struct junit_reader *r, const char **name, const char **suite)
{
	const struct junit_case *c = &r->current;
	const char *classes = c->classname + strlen(c->classname);
	const char *prefix = NULL;
	const char *at;
	char *path;

	while ((at = memrchr(c->classname, '.', (size_t)(classes - c->classname))) &&
	       isupper((unsigned char)at[1]))
		classes = at;
	path = arena_printf(r->b.arena, "%.*s.py", (int)(classes - c->classname), c->classname);
	for (char *p = path; p < path + (classes - c->classname); p++)
		*p = *p == '.' ? '/' : *p;
	*suite = c->file ? results_path(r->b.arena, c->file, strlen(c->file)) : path;
	for (int i = 0; *classes == '.' && i < 16; i++) {
		size_t len = strcspn(classes + 1, ".");

		join(r->b.arena, &prefix, arena_copy(r->b.arena, classes + 1, len), "::");
		classes += len + 1;
	}
	if (prefix)
		*name = arena_printf(r->b.arena, "%s::%s", prefix, *name);
}

static const char *trimmed(struct arena *arena, const char *text)
{
	struct line line = line_trim((struct line){text, strlen(text)});

	return arena_copy(arena, line.text, line.len);
}

/* mocha-junit-reporter: name="math adds" classname="adds", the suite's name stands first in name. */
static bool swap_names(struct junit_reader *r, const char **name, const char **suite)
{
	const char *title = r->current.classname;
	size_t full = strlen(r->current.name), len = strlen(title);

	if (full <= len + 1 || strcmp(r->current.name + full - len, title) != 0)
		return false;
	*suite = arena_copy(r->b.arena, r->current.name, full - len - 1);
	*name = title;
	return true;
}

static void name_case(struct junit_reader *r, const char **name, const char **suite)
{
	const struct junit_case *c = &r->current;
	bool named = c->classname && *c->classname;

	*name = c->name && *c->name ? c->name : NULL;
	*suite = named ? c->classname : suite_path(r);
	if (!*name && !named) {
		*name = "(unnamed)";
		*suite = NULL;
	} else if (!*name) { /* Surefire, for a class that could not be set up */
		*name = c->classname;
	} else if (is_runner(r, "pytest")) {
		if (named)
			name_pytest(r, name, suite);
		else
			*suite = NULL; /* a module that did not load */
	} else if (is_runner(r, "mocha") && named && swap_names(r, name, suite)) {
		return;
	} else if (is_runner(r, "jest") && named && strcmp(c->classname, c->name) == 0) {
		/* jest-junit, unless it is told otherwise */
		*suite = suite_path(r);
		*name = trimmed(r->b.arena, *name);
	} else if (named && strcmp(c->classname, "test") == 0) {
		/* node writes classname="test" for all; the suites have the names */
		*suite = suite_path(r);
		*name = results_path(r->b.arena, *name, strlen(*name));
	}
}

/* ---- the case as a test ---- */

static enum test_status case_status(const struct junit_reader *r)
{
	const struct junit_case *c = &r->current;

	if (c->todo || c->expected_failure)
		return c->todo ? TEST_SKIPPED : TEST_PASSED;
	if (c->failures > 0)
		return TEST_FAILED;
	if (c->errors > 0 || c->cut || !c->name)
		return TEST_ERROR;
	if (c->status && (strcmp(c->status, "fail") == 0 || strcmp(c->status, "failed") == 0))
		return TEST_FAILED;
	return c->skips ? TEST_SKIPPED : TEST_PASSED;
}

static void explain(struct junit_reader *r, struct test *test)
{
	const struct junit_case *c = &r->current;

	test->message = c->message;
	test->stack = c->stack;
	if (c->cut && !c->message)
		test->message = "the report ends in the middle of this test";
	else if (!c->name && !c->message)
		test->message = "the run was stopped in this test";
	else if (c->flaky)
		test->message = arena_printf(r->b.arena, "passed only when run again: %s",
					     c->reason ? c->reason : "");
	else if (c->expected_failure)
		test->message = arena_printf(r->b.arena, "failed as expected: %s",
					     c->reason ? c->reason : "");
	else if (c->skips && !c->message)
		test->message = c->reason;
}

void junit_add_case(struct junit_reader *r)
{
	const struct junit_case *c = &r->current;
	const char *name, *suite;
	struct test *test;

	if (!c->name && !c->cut && is_runner(r, "pytest")) {
		/* What pytest.exit() leaves of the test that called it. */
		results_problem(&r->b, "a test case has no name: the run was stopped in it");
		r->stopped = true;
	}
	name_case(r, &name, &suite);
	if (is_runner(r, "vitest") && suite && strcmp(name, suite) == 0 && c->failures > 0) {
		/* The file itself: it does not load, or holds no test. */
		r->collection_failed = true;
		r->current.errors += r->current.failures;
		r->current.failures = 0;
	}
	test = results_add(&r->b, name, NULL, case_status(r));
	test->suite = suite;
	test->duration_ms = c->duration_ms;
	test->output = c->output;
	explain(r, test);
	if (test->status == TEST_FAILED || test->status == TEST_ERROR)
		assertion_read(r->b.arena, test);
	if (!test->file && c->file) {
		test->file = results_path(r->b.arena, c->file, strlen(c->file));
		test->line = c->line;
		if (is_runner(r, "pytest")) /* counts from 0 */
			test->line++;
	}
}

void junit_finish(struct junit_reader *r)
{
	struct results *out = r->b.out;
	struct summary sum = results_summary(out);

	if (r->stopped)
		out->complete = false;
	if (r->claims_failure && sum.failed + sum.errors == 0) {
		results_problem(&r->b, "the report's totals speak of failures, but no test failed");
		out->complete = false;
	}
	out->build_failed = r->collection_failed && sum.tests == sum.errors;
}
