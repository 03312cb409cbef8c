/* Writes results as the JSON object that users hold on to. */
#include "engine/report/results_json.h"

void summary_write_json(struct json_writer *w, const char *key, const struct results *results)
{
	struct summary sum = results_summary(results);

	json_object_begin(w, key);
	json_put_int(w, "tests", (int64_t)sum.tests);
	json_put_int(w, "passed", (int64_t)sum.passed);
	json_put_int(w, "failed", (int64_t)sum.failed);
	json_put_int(w, "skipped", (int64_t)sum.skipped);
	json_put_int(w, "errors", (int64_t)sum.errors);
	json_object_end(w);
}

static void write_test(struct json_writer *w, const struct test *test)
{
	json_object_begin(w, NULL);
	json_put_string(w, "name", test->name);
	json_put_string(w, "suite", test->suite);
	json_put_string(w, "status", test_status_name(test->status));
	json_put_bool(w, "flaky", test->flaky);
	json_put_number(w, "duration_ms", test->duration_ms);
	json_put_string(w, "message", test->message);
	json_put_string(w, "file", test->file);
	json_put_known(w, "line", test->line > 0, (int64_t)test->line);
	json_put_string(w, "expected", test->expected);
	json_put_string(w, "actual", test->actual);
	json_put_string(w, "stack", test->stack);
	json_put_string(w, "output", test->output);
	json_object_end(w);
}

void results_write_json(struct json_writer *w, const char *key, const struct results *results)
{
	json_object_begin(w, key);
	json_put_string(w, "runner", results->runner);
	json_put_string(w, "source", results->source == SOURCE_TEXT ? "text" : "native");
	json_put_bool(w, "complete", results->complete);
	summary_write_json(w, "summary", results);
	json_array_begin(w, "tests");
	for (size_t i = 0; i < results->count; i++)
		write_test(w, &results->tests[i]);
	json_array_end(w);
	json_array_begin(w, "problems");
	for (size_t i = 0; i < results->problem_count; i++)
		json_put_string(w, NULL, results->problems[i]);
	json_array_end(w);
	json_object_end(w);
}
