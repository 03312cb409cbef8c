/* Metrics: what is counted, that Prometheus can read it, and that the dashboard asks for what there is. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/resource.h"
#include "engine/service/metrics.h"
#include "tests/metrics_check.h"
#include "tests/scripted_sandbox.h"
#include "tests/service_world.h"

static void samples_are_written(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 0);
	metrics_family(&out, "a_total", "counter", "Help with \\ and\na line.");
	metrics_sample(&out, "a_total", "path", "a\"b\\c\nd\xff", 3);
	metrics_sample(&out, "a_total", "path", "", 1e300);
	metrics_gauge(&out, "b", "B.", 0.25);
	metrics_gauge(&out, "c", "C.", NAN);
	metrics_gauge(&out, "d", "D.", -INFINITY);
	assert_string_equal(out.data, "# HELP a_total Help with \\\\ and\\na line.\n"
				      "# TYPE a_total counter\n"
				      "a_total{path=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\"} 3\n"
				      "a_total{path=\"\"} 1e+300\n"
				      "# HELP b B.\n# TYPE b gauge\nb 0.25\n"
				      "# HELP c C.\n# TYPE c gauge\nc NaN\n"
				      "# HELP d D.\n# TYPE d gauge\nd -Inf\n");
	metrics_check(out.data);
	buf_done(&out);
}

static void histograms_add_up(void **state)
{
	(void)state;
	struct histogram histogram = {0};
	struct buf out;
	static const double times[] = {0, 1, 1.001, 99, 100, 5e6, NAN, -1};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		histogram_add(&histogram, times[i]);
	buf_init(&out, 0);
	metrics_family(&out, "h_seconds", "histogram", "H.");
	metrics_histogram(&out, "h_seconds", "stage", "x", &histogram);
	metrics_check(out.data);
	assert_int_equal(metrics_value(out.data, "h_seconds_bucket{stage=\"x\",le=\"0.001\"}"), 2);
	assert_int_equal(metrics_value(out.data, "h_seconds_bucket{stage=\"x\",le=\"0.0025\"}"), 3);
	assert_int_equal(metrics_value(out.data, "h_seconds_bucket{stage=\"x\",le=\"0.1\"}"), 5);
	assert_int_equal(metrics_value(out.data, "h_seconds_bucket{stage=\"x\",le=\"3600\"}"), 5);
	assert_int_equal(metrics_value(out.data, "h_seconds_count{stage=\"x\"}"), 6);
	assert_true(fabs(metrics_value(out.data, "h_seconds_sum{stage=\"x\"}") - 5000.201001) <
		    1e-6);
	buf_done(&out);
}

/* What Prometheus' own tool thinks of it, where that is there. */
static void ask_promtool(const char *text)
{
	const char *tool = access("build/promtool", X_OK) == 0 ? "build/promtool" : "promtool";
	char command[128], path[] = "/tmp/assay-metrics-XXXXXX";
	struct error err = {0};
	if (*tool == 'p' && system("command -v promtool >/dev/null") != 0) {
		print_message("# promtool is not there: see make setup-test\n");
		return;
	}
	int fd = mkstemp(path);
	assert_int_equal(file_write_fd(fd, text, strlen(text), &err), 0);
	close(fd);
	snprintf(command, sizeof(command), "%s check metrics <%s", tool, path);
	int status = system(command);
	unlink(path);
	assert_int_equal(status, 0);
}

static void on_stopped(void *ctx)
{
	*(bool *)ctx = true;
}

/* The first is a moment after the start. */
static void look_at_layers(struct service_world *world)
{
	struct service_state look = {0};
	while (!look.layers) {
		uv_run(&world->loop, UV_RUN_ONCE);
		service_look(world->service, &look);
	}
}

/* All metrics of a service that has seen something, and of a server that has seen nothing. */
static struct buf metrics_of(struct service_world *world)
{
	static const char *const listeners[] = {"127.0.0.1:0", NULL};
	struct http_handlers handlers = {0};
	struct http *http;
	struct error err = {0};
	bool stopped = false;

	struct metrics *metrics = metrics_new(world->service);
	struct submission good = a_submission(NULL, shell_text);
	struct submission bad = a_submission(NULL, "no code here");
	struct buf out;
	service_world_run(world, &good, "passed");
	service_world_run(world, &good, "passed");
	service_world_run(world, &bad, "no_code");
	metrics_answered(metrics, 200);
	metrics_answered(metrics, 429);
	metrics_answered(metrics, 429);
	metrics_answered(metrics, 99);
	metrics_answered(metrics, 600);
	look_at_layers(world);
	buf_init(&out, 0);
	if (http_start(&http, &world->loop, listeners, &(struct http_settings){0}, &handlers,
		       &err) != 0)
		fail_msg("%s", err.text);
	metrics_write(metrics, http, &out);
	http_stop(http, on_stopped, &stopped);
	service_world_until(world, &stopped);
	metrics_free(metrics);
	return out;
}

