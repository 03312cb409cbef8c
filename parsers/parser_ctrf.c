/* CTRF, the Common Test Report Format (https://ctrf.io, JSON). */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/json_text.h"
#include "parsers/parser.h"

static const char *text_of(struct arena *arena, const struct json *value)
{
	const char *text = json_string(value, "");
	struct line line = line_trim((struct line){text, strlen(text)});

	return line.len > 0 ? text_strip(arena, line.text, line.len, NULL) : NULL;
}

/* A string, or since version 0.0.1 an array of strings. */
static const char *joined(struct arena *arena, const struct json *value, const char *between)
{
	struct buf out;
	const char *copy;

	if (!json_is_array(value))
		return text_of(arena, value);
	buf_init(&out, 0);
	JSON_EACH (item, value) {
		if (out.len > 0)
			buf_puts(&out, between);
		buf_puts(&out, json_string(item, ""));
	}
	copy = out.len > 0 ? text_strip(arena, out.data, out.len, NULL) : NULL;
	buf_done(&out);
	return copy;
}

static void add_test(struct results_builder *b, const struct json *json)
{
	const char *file = json_string(json_get(json, "filePath"), NULL);
	struct test *test = results_add(b, NULL, NULL, json_text_status(json_get(json, "status")));

	test->name = joined(b->arena, json_get(json, "name"), " ");
	if (!test->name)
		test->name = "(unnamed)";
	test->suite = joined(b->arena, json_get(json, "suite"), " > ");
	test->duration_ms = json_number(json_get(json, "duration"), NAN);
	test->message = text_of(b->arena, json_get(json, "message"));
	test->stack = text_of(b->arena, json_get(json, "trace"));
	test->output = joined(b->arena, json_get(json, "stdout"), "\n");
	if (test->status == TEST_FAILED)
		assertion_read(b->arena, test);
	if (!test->file && file) {
		test->file = results_path(b->arena, file, strlen(file));
		test->line = (size_t)json_number(json_get(json, "line"), 0);
	}
}

static void check_totals(struct results_builder *b, const struct json *claims)
{
	struct summary sum = results_summary(b->out);
	double tests = json_number(json_get(claims, "tests"), (double)sum.tests);
	double failed = json_number(json_get(claims, "failed"), (double)sum.failed);

	if (tests != (double)sum.tests)
		results_problem(b, "the runner's own summary says %.0f tests, its report holds %zu",
				tests, sum.tests);
	if (failed == (double)sum.failed)
		return;
	results_problem(b, "the runner's own summary says %.0f failures, its report holds %zu",
			failed, sum.failed);
	if (sum.failed == 0)
		b->out->complete = false;
}

/* The object that holds "results"; its keys may come in any order. */
static struct json *read_report(struct arena *arena, const char *data, size_t len, bool *cut)
{
	const char *at = len ? memchr(data, '{', len) : NULL;
	struct json *report = NULL;

	if (at)
		report = json_text_parse(arena, at, len - (size_t)(at - data), cut);
	if (report && json_is_array(json_get(json_get(report, "results"), "tests")))
		return report;
	json_free(report);
	return NULL;
}

static int ctrf_parse(const struct parse_input *input, struct arena *arena, struct results *out,
		      struct error *err)
{
	bool cut;
	struct json *report = read_report(arena, input->data, input->len, &cut);
	const struct json *results = json_get(report, "results");
	struct results_builder b;

	if (!report)
		return error_set(err, ERROR_INPUT, "no CTRF report in the text");
	results_begin(&b, arena, out, "ctrf", SOURCE_NATIVE);
	if (json_is_string(json_get(json_get(results, "tool"), "name")))
		out->runner = text_of(arena, json_get(json_get(results, "tool"), "name"));
	out->complete = !cut && json_is_object(json_get(results, "summary"));
	JSON_EACH (test, json_get(results, "tests")) {
		if (json_is_string(json_get(test, "status")))
			add_test(&b, test);
	}
	if (cut)
		results_problem(&b, "the report is cut short");
	else if (!out->complete)
		results_problem(&b, "the report has no summary");
	else
		check_totals(&b, json_get(results, "summary"));
	json_free(report);
	results_cross_check(&b, input->exit_code);
	return 0;
}

static int ctrf_sniff(const char *data, size_t len)
{
	size_t head = len < 4096 ? len : 4096;

	if (!json_text_find(data, head, "results") && !json_text_find(data, head, "reportFormat"))
		return 0;
	return memmem(data, head, "\"tool\"", 6) && memmem(data, head, "\"summary\"", 9) ? 92 : 0;
}

static const struct parser ctrf = {
	.name = "ctrf",
	.title = "CTRF, the Common Test Report Format",
	.source = SOURCE_NATIVE,
	.sniff = ctrf_sniff,
	.parse = ctrf_parse,
};
REGISTER(parsers, struct parser, ctrf);
