/*
 * Every report format on every case, against tests/data/report/<case>.<format>; the promises that
 * hold for all cases; and the events and progress lines. UPDATE_GOLDEN=1 writes the files anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/report/cause.h"
#include "engine/report/clean.h"
#include "engine/report/events.h"
#include "engine/report/format.h"
#include "engine/report/progress.h"
#include "tests/report_cases.h"

static void write_report(const struct report_case *c, const char *format, bool colour,
			 struct buf *out)
{
	const struct report_input input = {
		.results = c->results,
		.execution = c->execution,
		.at = "2026-11-21T02:45:00.123Z",
		.colour = colour,
	};

	assert_non_null(report_format_find(format));
	buf_init(out, 0);
	report_format_find(format)->write(&input, out);
}

static void compare(const char *path, const struct buf *got)
{
	struct buf want;
	struct error err = {0};

	if (getenv("UPDATE_GOLDEN")) {
		if (file_write(path, got->data, got->len, 0644, &err) != 0)
			fail_msg("%s", err.text);
		return;
	}
	buf_init(&want, 0);
	if (file_read(path, &want, &err) != 0)
		fail_msg("%s", err.text);
	if (want.len != got->len || memcmp(want.data, got->data, got->len) != 0)
		fail_msg("%s differs:\n%s", path, got->data);
	buf_done(&want);
}

static void golden(void **state)
{
	const char *format = *state;
	char path[256];
	struct buf out;

	for (size_t i = 0; i < report_case_count; i++) {
		write_report(&report_cases[i], format, false, &out);
		snprintf(path, sizeof(path), "tests/data/report/%s.%s", report_cases[i].name,
			 format);
		compare(path, &out);
		buf_done(&out);
	}
}

/* Nothing that is not green may look green, and nothing may be empty. */
static void no_report_is_green_that_should_not_be(void **state)
{
	struct buf out;

	(void)state;
	for (size_t i = 0; i < report_case_count; i++) {
		const struct report_case *c = &report_cases[i];
		bool green = c->execution ? c->execution->verdict == VERDICT_PASSED
					  : cause_results_green(c->results);

		write_report(c, "tap", false, &out);
		assert_int_equal(strstr(out.data, "\nnot ok ") == NULL, green);
		assert_null(strstr(out.data, "\n1..0"));
		buf_done(&out);

		write_report(c, "junit", false, &out);
		bool red = strstr(out.data, "<failure") || strstr(out.data, "<error");
		assert_int_equal(!red, green);
		assert_non_null(strstr(out.data, "<testcase"));
		buf_done(&out);
	}
}

static void reports_are_harmless_text(void **state)
{
	struct buf out;

	(void)state;
	for (size_t i = 0; i < report_case_count; i++) {
		for (size_t f = 0; report_format_name(f); f++) {
			write_report(&report_cases[i], report_format_name(f), false, &out);
			assert_int_equal(utf8_valid_prefix(out.data, out.len), out.len);
			assert_int_equal(strlen(out.data), out.len);
			for (size_t at = 0; at < out.len; at++) {
				unsigned char c = (unsigned char)out.data[at];
				assert_true(c >= 0x20 || c == '\n' || c == '\t');
				assert_int_not_equal(c, 0x7F);
			}
			buf_done(&out);
		}
	}
}

static void colour_adds_nothing_but_colour(void **state)
{
	struct buf plain, coloured, stripped;

	(void)state;
	for (size_t i = 0; i < report_case_count; i++) {
		write_report(&report_cases[i], "text", false, &plain);
		write_report(&report_cases[i], "text", true, &coloured);
		assert_non_null(strstr(coloured.data, "\033["));
		buf_init(&stripped, 0);
		for (const char *at = coloured.data; *at; at++) {
			if (*at == '\033')
				at = strchr(at, 'm');
			else
				buf_putc(&stripped, *at);
		}
		assert_string_equal(stripped.data, plain.data);
		buf_done(&stripped);
		buf_done(&plain);
		buf_done(&coloured);
	}
}

static void huge_texts_are_cut_in_junit(void **state)
{
	enum { SIZE = 4 << 20 };
	char *huge = malloc(SIZE + 1);
	struct test test = {.name = "t", .status = TEST_FAILED, .message = huge, .stack = huge};
	const struct results results = {"x", SOURCE_NATIVE, true, &test, 1, NULL, 0, false};
	const struct report_case c = {"huge", NULL, &results};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < SIZE; i += 2)
		memcpy(huge + i, "\xc3\xa9", 2);
	huge[SIZE] = '\0';
	write_report(&c, "junit", false, &out);
	assert_true(out.len < 256 * 1024);
	assert_int_equal(utf8_valid_prefix(out.data, out.len), out.len);
	assert_null(strstr(out.data, "\xef\xbf\xbd"));
	buf_done(&out);
	free(huge);
}

