/*
 * JUnit XML as both Ant's schema (windyroad JUnit.xsd) and Jenkins' (xunit-plugin junit-10.xsd) have
 * it; only Jenkins' knows flaky tests, as Maven surefire writes them. Neither gives a test case a place for its file, line or output: they stand in the failure's
 * text, where every reader shows them.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/utf8.h"
#include "engine/report/cause.h"
#include "engine/report/clean.h"

enum { MESSAGE_BYTES = 4096, TEXT_BYTES = 64 * 1024 };

/* A test and its suite: sorted so that the tests of one suite stand together, in their order. */
struct entry {
	const struct test *test;
	const char *suite;
	size_t index;
	size_t group; /* index of the suite's first test */
};

static int by_suite(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->suite, right->suite);

	return order ? order : (left->index > right->index) - (left->index < right->index);
}

static int by_group(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	if (left->group != right->group)
		return left->group < right->group ? -1 : 1;
	return (left->index > right->index) - (left->index < right->index);
}

static void attribute(struct buf *out, const char *name, const char *value, size_t max)
{
	size_t len = strlen(value), cut = utf8_cut(value, len, max);

	buf_printf(out, " %s=\"", name);
	clean_xml(out, value, cut, true);
	buf_puts(out, cut < len ? "...\"" : "\"");
}

static void seconds(struct buf *out, double ms)
{
	buf_printf(out, " time=\"%.3f\"", isnan(ms) || ms < 0 ? 0 : ms / 1000);
}

/* Long text keeps its head, where the error is, and its tail, where the cause often is. */
static void long_text(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	if (len <= TEXT_BYTES) {
		clean_xml(out, text, len, false);
		return;
	}
	size_t head = utf8_cut(text, len, TEXT_BYTES / 2);
	size_t tail = len - TEXT_BYTES / 2;
	while (tail < len && ((unsigned char)text[tail] & 0xC0) == 0x80)
		tail++;
	clean_xml(out, text, head, false);
	buf_printf(out, "\n... %zu bytes left out ...\n", tail - head);
	clean_xml(out, text + tail, len - tail, false);
}

static void labelled(struct buf *out, const char *label, const char *text)
{
	if (!text)
		return;
	buf_puts(out, label);
	long_text(out, text);
	buf_putc(out, '\n');
}

static void write_failure(struct buf *out, const struct test *test)
{
	bool error = test->status == TEST_ERROR;
	const char *element = test->flaky ? "flakyFailure" : error ? "error" : "failure";

	buf_printf(out, "      <%s", element);
	attribute(out, "message", test->message ? test->message : "", MESSAGE_BYTES);
	buf_printf(out, " type=\"%s\">", error ? "error" : "failure");
	buf_puts(out, test->flaky ? "<stackTrace>" : "");
	labelled(out, "", test->message);
	if (test->file) {
		buf_puts(out, "at ");
		clean_xml(out, test->file, strlen(test->file), false);
		if (test->line)
			buf_printf(out, ":%zu", test->line);
		buf_putc(out, '\n');
	}
	labelled(out, "expected: ", test->expected);
	labelled(out, "actual: ", test->actual);
	labelled(out, "\n", test->stack);
	labelled(out, "\noutput:\n", test->output);
	buf_printf(out, "%s</%s>\n", test->flaky ? "</stackTrace>" : "", element);
}

static void write_case(struct buf *out, const struct entry *entry)
{
	const struct test *test = entry->test;

	buf_puts(out, "    <testcase");
	attribute(out, "name", test->name, MESSAGE_BYTES);
	attribute(out, "classname", entry->suite, MESSAGE_BYTES);
	seconds(out, test->duration_ms);
	if (test->status == TEST_PASSED && !test->flaky) {
		buf_puts(out, "/>\n");
		return;
	}
	buf_puts(out, ">\n");
	if (test->status == TEST_SKIPPED) {
		buf_puts(out, "      <skipped");
		if (test->message && *test->message)
			attribute(out, "message", test->message, MESSAGE_BYTES);
		buf_puts(out, "/>\n");
	} else {
		write_failure(out, test);
	}
	buf_puts(out, "    </testcase>\n");
}

