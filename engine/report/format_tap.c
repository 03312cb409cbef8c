/*
 * TAP: one line a test, a YAML block with each failure (testanything.org, TAP 14 specification).
 *
 * The version line says 13: TAP::Parser before 3.48 (prove of Debian 12) refuses 14 as an error, and
 * a version 14 reader has to take 13. Everything written here means the same in both.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/utf8.h"
#include "engine/report/cause.h"
#include "engine/report/clean.h"

enum { VALUE_BYTES = 32 * 1024 };

static void write_value(struct buf *out, const char *indent, const char *key, const char *value)
{
	if (!value)
		return;
	size_t len = strlen(value);
	size_t cut = utf8_cut(value, len, VALUE_BYTES);

	buf_printf(out, "%s%s: \"", indent, key);
	clean_yaml(out, value, cut);
	buf_puts(out, cut < len ? "...\"\n" : "\"\n");
}

static void write_diagnostics(struct buf *out, const struct test *test)
{
	buf_puts(out, "  ---\n");
	write_value(out, "  ", "message", test->message ? test->message : "");
	buf_printf(out, "  severity: %s\n", test->status == TEST_ERROR ? "error" : "fail");
	if (!isnan(test->duration_ms))
		buf_printf(out, "  duration_ms: %.3f\n", test->duration_ms);
	if (test->file) {
		buf_puts(out, "  at:\n");
		write_value(out, "    ", "file", test->file);
		if (test->line)
			buf_printf(out, "    line: %zu\n", test->line);
	}
	write_value(out, "  ", "expected", test->expected);
	write_value(out, "  ", "actual", test->actual);
	write_value(out, "  ", "stack", test->stack);
	write_value(out, "  ", "output", test->output);
	buf_puts(out, "  ...\n");
}

static void write_comment(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(out, "# %s: ", key);
	clean_tap(out, value);
	buf_putc(out, '\n');
}

static void write_test(struct buf *out, size_t number, const struct test *test)
{
	bool ok = test->status == TEST_PASSED || test->status == TEST_SKIPPED;

	buf_printf(out, "%s %zu - ", ok ? "ok" : "not ok", number);
	if (test->suite && *test->suite) {
		clean_tap(out, test->suite);
		buf_puts(out, " > ");
	}
	clean_tap(out, test->name);
	if (test->status == TEST_SKIPPED) {
		buf_puts(out, " # SKIP");
		if (test->message && *test->message) {
			buf_putc(out, ' ');
			clean_tap(out, test->message);
		}
	}
	buf_putc(out, '\n');
	if (!ok)
		write_diagnostics(out, test);
	else if (test->flaky)
		write_comment(out, "flaky, it failed first", test->message ? test->message : "");
}

static void write_comments(struct buf *out, const struct report_input *input)
{
	const struct execution *execution = input->execution;

	write_comment(out, "runner", input->results->runner);
	for (size_t i = 0; i < input->results->problem_count; i++)
		write_comment(out, "problem", input->results->problems[i]);
	if (!execution)
		return;
	write_comment(out, "verdict", verdict_name(execution->verdict));
	write_comment(out, "reason", execution->reason);
	write_comment(out, "environment", execution->environment);
	if (execution->outcome != WORKSPACE_UNTOUCHED)
		write_comment(out, "workspace", workspace_outcome_name(execution->outcome));
}

static void tap_write(const struct report_input *input, struct buf *out)
{
	const struct results *results = input->results;
	struct arena arena;
	struct test cause;

	arena_init(&arena);
	bool has_cause = cause_test(input, &arena, &cause);
	buf_printf(out, "TAP version 13\n1..%zu\n", results->count + has_cause);
	for (size_t i = 0; i < results->count; i++)
		write_test(out, i + 1, &results->tests[i]);
	if (has_cause)
		write_test(out, results->count + 1, &cause);
	write_comments(out, input);
	arena_done(&arena);
}

static const struct report_format tap = {
	.name = "tap",
	.title = "Test Anything Protocol",
	.write = tap_write,
};

REGISTER(report_formats, struct report_format, tap);
