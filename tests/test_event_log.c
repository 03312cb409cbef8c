/* The log of an execution's events: numbers without gaps, bounds, and what is said of what fell out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/json.h"
#include "engine/service/event_log.h"

struct world {
	uv_loop_t loop;
	struct event_logs logs;
};

static int up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	const struct event_bounds bounds = {.one = 4096, .all = 32 << 10, .keep_ms = 60000};

	assert_int_equal(uv_loop_init(&world->loop), 0);
	event_logs_init(&world->logs, &world->loop, &bounds);
	*state = world;
	return 0;
}

static int down(void **state)
{
	struct world *world = *state;

	event_logs_done(&world->logs);
	assert_int_equal(world->logs.bytes, 0);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	free(world);
	return 0;
}

static void add_output(struct event_log *log, const char *text)
{
	const struct event event = {.id = "x",
				    .at = "then",
				    .type = EVENT_OUTPUT,
				    .stage = "test",
				    .fd = 1,
				    .text = text,
				    .len = strlen(text)};

	event_log_add(log, &event);
}

static void add_stage(struct event_log *log, enum event_status status)
{
	const struct event event = {
		.id = "x", .at = "then", .type = EVENT_STAGE, .stage = "test", .status = status};

	event_log_add(log, &event);
}

/* The number of that member in the event; -1: there is none. */
static double number(const struct event_line *line, const char *key)
{
	struct error err = {0};
	struct json *json = json_parse(line->json, line->len, "event", &err);

	assert_non_null(json);
	double value = json_number(json_get(json, key), -1);
	json_free(json);
	return value;
}

static void each_event_has_its_number(void **state)
{
	struct world *world = *state;
	struct event_log *log = event_log_new(&world->logs, "x");
	struct event_line line;
	static const char *const types[] = {"stage", "output", "output", "output", "stage"};

	assert_false(event_log_next(log, 0, &line));
	add_stage(log, EVENT_STARTED);
	add_output(log, "one");
	add_output(log, "two\xc3"); /* half a character, that the stage's end sets free */
	add_stage(log, EVENT_DONE);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_true(event_log_next(log, i, &line));
		assert_int_equal(line.seq, i + 1);
		assert_string_equal(line.type, types[i]);
		assert_true(number(&line, "seq") == (double)i + 1);
	}
	assert_false(event_log_next(log, 5, &line));
	assert_false(event_log_next(log, UINT64_MAX, &line));
	event_log_release(log);
}

static void what_fell_out_is_counted(void **state)
{
	struct world *world = *state;
	struct event_log *log = event_log_new(&world->logs, "x");
	struct event_line line;
	uint64_t at = 0, missing = 0, outputs = 0;

	add_stage(log, EVENT_STARTED);
	for (int i = 0; i < 1000; i++)
		add_output(log, "some line of output\n");
	add_stage(log, EVENT_DONE);
	while (event_log_next(log, at, &line)) {
		if (strcmp(line.type, "missing") == 0)
			missing += (uint64_t)number(&line, "events");
		else
			assert_int_equal(line.seq, at + 1);
		outputs += strcmp(line.type, "output") == 0;
		at = line.seq;
	}
	assert_int_equal(at, 1002);
	assert_int_equal(missing + outputs, 1000);
	assert_in_range(outputs, 10, 100);
	assert_true(world->logs.bytes < 6000);
	event_log_release(log);
}

/* One event that is larger than all there is room for is missing as well, and nothing else. */
static void an_event_may_be_too_large(void **state)
{
	struct world *world = *state;
	struct event_log *log = event_log_new(&world->logs, "x");
	struct event_line line;
	char *text = calloc(1, 5000);

	memset(text, 'x', 4999);
	add_output(log, text);
	assert_true(event_log_next(log, 0, &line));
	assert_string_equal(line.type, "missing");
	assert_int_equal(line.seq, 1);
	assert_false(event_log_next(log, 1, &line));
	add_output(log, "small");
	assert_true(event_log_next(log, 1, &line));
	assert_string_equal(line.type, "output");
	free(text);
	event_log_release(log);
}

static void the_oldest_that_ended_makes_room(void **state)
{
	struct world *world = *state;
	struct event_log *reader = NULL;
	struct event_line line;
	char id[8];

	for (int i = 0; i < 20; i++) {
		snprintf(id, sizeof(id), "e%d", i);
		struct event_log *log = event_log_new(&world->logs, id);
		for (int j = 0; j < 100; j++)
			add_output(log, "some line of output\n");
		add_stage(log, EVENT_DONE);
		if (i == 0)
			reader = event_log_hold(log);
		event_logs_keep(&world->logs, log);
		assert_true(world->logs.bytes <= 32 << 10);
	}
	assert_null(event_logs_find(&world->logs, "e0"));
	assert_non_null(event_logs_find(&world->logs, "e19"));
	/* who still reads the first is not left with silence */
	assert_true(event_log_next(reader, 0, &line));
	assert_string_equal(line.type, "missing");
	assert_true(number(&line, "events") == 100);
	assert_true(event_log_next(reader, 100, &line));
	assert_string_equal(line.type, "stage");
	event_log_release(reader);
}

static void what_is_over_goes_when_its_time_has_come(void **state)
{
	struct world *world = *state;

	world->logs.bounds.keep_ms = 1;
	event_logs_keep(&world->logs, event_log_new(&world->logs, "a"));
	event_logs_keep(&world->logs, event_log_new(&world->logs, "b"));
	assert_non_null(event_logs_find(&world->logs, "a"));
	while (event_logs_find(&world->logs, "a") || event_logs_find(&world->logs, "b"))
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(world->logs.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_event_has_its_number, up, down),
		cmocka_unit_test_setup_teardown(what_fell_out_is_counted, up, down),
		cmocka_unit_test_setup_teardown(an_event_may_be_too_large, up, down),
		cmocka_unit_test_setup_teardown(the_oldest_that_ended_makes_room, up, down),
		cmocka_unit_test_setup_teardown(what_is_over_goes_when_its_time_has_come, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