static void write_properties(struct buf *out, const struct report_input *input)
{
	const struct execution *execution = input->execution;
	const char *const properties[][2] = {
		{"runner", input->results->runner},
		{"assay.id", execution ? execution->id : NULL},
		{"assay.verdict", execution ? verdict_name(execution->verdict) : NULL},
		{"assay.environment", execution ? execution->environment : NULL},
		{"assay.tool", execution ? execution->tool : NULL},
	};

	buf_puts(out, "    <properties>\n");
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		if (!properties[i][1])
			continue;
		buf_printf(out, "      <property name=\"%s\"", properties[i][0]);
		attribute(out, "value", properties[i][1], MESSAGE_BYTES);
		buf_puts(out, "/>\n");
	}
	buf_puts(out, "    </properties>\n");
}

static void write_suite(struct buf *out, const struct report_input *input,
			const struct entry *entries, size_t count, size_t id)
{
	struct summary sum = {.tests = count};
	double ms = 0;

	for (size_t i = 0; i < count; i++) {
		enum test_status status = entries[i].test->status;
		sum.failed += status == TEST_FAILED;
		sum.errors += status == TEST_ERROR;
		sum.skipped += status == TEST_SKIPPED;
		if (!isnan(entries[i].test->duration_ms))
			ms += entries[i].test->duration_ms;
	}
	buf_printf(out, "  <testsuite id=\"%zu\"", id);
	attribute(out, "name", entries->suite, MESSAGE_BYTES);
	attribute(out, "package", entries->suite, MESSAGE_BYTES);
	/* Ant's schema wants both, and a time without zone. */
	buf_printf(out, " timestamp=\"%.19s\" hostname=\"localhost\"", input->at);
	buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", sum.tests,
		   sum.failed, sum.errors, sum.skipped);
	seconds(out, ms);
	buf_puts(out, ">\n");
	write_properties(out, input);
	for (size_t i = 0; i < count; i++)
		write_case(out, &entries[i]);
	buf_puts(out, "    <system-out></system-out>\n    <system-err>");
	for (size_t i = 0; i < input->results->problem_count; i++)
		labelled(out, "", input->results->problems[i]);
	buf_puts(out, "</system-err>\n  </testsuite>\n");
}

static struct entry *sorted_entries(const struct results *results, const struct test *cause,
				    struct arena *arena, size_t *count)
{
	struct entry *entries = arena_array(arena, results->count + 1, sizeof(*entries));

	*count = results->count + (cause != NULL);
	for (size_t i = 0; i < *count; i++) {
		const struct test *test = i < results->count ? &results->tests[i] : cause;
		const char *suite = test->suite && *test->suite ? test->suite
				    : results->runner           ? results->runner
								: "tests";
		entries[i] = (struct entry){.test = test, .suite = suite, .index = i};
	}
	qsort(entries, *count, sizeof(*entries), by_suite);
	for (size_t i = 0; i < *count; i++) {
		bool same = i && strcmp(entries[i].suite, entries[i - 1].suite) == 0;
		entries[i].group = same ? entries[i - 1].group : entries[i].index;
	}
	qsort(entries, *count, sizeof(*entries), by_group);
	return entries;
}

static void junit_write(const struct report_input *input, struct buf *out)
{
	struct arena arena;
	struct test cause;
	size_t count, id = 0;

	arena_init(&arena);
	bool has_cause = cause_test(input, &arena, &cause);
	struct entry *entries = sorted_entries(input->results, has_cause ? &cause : NULL, &arena,
					       &count);
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && entries[next].group == entries[i].group;)
			next++;
		write_suite(out, input, &entries[i], next - i, id++);
	}
	buf_puts(out, "</testsuites>\n");
	arena_done(&arena);
}

static const struct report_format junit = {
	.name = "junit",
	.title = "JUnit XML",
	.write = junit_write,
};

REGISTER(report_formats, struct report_format, junit);
