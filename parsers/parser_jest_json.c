/*
 * The JSON reports of jest (`--json`) and vitest (`--reporter=json`), which took over jest's shape.
 *
 * A file that does not load, or whose hooks fail, may leave no failed test at all in the report:
 * it becomes an error named by the file.
 */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/json_text.h"
#include "parsers/parser.h"

struct jest_reader {
	struct results_builder b;
	bool vitest;
	size_t ran; /* tests, as opposed to files that failed as a whole */
	size_t not_empty; /* failed files that were more than empty */
};

static const char *stripped(const struct jest_reader *r, const char *text)
{
	return text && *text ? text_strip(r->b.arena, text, strlen(text), NULL) : NULL;
}

static const char *joined_titles(const struct jest_reader *r, const struct json *test)
{
	struct buf name;
	const char *copy;

	buf_init(&name, 0);
	JSON_EACH (title, json_get(test, "ancestorTitles")) {
		buf_puts(&name, json_string(title, ""));
		buf_puts(&name, r->vitest ? " > " : " \xe2\x80\xba "); /* as each prints it */
	}
	buf_puts(&name, json_string(json_get(test, "title"), ""));
	copy = arena_copy(r->b.arena, name.data, name.len);
	buf_done(&name);
	return copy;
}

/* The messages of one test, several with soft assertions or a failing hook besides. */
static void read_failure(const struct jest_reader *r, const struct json *test, struct test *out)
{
	struct buf all;
	const char *frames, *text;

	buf_init(&all, 0);
	JSON_EACH (message, json_get(test, "failureMessages")) {
		if (all.len > 0)
			buf_puts(&all, "\n\n");
		buf_puts(&all, json_string(message, ""));
	}
	text = text_strip(r->b.arena, all.data, all.len, NULL);
	buf_done(&all);
	if (!*text)
		return;
	out->stack = text;
	if (strncmp(text, "Error: expect(", 14) == 0) /* not an error of the code's own */
		text += 7;
	frames = strstr(text, "\n    at ");
	/* What vitest's time-out leaves there: its own error's stack in place of the message. */
	if (strncmp(text, "Error: STACK_TRACE_ERROR\n", 25) == 0) {
		out->message = "timed out, as it seems: the report does not say how";
		return;
	}
	out->message = arena_copy(r->b.arena, text,
				  frames ? (size_t)(frames - text) : strlen(text));
}

/* What jest's matchers kept, for those whose message has no form that we know. */
static void read_values(const struct jest_reader *r, const struct json *test, struct test *out)
{
	JSON_EACH (detail, json_get(test, "failureDetails")) {
		const struct json *result = json_get(detail, "matcherResult");
		const struct json *expected = json_get(result, "expected");
		const struct json *actual = json_get(result, "actual");

		if (out->expected || out->actual || !expected || !actual)
			return;
		out->expected = json_text_value(r->b.arena, expected);
		out->actual = json_text_value(r->b.arena, actual);
	}
}

static void add_test(struct jest_reader *r, const struct json *test, const char *file)
{
	size_t line = (size_t)json_number(json_get(json_get(test, "location"), "line"), 0);
	struct test *out = results_add(&r->b, NULL, NULL,
				       json_text_status(json_get(test, "status")));

	r->ran++;
	out->name = joined_titles(r, test);
	out->suite = file;
	out->duration_ms = json_number(json_get(test, "duration"), NAN);
	if (out->status == TEST_FAILED) {
		read_failure(r, test, out);
		assertion_read(r->b.arena, out);
		read_values(r, test, out);
	}
	if (out->line == 0 && line > 0) {
		out->file = file;
		out->line = line;
	}
}

/* The first paragraph of text that says something, without its indentation. */
static const char *first_paragraph(struct arena *arena, const char *text)
{
	struct line line = line_trim((struct line){text, strlen(text)});
	const char *end = line_find(line, "\n\n");

	if (end)
		line.len = (size_t)(end - line.text);
	return line.len > 0 ? arena_copy(arena, line.text, line.len) : NULL;
}

