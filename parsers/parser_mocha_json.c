/* mocha's JSON report (`--reporter json`). */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/json_text.h"
#include "parsers/parser.h"

/* fullTitle is the titles of all suites and the test's, joined by blanks: the suites' part. */
static const char *suite_of(struct arena *arena, const struct json *test)
{
	const char *full = json_string(json_get(test, "fullTitle"), "");
	const char *title = json_string(json_get(test, "title"), "");
	size_t full_len = strlen(full), len = strlen(title);

	if (full_len <= len + 1 || strcmp(full + full_len - len, title) != 0)
		return NULL;
	return arena_copy(arena, full, full_len - len - 1);
}

static const char *clean(struct arena *arena, const char *text)
{
	return text && *text ? text_strip(arena, text, strlen(text), NULL) : NULL;
}

/* "TypeError: " stands in the stack only. */
static const char *with_type(struct arena *arena, const char *message, const char *stack)
{
	const char *at = message && stack ? strstr(stack, message) : NULL;

	if (!at || at == stack || at - stack > 80 || strncmp(stack, "Error: ", 7) == 0)
		return message;
	return arena_copy(arena, stack, (size_t)(at - stack) + strlen(message));
}

static void read_failure(struct arena *arena, const struct json *test, struct test *out)
{
	const struct json *err = json_get(test, "err");
	const struct json *expected = json_get(err, "expected");
	const struct json *actual = json_get(err, "actual");
	const char *message = clean(arena, json_string(json_get(err, "message"), NULL));

	out->stack = clean(arena, json_string(json_get(err, "stack"), NULL));
	out->message = with_type(arena, message, out->stack);
	if (expected && actual) {
		out->expected = json_text_value(arena, expected);
		out->actual = json_text_value(arena, actual);
	}
	assertion_read(arena, out);
}

static void add_test(struct results_builder *b, const struct json *test, enum test_status status)
{
	const char *file = json_string(json_get(test, "file"), NULL);
	const char *title = json_string(json_get(test, "title"), "");
	struct test *out = results_add(b, title, suite_of(b->arena, test), status);

	out->duration_ms = json_number(json_get(test, "duration"), NAN);
	if (status == TEST_FAILED || status == TEST_ERROR)
		read_failure(b->arena, test, out);
	if (!out->file && file)
		out->file = results_path(b->arena, file, strlen(file));
}

/* In a report that is cut, the last test may lack what would tell. */
static bool is_whole(const struct json *test)
{
	return json_is_object(json_get(test, "err"));
}

static bool is_hook(const struct json *test)
{
	const char *title = json_string(json_get(test, "title"), "");

	return title[0] == '"' && strstr(title, "\" hook");
}

static bool is_same(const struct json *a, const struct json *b)
{
	return strcmp(json_string(json_get(a, "fullTitle"), ""),
		      json_string(json_get(b, "fullTitle"), "")) == 0 &&
	       strcmp(json_string(json_get(a, "file"), ""), json_string(json_get(b, "file"), "")) ==
		       0;
}

/*
 * pending is the first not yet met of the tests that did not run: they stand among the tests too, in
 * the same order. One that called this.skip() has a duration; where the list is cut off, the others are
 * known by having none.
 */
static enum test_status read_status(const struct json *test, const struct json **pending)
{
	if (json_count(json_get(test, "err")) > 0)
		return TEST_FAILED;
	if (*pending && is_same(test, *pending)) {
		*pending = json_next(*pending);
		return TEST_SKIPPED;
	}
	return json_get(test, "duration") ? TEST_PASSED : TEST_SKIPPED;
}

static void check_totals(struct results_builder *b, const struct json *stats)
{
	struct summary sum = results_summary(b->out);
	size_t failed = sum.failed + sum.errors;
	double failures = json_number(json_get(stats, "failures"), 0);
	double tests = json_number(json_get(stats, "tests"), 0);

	/* mocha counts a failed hook among the failures, not among the tests. */
	if (tests != (double)(sum.tests - sum.errors))
		results_problem(b, "the runner's own summary says %.0f tests, its report holds %zu",
				tests, sum.tests - sum.errors);
	if (failures == (double)failed)
		return;
	results_problem(b, "the runner's own summary says %.0f failures, its report holds %zu",
			failures, failed);
	if (failed == 0)
		b->out->complete = false;
}

static int mocha_parse(const struct parse_input *input, struct arena *arena, struct results *out,
		       struct error *err)
{
	const char *at = json_text_find(input->data, input->len, "stats");
	struct json *report = NULL;
	struct results_builder b;
	bool cut;

	if (at)
		report = json_text_parse(arena, at, input->len - (size_t)(at - input->data), &cut);
	if (!report)
		return error_set(err, ERROR_INPUT, "no mocha JSON report in the text");
	results_begin(&b, arena, out, "mocha", SOURCE_NATIVE);
	out->complete = !cut;
	const struct json *pending = json_first(json_get(report, "pending"));
	JSON_EACH (test, json_get(report, "tests")) {
		if (!cut || is_whole(test))
			add_test(&b, test, read_status(test, &pending));
	}
	/* A failed hook takes its suite's tests with it: they are nowhere in the report. */
	JSON_EACH (test, json_get(report, "failures")) {
		if (is_hook(test))
			add_test(&b, test, TEST_ERROR);
	}
	if (cut)
		results_problem(&b, "the report is cut short");
	else
		check_totals(&b, json_get(report, "stats"));
	json_free(report);
	results_cross_check(&b, input->exit_code);
	return 0;
}

static int mocha_sniff(const char *data, size_t len)
{
	const char *at = json_text_find(data, len, "stats");
	size_t left = at ? len - (size_t)(at - data) : 0;

	return at && memmem(at, left < 300 ? left : 300, "\"suites\"", 8) ? 90 : 0;
}

static const struct parser mocha_json = {
	.name = "mocha-json",
	.title = "mocha's JSON report",
	.source = SOURCE_NATIVE,
	.sniff = mocha_sniff,
	.parse = mocha_parse,
};
REGISTER(parsers, struct parser, mocha_json);