static void clean_terminal_disarms(void **state)
{
	static const char *const cases[][2] = {
		{"plain", "plain"},
		{"\033[2J\033]0;title\007gone", "gone"},
		{"a\033b", "a"},
		{"bell\007 del\177 c1\xc2\x9b", "bell\\x07 del\\x7f c1\\x9b"},
		{"\xe2\x80\xaetrojan", "\\u202etrojan"},
		{"two\nlines\n\n", "two\n> lines"},
		{"cr\rover", "cr\\x0dover"},
		{"bad\xff", "bad\xef\xbf\xbd"},
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_init(&out, 0);
		clean_terminal(&out, cases[i][0], strlen(cases[i][0]), "> ");
		assert_string_equal(out.data, cases[i][1]);
		buf_done(&out);
	}
}

/* ---- events ---- */

static void feed(struct events *events, struct buf *out, const char *text, size_t len)
{
	const struct event event = {
		.id = "i",
		.at = "t",
		.type = EVENT_OUTPUT,
		.stage = "test",
		.fd = 1,
		.text = text,
		.len = len,
	};

	events_write(events, &event, out);
}

static void events_are_lines_of_json(void **state)
{
	struct events events = {0};
	struct buf out;
	const struct event stage = {
		.id = "i",
		.at = "t",
		.type = EVENT_STAGE,
		.stage = "test",
		.ms = NAN,
		.detail = "1 file",
	};
	const struct event verdict = {
		.id = "i",
		.at = "t",
		.type = EVENT_VERDICT,
		.verdict = VERDICT_PASSED,
	};

	(void)state;
	buf_init(&out, 0);
	events_write(&events, &stage, &out);
	feed(&events, &out, "a\n\xff\xe2\x82", 5);
	feed(&events, &out, "\xac", 1);
	feed(&events, &out, "\xc3", 1);
	events_write(&events, &verdict, &out);
	compare("tests/data/report/events.ndjson", &out);

	size_t lines = 0;
	for (char *at = out.data, *end; (end = strchr(at, '\n')); at = end + 1) {
		struct error err = {0};
		struct json *line = json_parse(at, (size_t)(end - at), "line", &err);
		assert_non_null(line);
		assert_int_equal((size_t)json_number(json_get(line, "seq"), 0), ++lines);
		json_free(line);
	}
	assert_int_equal(lines, 5);
	buf_done(&out);
}

/* Whatever the pieces, the texts of all events together are the stream's text. */
static void events_keep_characters_whole(void **state)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";

	(void)state;
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		struct events events = {0};
		struct buf out;

		buf_init(&out, 0);
		feed(&events, &out, text, cut);
		feed(&events, &out, text + cut, sizeof(text) - 1 - cut);
		assert_null(strstr(out.data, "\xef\xbf\xbd"));
		assert_null(strstr(out.data, "\\ufffd"));
		buf_done(&out);
	}
}

/* ---- progress ---- */

static void progress_is_one_line_and_then_gone(void **state)
{
	struct progress progress;
	struct buf out;
	struct event event = {.type = EVENT_STAGE, .stage = "install", .status = EVENT_STARTED};

	(void)state;
	buf_init(&out, 0);
	progress_init(&progress, true, 30);
	progress_event(&progress, &event, 1000, &out);
	progress_tick(&progress, 1010, &out);
	assert_string_equal(out.data, ""); /* too short to be worth a flicker */
	event = (struct event){
		.type = EVENT_OUTPUT,
		.fd = 1,
		.len = 58,
		.text = "first\nfetching \033[31ma very long package name of some kind"
			"\n"};
	progress_event(&progress, &event, 1100, &out);
	progress_tick(&progress, 3200, &out);
	assert_string_equal(out.data, "\r\033[Kinstall  2.2 s  fetching a ve");
	buf_clear(&out);
	event = (struct event){.type = EVENT_STAGE, .stage = "install", .status = EVENT_DONE};
	progress_event(&progress, &event, 3300, &out);
	assert_string_equal(out.data, "\r\033[K");
	buf_clear(&out);
	progress_clear(&progress, &out);
	progress_tick(&progress, 9000, &out);
	assert_string_equal(out.data, "");
	buf_done(&out);
}

static void progress_on_a_dumb_terminal_is_plain_lines(void **state)
{
	struct progress progress;
	struct buf out;
	const struct event event = {.type = EVENT_STAGE, .stage = "test", .status = EVENT_STARTED};

	(void)state;
	buf_init(&out, 0);
	progress_init(&progress, false, 80);
	progress_event(&progress, &event, 0, &out);
	progress_tick(&progress, 5000, &out);
	progress_clear(&progress, &out);
	assert_string_equal(out.data, "test\n");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"text reports are golden", golden, NULL, NULL, (void *)"text"},
		{"json reports are golden", golden, NULL, NULL, (void *)"json"},
		{"tap reports are golden", golden, NULL, NULL, (void *)"tap"},
		{"junit reports are golden", golden, NULL, NULL, (void *)"junit"},
		cmocka_unit_test(no_report_is_green_that_should_not_be),
		cmocka_unit_test(reports_are_harmless_text),
		cmocka_unit_test(colour_adds_nothing_but_colour),
		cmocka_unit_test(huge_texts_are_cut_in_junit),
		cmocka_unit_test(clean_terminal_disarms),
		cmocka_unit_test(events_are_lines_of_json),
		cmocka_unit_test(events_keep_characters_whole),
		cmocka_unit_test(progress_is_one_line_and_then_gone),
		cmocka_unit_test(progress_on_a_dumb_terminal_is_plain_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
