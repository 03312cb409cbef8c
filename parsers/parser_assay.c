/* Assay's own JSON: what `assay report --to json` or `assay run --format json` wrote. */
#include <string.h>

#include "parsers/json_text.h"
#include "parsers/parser.h"

static enum test_status read_status(const struct json *test)
{
	const char *word = json_string(json_get(test, "status"), "");

	for (enum test_status status = TEST_PASSED; status <= TEST_ERROR; status++) {
		if (strcmp(word, test_status_name(status)) == 0)
			return status;
	}
	return TEST_ERROR;
}

static const char *text_of(struct arena *arena, const struct json *test, const char *key)
{
	return arena_string(arena, json_string(json_get(test, key), NULL));
}

static void add_test(struct results_builder *b, const struct json *json)
{
	struct test *test = results_add(b, NULL, NULL, read_status(json));
	double line = json_number(json_get(json, "line"), 0);

	test->name = arena_string(b->arena, json_string(json_get(json, "name"), ""));
	test->suite = text_of(b->arena, json, "suite");
	test->duration_ms = json_number(json_get(json, "duration_ms"), NAN);
	test->flaky = json_bool(json_get(json, "flaky"), false);
	test->message = text_of(b->arena, json, "message");
	test->file = text_of(b->arena, json, "file");
	test->line = line > 0 && line < 1e9 ? (size_t)line : 0;
	test->expected = text_of(b->arena, json, "expected");
	test->actual = text_of(b->arena, json, "actual");
	test->stack = text_of(b->arena, json, "stack");
	test->output = text_of(b->arena, json, "output");
}

static struct json *read_report(struct arena *arena, const char *data, size_t len, bool *cut)
{
	const char *at = len ? memchr(data, '{', len) : NULL;

	return at ? json_text_parse(arena, at, len - (size_t)(at - data), cut) : NULL;
}

static int assay_parse(const struct parse_input *input, struct arena *arena, struct results *out,
		       struct error *err)
{
	bool cut = false;
	struct json *report = read_report(arena, input->data, input->len, &cut);
	const struct json *results = json_get(report, "results"); /* inside a run's report */
	struct results_builder b;

	if (!results)
		results = report;
	if (!json_is_string(json_get(results, "runner"))) {
		json_free(report);
		return error_set(err, ERROR_INPUT, "no results of assay in the text");
	}
	results_begin(&b, arena, out, text_of(arena, results, "runner"), SOURCE_NATIVE);
	if (strcmp(json_string(json_get(results, "source"), ""), "text") == 0)
		out->source = SOURCE_TEXT;
	out->complete = json_bool(json_get(results, "complete"), false) && !cut;
	JSON_EACH (test, json_get(results, "tests")) {
		/* "output" is written last: without it the test is cut. */
		if (!cut || json_get(test, "output"))
			add_test(&b, test);
	}
	JSON_EACH (problem, json_get(results, "problems"))
		results_problem(&b, "%s", json_string(problem, ""));
	if (cut)
		results_problem(&b, "the report is cut short");
	json_free(report);
	results_cross_check(&b, input->exit_code);
	return 0;
}

static int assay_sniff(const char *data, size_t len)
{
	size_t head = len < 4096 ? len : 4096;

	if (json_text_find(data, head, "runner") && memmem(data, head, "\"complete\"", 10))
		return 94;
	if (json_text_find(data, head, "id") && memmem(data, head, "\"verdict\"", 9))
		return 94;
	return 0;
}

static const struct parser assay = {
	.name = "assay",
	.title = "assay's own JSON",
	.source = SOURCE_NATIVE,
	.sniff = assay_sniff,
	.parse = assay_parse,
};
REGISTER(parsers, struct parser, assay);
