/* Sandboxes that last: made, written to, busy, and gone when their time is up. */
#include <string.h>
#include <unistd.h>

#include "tests/service_sandbox.h"

static void files_are_written_and_removed(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");

	write_file(world, sandbox, "a/b.txt", "one");
	assert_string_equal(service_world_file(world, sandbox, "a/b.txt"), "one");
	write_file(world, sandbox, "a/b.txt", "two");
	assert_string_equal(service_world_file(world, sandbox, "a/b.txt"), "two");
	write_file(world, sandbox, "a/b.txt", NULL);
	assert_string_equal(service_world_file(world, sandbox, "a/b.txt"), "");
	assert_int_equal(service_sandbox(world->service, "t", sandbox, NULL)->executions, 0);
}

/* A chain may not grow for ever: the reader of the 40th revision sees what all of them wrote. */
static void many_writes_are_one_workspace(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");

	for (int i = 0; i < SANDBOX_CHAIN_MAX + 8; i++) {
		const char *name = arena_printf(&world->arena, "f%d", i);
		write_file(world, sandbox, name, name);
	}
	for (int i = 0; i < SANDBOX_CHAIN_MAX + 8; i++) {
		const char *name = arena_printf(&world->arena, "f%d", i);
		assert_string_equal(service_world_file(world, sandbox, name), name);
	}
}

static void a_write_that_cannot_be_leaves_nothing(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	const struct file files[] = {{.path = "good", .data = "x", .len = 1},
				     {.path = "good/bad", .data = "x", .len = 1}};
	struct end end = {.world = world};

	assert_int_equal(
		service_write(world->service, "t", sandbox, files, 2, end_done, &end, &end.err), 0);
	service_world_until(world, &end.done);
	assert_true(error_is_set(&end.err));
	assert_string_equal(service_world_file(world, sandbox, "good"), "");
	assert_int_equal(service_world_entries(world, "revisions"), 0);
	assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
	assert_false(service_sandbox_busy(world->service, sandbox));
}

static void what_runs_keeps_others_out(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox,
						    "```bash\nsleep 3; echo x > made\n```");
	struct end end = {.world = world};

	struct ear *ear = service_world_submit(world, &submission);
	assert_true(service_sandbox_busy(world->service, sandbox));
	snapshot(world, sandbox, "before");
	assert_int_equal(service_rollback(world->service, "t", sandbox, "before", end_rollback,
					  &end, &end.err),
			 -1);
	assert_int_equal(end.err.code, ERROR_BUSY);
	write_file(world, sandbox, "made", "later"); /* takes its turn */
	assert_true(ear->done);
	assert_string_equal(service_world_file(world, sandbox, "made"), "later");
	roll_back(world, sandbox, "before");
	assert_string_equal(service_world_file(world, sandbox, "made"), "");
}

static void removal_ends_what_runs(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, "```bash\nsleep 60\n```");
	struct ear *running = service_world_submit(world, &submission);
	struct ear *waiting = service_world_submit(world, &submission);

	service_world_until(world, &waiting->accepted);
	while (running->outputs + running->events < 8)
		uv_run(&world->loop, UV_RUN_ONCE);
	remove_sandbox(world, sandbox);
	service_world_refused(world, &submission, ERROR_NOT_FOUND);
	assert_true(running->done && waiting->done);
	assert_string_equal(running->verdict, "cancelled");
	assert_string_equal(waiting->verdict, "cancelled");
	assert_true(ear_says(waiting, "its sandbox was removed"));
	struct ear *later = service_world_listen(world, "t", running->id);
	service_world_hear(later);
	assert_string_equal(later->report, running->report);
}

static unsigned sandbox_count(struct service_world *world)
{
	struct service_state look;

	service_look(world->service, &look);
	return look.sandboxes;
}

static bool none_left(void *ctx)
{
	return sandbox_count(ctx) == 0;
}

static void time_is_up(void **state)
{
	struct service_world *world = *state;
	const struct sandbox_request request = {.tenant = "t", .ttl_ms = 2000};
	struct end end = {.world = world};

	assert_int_equal(
		service_sandbox_create(world->service, &request, end_sandbox, &end, &end.err), 0);
	end_expect(&end, ERROR_NONE);
	struct submission submission = a_submission(end.id, "```bash\nsleep 3; echo x > y\n```");
	service_world_run(world, &submission, "passed"); /* longer than its time, and it is there */
	assert_non_null(service_sandbox(world->service, "t", end.id, NULL));
	until(world, none_left, world);
	assert_null(service_sandbox(world->service, "t", end.id, NULL));
	until(world, no_revisions, world);
}

static void time_is_up_over_a_restart(void **state)
{
	struct service_world *world = *state;
	const struct sandbox_request request = {.tenant = "t", .ttl_ms = 100};
	struct end end = {.world = world};

	assert_int_equal(
		service_sandbox_create(world->service, &request, end_sandbox, &end, &end.err), 0);
	end_expect(&end, ERROR_NONE);
	service_world_close(world);
	usleep(150000);
	service_world_open(world);
	until(world, none_left, world);
}

static void a_tenant_has_so_many(void **state)
{
	struct service_world *world = *state;
	const struct sandbox_request request = {.tenant = "t"};
	struct end end = {.world = world};

	service_world_close(world);
	world->settings.quota.sandboxes = 2;
	service_world_open(world);
	const char *first = service_world_sandbox(world, "t");
	service_world_sandbox(world, "u");
	service_world_sandbox(world, "t");
	assert_int_equal(
		service_sandbox_create(world->service, &request, end_sandbox, &end, &end.err), -1);
	assert_int_equal(end.err.code, ERROR_DENIED);
	assert_int_equal(
		service_sandbox_fork(world->service, "t", first, NULL, end_sandbox, &end, &end.err),
		-1);
	assert_int_equal(end.err.code, ERROR_DENIED);
	remove_sandbox(world, first);
	service_world_sandbox(world, "t");
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(files_are_written_and_removed),
		REAL(many_writes_are_one_workspace),
		REAL(a_write_that_cannot_be_leaves_nothing),
		REAL(what_runs_keeps_others_out),
		REAL(removal_ends_what_runs),
		REAL(time_is_up),
		REAL(time_is_up_over_a_restart),
		REAL(a_tenant_has_so_many),
	};
	return cmocka_run_group_tests_name("service sandboxes", tests, NULL, NULL);
}