/* A file that failed as a whole; message is jest's terminal text, or vitest's bare sentence. */
static void add_file(struct jest_reader *r, const struct json *suite, const char *file)
{
	static const char head[] = "Test suite failed to run";
	const char *text = stripped(r, json_string(json_get(suite, "message"), NULL));
	struct test *out = results_add(&r->b, file, file, TEST_ERROR);
	const char *at;

	if (!text) {
		out->message = "a hook failed, the report does not say how";
		out->file = file;
		r->not_empty++;
		return;
	}
	at = strstr(text, head);
	out->stack = at ? at + strlen(head) : text;
	/* jest's advice on syntax errors is a page long; the error stands behind it. */
	at = strstr(out->stack, "    Details:\n");
	out->message = first_paragraph(r->b.arena, at ? at + strlen("    Details:\n") : out->stack);
	assertion_read(r->b.arena, out);
	if (!out->file)
		out->file = file;
	r->not_empty += !strstr(text, "must contain at least one test") &&
			!strstr(text, "No test suite found");
}

static void add_suite(struct jest_reader *r, const struct json *suite)
{
	const char *name = json_string(json_get(suite, "name"), "");
	const char *message = json_string(json_get(suite, "message"), "");
	const char *file = *name ? results_path(r->b.arena, name, strlen(name)) : NULL;
	bool failed = strcmp(json_string(json_get(suite, "status"), ""), "failed") == 0;
	bool explained = false;

	JSON_EACH (test, json_get(suite, "assertionResults")) {
		if (!json_get(test, "status") || !json_get(test, "title"))
			continue; /* the report is cut inside it */
		explained = explained || json_text_status(json_get(test, "status")) == TEST_FAILED;
		add_test(r, test, file);
	}
	if (failed && (!explained || strstr(message, "Test suite failed to run")))
		add_file(r, suite, file);
}

static void check_totals(struct jest_reader *r, const struct json *report)
{
	struct results *out = r->b.out;
	struct summary sum = results_summary(out);
	double total = json_number(json_get(report, "numTotalTests"), (double)r->ran);

	if (out->complete && total != (double)r->ran)
		results_problem(&r->b,
				"the runner's own summary says %.0f tests, its report holds %zu",
				total, r->ran);
	if (json_bool(json_get(report, "wasInterrupted"), false)) {
		results_problem(&r->b, "the run was interrupted");
		out->complete = false;
	}
	if (sum.failed + sum.errors > 0 || out->count == 0)
		return;
	if (!json_bool(json_get(report, "success"), true) ||
	    json_number(json_get(report, "numFailedTests"), 0) > 0) {
		results_problem(&r->b, "the runner says that the run failed, but no test did");
		out->complete = false;
	}
}

/* Where the report starts; jest and vitest write different keys first. */
static const char *find_report(const char *data, size_t len)
{
	const char *jest = json_text_find(data, len, "numFailedTestSuites");
	const char *vitest = json_text_find(data, len, "numTotalTestSuites");

	return jest > vitest ? jest : vitest;
}

static int jest_parse(const struct parse_input *input, struct arena *arena, struct results *out,
		      struct error *err)
{
	struct jest_reader r = {0};
	const char *at = find_report(input->data, input->len);
	struct json *report = NULL;
	bool cut;

	if (at)
		report = json_text_parse(arena, at, input->len - (size_t)(at - input->data), &cut);
	if (!report)
		return error_set(err, ERROR_INPUT, "no jest or vitest JSON report in the text");
	r.vitest = !json_get(report, "numRuntimeErrorTestSuites");
	results_begin(&r.b, arena, out, r.vitest ? "vitest" : "jest", SOURCE_NATIVE);
	out->complete = !cut;
	JSON_EACH (suite, json_get(report, "testResults"))
		add_suite(&r, suite);
	if (cut)
		results_problem(&r.b, "the report is cut short");
	out->build_failed = r.ran == 0 && r.not_empty > 0;
	check_totals(&r, report);
	json_free(report);
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static int jest_sniff(const char *data, size_t len)
{
	return find_report(data, len) ? 95 : 0;
}

static const struct parser jest_json = {
	.name = "jest-json",
	.title = "the JSON reports of jest and vitest",
	.source = SOURCE_NATIVE,
	.sniff = jest_sniff,
	.parse = jest_parse,
};
REGISTER(parsers, struct parser, jest_json);
