/* The canary: what it says of a service that works, fails, hangs; and that one flight serves many. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/service/canary.h"
#include "tests/scripted_sandbox.h"
#include "tests/service_world.h"

struct told {
	unsigned times;
	bool healthy;
	char why[256];
	struct canary_state state;
};

static void on_told(void *ctx, const struct canary_state *state)
{
	struct told *told = ctx;
	told->times++;
	told->healthy = state->healthy;
	told->state = *state;
	assert_true(!state->why == state->healthy);
	snprintf(told->why, sizeof(told->why), "%s", state->why ? state->why : "");
}

static struct canary *hatch(struct service_world *world, struct canary_settings settings)
{
	settings.service = &world->settings;
	settings.store = service_store(world->service);
	return canary_new(&world->loop, &settings);
}

static void ask(struct service_world *world, struct canary *canary, struct told *told)
{
	memset(told, 0, sizeof(*told));
	canary_ask(canary, on_told, told);
	assert_int_equal(told->times, 0);
	while (told->times == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
}

static void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static void close_canary(struct service_world *world, struct canary *canary)
{
	bool closed = false;
	canary_close(canary, on_closed, &closed);
	assert_false(closed);
	service_world_until(world, &closed);
}

static void a_service_that_works_is_healthy(void **state)
{
	struct service_world *world = *state;
	struct canary *canary = hatch(world, (struct canary_settings){0});
	struct told told;
	ask(world, canary, &told);
	assert_string_equal(told.why, "");
	assert_true(told.state.sandbox.ok && told.state.store.ok && told.state.disk.ok);
	assert_true(told.state.disk_free > 0);
	assert_true(told.state.ms >= told.state.sandbox.ms && told.state.sandbox.ms > 0);
	close_canary(world, canary);
}

static void many_askers_share_one_flight(void **state)
{
	struct service_world *world = *state;
	struct canary *canary = hatch(world, (struct canary_settings){.fresh_ms = 60 * 60 * 1000});
	struct told told[50] = {{0}}, later;
	for (size_t i = 0; i < 50; i++)
		canary_ask(canary, on_told, &told[i]);
	canary_forget(canary, &told[49]);
	while (told[0].times == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	for (size_t i = 0; i < 49; i++)
		assert_int_equal(told[i].times, 1);
	assert_int_equal(told[49].times, 0);
	ask(world, canary, &later);
	assert_true(later.healthy);
	assert_int_equal(script.calls[OP_EXEC], 1);
	assert_true(later.state.age_ms >= 0);
	close_canary(world, canary);
}

static void what_was_found_grows_stale(void **state)
{
	struct service_world *world = *state;
	struct canary *canary = hatch(world, (struct canary_settings){.fresh_ms = 1});
	struct told told;
	ask(world, canary, &told);
	usleep(5000);
	ask(world, canary, &told);
	assert_int_equal(script.calls[OP_EXEC], 2);
	assert_true(told.healthy);
	script.acts[OP_EXEC] = FAILS;
	usleep(5000);
	ask(world, canary, &told);
	assert_false(told.healthy);
	assert_non_null(strstr(told.why, "`true` in a sandbox: "));
	close_canary(world, canary);
}

static void a_sandbox_that_does_not_open_is_told(void **state)
{
	struct service_world *world = *state;
	struct canary *canary = hatch(world, (struct canary_settings){.fresh_ms = 1});
	struct told told;
	script.acts[OP_OPEN] = REFUSES;
	ask(world, canary, &told);
	assert_false(told.healthy || told.state.sandbox.ok);
	assert_true(told.state.store.ok && told.state.disk.ok);
	script.acts[OP_OPEN] = FAILS;
	usleep(5000);
	ask(world, canary, &told);
	assert_false(told.healthy);
	close_canary(world, canary);
}

static void one_that_hangs_is_unhealthy_within_its_time(void **state)
{
	struct service_world *world = *state;
	struct canary *canary = hatch(world,
				      (struct canary_settings){.fresh_ms = 1, .within_ms = 2000});
	struct told told;
	script.acts[OP_EXEC] = STUCK;
	ask(world, canary, &told);
	assert_false(told.healthy);
	assert_non_null(strstr(told.why, "within 2000 ms"));
	usleep(5000);
	ask(world, canary, &told); /* at once, and no second one is sent after it */
	assert_false(told.healthy);
	assert_int_equal(script.calls[OP_EXEC], 1);
	script.acts[OP_EXEC] = WORKS;
	while (!script_release())
		uv_run(&world->loop, UV_RUN_NOWAIT);
	do
		ask(world, canary, &told);
	while (!told.healthy);
	assert_int_equal(script.calls[OP_EXEC], 2);
	close_canary(world, canary);
}

static void a_full_disk_is_told(void **state)
{
	struct service_world *world = *state;
	struct canary *canary = hatch(world, (struct canary_settings){.disk_min = UINT64_MAX});
	struct told told;
	ask(world, canary, &told);
	assert_false(told.healthy || told.state.disk.ok);
	assert_non_null(strstr(told.why, "bytes left"));
	assert_true(told.state.sandbox.ok);
	close_canary(world, canary);
}

static void a_store_that_cannot_write_is_told(void **state)
{
	struct service_world *world = *state;
	struct canary *canary = hatch(world, (struct canary_settings){.fresh_ms = 1});
	struct told told;
	struct rlimit whole, none;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &whole), 0);
	none = (struct rlimit){.rlim_cur = 1, .rlim_max = whole.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	ask(world, canary, &told);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &whole), 0);
	assert_false(told.healthy || told.state.store.ok);
	assert_memory_equal(told.why, "the store: ", 11);
	assert_true(told.state.sandbox.ok);
	usleep(5000);
	ask(world, canary, &told);
	assert_true(told.healthy);
	close_canary(world, canary);
}

static void closing_in_flight_waits_for_what_is_out(void **state)
{
	struct service_world *world = *state;
	struct told told = {0};
	struct canary *canary = hatch(world, (struct canary_settings){0});
	canary_ask(canary, on_told, &told);
	close_canary(world, canary); /* before it flew */
	canary = hatch(world, (struct canary_settings){0});
	script.acts[OP_EXEC] = HANGS;
	canary_ask(canary, on_told, &told);
	while (script.calls[OP_EXEC] == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	close_canary(world, canary);
	assert_int_equal(told.times, 0);
	assert_int_equal(script.open, 0);
}

#define SCRIPTED(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, service_world_up_scripted, service_world_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_service_that_works_is_healthy, service_world_up,
						service_world_down),
		SCRIPTED(many_askers_share_one_flight),
		SCRIPTED(what_was_found_grows_stale),
		SCRIPTED(a_sandbox_that_does_not_open_is_told),
		SCRIPTED(one_that_hangs_is_unhealthy_within_its_time),
		SCRIPTED(a_full_disk_is_told),
		SCRIPTED(a_store_that_cannot_write_is_told),
		SCRIPTED(closing_in_flight_waits_for_what_is_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