static void executions_are_counted(void **state)
{
	struct buf out = metrics_of(*state);
	const char *text = out.data;
	metrics_check(text);
	ask_promtool(text);
	assert_int_equal(metrics_value(text, "assay_executions_total{verdict=\"passed\"}"), 2);
	assert_int_equal(metrics_value(text, "assay_executions_total{verdict=\"no_code\"}"), 1);
	assert_int_equal(metrics_value(text, "assay_executions_total{verdict=\"error\"}"), 0);
	assert_int_equal(metrics_value(text, "assay_stage_seconds_count{stage=\"extract\"}"), 3);
	assert_int_equal(metrics_value(text, "assay_stage_seconds_count{stage=\"test\"}"), 2);
	assert_int_equal(metrics_value(text, "assay_execution_seconds_count"), 3);
	assert_int_equal(metrics_value(text, "assay_queue_wait_seconds_count"), 3);
	assert_int_equal(metrics_value(text, "assay_queue_running"), 0);
	assert_int_equal(metrics_value(text, "assay_http_answers_total{code=\"429\"}"), 2);
	assert_int_equal(metrics_value(text, "assay_history_executions"), 3);
	assert_true(metrics_value(text, "process_resident_memory_bytes") > 1 << 20);
	assert_true(metrics_value(text, "process_open_fds") >= 3);
	double start = metrics_value(text, "process_start_time_seconds");
	assert_true(start > 1.5e9 && start <= (double)time(NULL) + 60);
	buf_done(&out);
}

static void sandboxes_and_tests_are_counted(void **state)
{
	struct service_world *world = *state;
	struct metrics *metrics = metrics_new(world->service);
	const char *id = service_world_sandbox(world, "t");
	struct submission good = a_submission(id, passing_text);
	struct submission bad = a_submission(id, failing_text);
	struct buf out;
	service_world_run(world, &good, "passed");
	service_world_run(world, &bad, "tests_failed");
	buf_init(&out, 0);
	metrics_write(metrics, NULL, &out);
	metrics_check(out.data);
	assert_int_equal(metrics_value(out.data, "assay_sandboxes"), 1);
	assert_true(metrics_value(out.data, "assay_revision_bytes") > 0);
	assert_int_equal(metrics_value(out.data, "assay_tests_total{status=\"passed\"}"), 3);
	assert_int_equal(metrics_value(out.data, "assay_tests_total{status=\"failed\"}"), 1);
	assert_true(metrics_value(out.data, "assay_execution_cpu_seconds_total") > 0);
	buf_done(&out);
	metrics_free(metrics);
}

static void kept_layers_are_told_once_they_are_known(void **state)
{
	struct service_world *world = *state;
	struct metrics *metrics = metrics_new(world->service);
	struct buf out;
	buf_init(&out, 0);
	metrics_write(metrics, NULL, &out);
	assert_null(strstr(out.data, "assay_dependency_layers_kept"));
	look_at_layers(world);
	buf_clear(&out);
	metrics_write(metrics, NULL, &out);
	assert_int_equal(metrics_value(out.data, "assay_dependency_layers_kept"), 3);
	assert_int_equal(metrics_value(out.data, "assay_dependency_layers_kept_bytes"), 5000);
	buf_done(&out);
	metrics_free(metrics);
}

static void refusals_are_counted(void **state)
{
	struct service_world *world = *state;
	struct metrics *metrics = metrics_new(world->service);
	struct submission slow = a_submission(NULL, shell_text);
	struct ear *ears[12];
	struct buf out;
	script.acts[OP_EXEC] = STUCK;
	for (size_t i = 0; i < 12; i++) /* 4 run, 8 wait */
		ears[i] = service_world_submit(world, &slow);
	service_world_refused(world, &slow, ERROR_BUSY);
	service_world_refused(world, &slow, ERROR_BUSY);
	buf_init(&out, 0);
	metrics_write(metrics, NULL, &out);
	assert_int_equal(metrics_value(out.data, "assay_queue_running"), 4);
	assert_int_equal(metrics_value(out.data, "assay_queue_waiting"), 8);
	assert_int_equal(metrics_value(out.data, "assay_queue_refused_total"), 2);
	script.acts[OP_EXEC] = WORKS;
	for (size_t i = 0; i < 12; i++)
		while (!ears[i]->done) {
			script_release();
			uv_run(&world->loop, UV_RUN_NOWAIT);
		}
	buf_done(&out);
	metrics_free(metrics);
}

/* ---- the dashboard ---- */

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Every word of an expression that begins like a metric of ours is one. */
static size_t check_expression(const char *text, const char *expression)
{
	size_t found = 0, len;
	for (const char *c = expression; *c; c += len) {
		len = 0;
		while (is_name(c[len]))
			len++;
		if (strncmp(c, "assay_", 6) == 0 || strncmp(c, "process_", 8) == 0) {
			if (!metrics_has(text, c, len))
				fail_msg("the dashboard asks for %.*s", (int)len, c);
			found++;
		}
		len += len == 0;
	}
	return found;
}

static size_t check_all(const char *text, const struct json *value)
{
	size_t found = 0;
	if (json_is_string(value) && json_key(value) &&
	    (strcmp(json_key(value), "expr") == 0 || strcmp(json_key(value), "query") == 0))
		found += check_expression(text, json_string(value, ""));
	JSON_EACH (it, value)
		found += check_all(text, it);
	return found;
}

static void the_dashboard_asks_for_what_there_is(void **state)
{
	struct service_world *world = *state;
	struct buf out = metrics_of(world);
	struct resource file;
	struct error err = {0};
	assert_int_equal(resource_find(&world->arena, "templates/grafana/assay.json", &file, &err),
			 0);
	struct json *dashboard = json_parse(file.data, file.len, file.name, &err);
	if (!dashboard)
		fail_msg("%s", err.text);
	assert_true(check_all(out.data, dashboard) > 30);
	json_free(dashboard);
	buf_done(&out);
}

#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
#define SCRIPTED(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, service_world_up_scripted, service_world_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_are_written),
		cmocka_unit_test(histograms_add_up),
		SCRIPTED(executions_are_counted),
		REAL(sandboxes_and_tests_are_counted),
		SCRIPTED(kept_layers_are_told_once_they_are_known),
		SCRIPTED(refusals_are_counted),
		SCRIPTED(the_dashboard_asks_for_what_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
