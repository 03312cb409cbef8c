/* Sandboxes that last: made, written to, snapshot, rolled back, forked, and gone when their time is up. */
#include <string.h>
#include <unistd.h>

#include "tests/service_world.h"

#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)

/* ---- what the tests do with one ---- */

static void write_file(struct service_world *world, const char *sandbox, const char *path,
		       const char *text)
{
	const struct file file = {
		.path = path, .data = text, .len = text ? strlen(text) : 0, .removed = !text};
	struct end end = {.world = world};

	if (service_write(world->service, "t", sandbox, &file, 1, end_done, &end, &end.err) != 0)
		fail_msg("write: %s", end.err.text);
	assert_false(end.done);
	end_expect(&end, ERROR_NONE);
}

static const char *snapshot(struct service_world *world, const char *sandbox, const char *name)
{
	struct end end = {.world = world};

	if (service_snapshot(world->service, "t", sandbox, name, NULL, end_snapshot, &end,
			     &end.err) != 0)
		fail_msg("snapshot: %s", end.err.text);
	end_expect(&end, ERROR_NONE);
	return end.id;
}

static struct changes roll_back(struct service_world *world, const char *sandbox, const char *word)
{
	struct end end = {.world = world};

	if (service_rollback(world->service, "t", sandbox, word, end_rollback, &end, &end.err) != 0)
		fail_msg("rollback: %s", end.err.text);
	assert_false(end.done);
	end_expect(&end, ERROR_NONE);
	return end.changes;
}

static const char *fork_of(struct service_world *world, const char *sandbox, const char *word)
{
	struct end end = {.world = world};

	if (service_sandbox_fork(world->service, "t", sandbox, word, end_sandbox, &end, &end.err) !=
	    0)
		fail_msg("fork: %s", end.err.text);
	end_expect(&end, ERROR_NONE);
	return end.id;
}

static void remove_sandbox(struct service_world *world, const char *sandbox)
{
	struct end end = {.world = world};

	if (service_sandbox_remove(world->service, "t", sandbox, end_done, &end, &end.err) != 0)
		fail_msg("remove: %s", end.err.text);
	end_expect(&end, ERROR_NONE);
}

static bool gone(void *ctx)
{
	struct service_world *world = ctx;

	return service_world_revisions(world) == 0;
}

/* Runs the loop until it holds; the harness ends a test that never does. */
static void until(struct service_world *world, bool (*holds)(void *ctx), void *ctx)
{
	while (!holds(ctx))
		uv_run(&world->loop, UV_RUN_ONCE);
}

/* ---- tests ---- */

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
	assert_int_equal(service_world_revisions(world), 0);
	assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
	assert_false(service_sandbox_busy(world->service, sandbox));
}

static void rollback_says_what_it_reverts(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");

	snapshot(world, sandbox, "empty");
	write_file(world, sandbox, "a", "1");
	const char *id = snapshot(world, sandbox, NULL);
	write_file(world, sandbox, "a", "2");
	write_file(world, sandbox, "b", "2");

	struct changes changes = roll_back(world, sandbox, id);
	assert_true(changes.verified);
	assert_int_equal(changes.count, 2);
	assert_string_equal(changes.items[0].path, "a");
	assert_int_equal(changes.items[0].what, 'M');
	assert_string_equal(changes.items[1].path, "b");
	assert_int_equal(changes.items[1].what, 'D');
	assert_string_equal(service_world_file(world, sandbox, "a"), "1");
	assert_string_equal(service_world_file(world, sandbox, "b"), "");

	changes = roll_back(world, sandbox, "empty");
	assert_true(changes.verified);
	assert_int_equal(changes.count, 1);
	assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
	changes = roll_back(world, sandbox, "empty");
	assert_true(changes.verified);
	assert_int_equal(changes.count, 0);
	roll_back(world, sandbox, id); /* and forward again */
	assert_string_equal(service_world_file(world, sandbox, "a"), "1");
}

static void back_to_the_last_success(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, passing_text);
	struct end end = {.world = world};

	assert_int_equal(service_rollback(world->service, "t", sandbox, SERVICE_LAST_SUCCESS,
					  end_rollback, &end, &end.err),
			 -1);
	assert_int_equal(end.err.code, ERROR_NOT_FOUND);
	service_world_run(world, &submission, "passed");
	submission = a_submission(sandbox, failing_text);
	submission.on_failure = ON_FAILURE_KEEP;
	service_world_run(world, &submission, "tests_failed");
	assert_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	const char *fork = fork_of(world, sandbox, SERVICE_LAST_SUCCESS);
	assert_true(service_sandbox(world->service, "t", fork, NULL)->succeeded);
	roll_back(world, sandbox, SERVICE_LAST_SUCCESS);
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	assert_non_null(strstr(service_world_file(world, fork, "calc.py"), "-1 if n < 0"));
}

static void forks_go_their_own_ways(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");

	write_file(world, sandbox, "a", "1");
	snapshot(world, sandbox, "one");
	write_file(world, sandbox, "a", "2");
	const char *now = fork_of(world, sandbox, NULL), *then = fork_of(world, sandbox, "one");
	assert_string_equal(service_world_file(world, now, "a"), "2");
	assert_string_equal(service_world_file(world, then, "a"), "1");
	write_file(world, then, "a", "3");
	remove_sandbox(world, sandbox);
	assert_null(service_sandbox(world->service, "t", sandbox, NULL));
	assert_string_equal(service_world_file(world, now, "a"), "2");
	assert_string_equal(service_world_file(world, then, "a"), "3");
	service_world_close(world);
	service_world_open(world);
	assert_string_equal(service_world_file(world, now, "a"), "2");
	assert_string_equal(service_world_file(world, then, "a"), "3");
	remove_sandbox(world, now);
	remove_sandbox(world, then);
	until(world, gone, world);
}

static void names_of_snapshots_are_checked(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	static const char *const bad[] = {"", "a\nb", SERVICE_LAST_SUCCESS};
	struct end end = {.world = world};

	snapshot(world, sandbox, "one");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(service_snapshot(world->service, "t", sandbox, bad[i], NULL,
						  end_snapshot, &end, &end.err),
				 -1);
		assert_int_equal(end.err.code, ERROR_USAGE);
	}
	assert_int_equal(service_snapshot(world->service, "t", sandbox, "one", NULL, end_snapshot,
					  &end, &end.err),
			 -1);
	assert_int_equal(end.err.code, ERROR_CONFLICT);

	/* Two at once: the store knows which was first. */
	struct end first = {.world = world}, second = {.world = world};
	assert_int_equal(service_snapshot(world->service, "t", sandbox, "two", NULL, end_snapshot,
					  &first, NULL),
			 0);
	assert_int_equal(service_snapshot(world->service, "t", sandbox, "two", NULL, end_snapshot,
					  &second, NULL),
			 0);
	end_expect(&first, ERROR_NONE);
	end_expect(&second, ERROR_CONFLICT);
	assert_int_equal(service_rollback(world->service, "t", sandbox, "three", end_rollback, &end,
					  &end.err),
			 -1);
	assert_int_equal(end.err.code, ERROR_NOT_FOUND);
}

static void what_runs_keeps_others_out(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox,
						    "```bash\nsleep 1; echo x > made\n```");
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
	const struct sandbox_request request = {.tenant = "t", .ttl_ms = 300};
	struct end end = {.world = world};

	assert_int_equal(
		service_sandbox_create(world->service, &request, end_sandbox, &end, &end.err), 0);
	end_expect(&end, ERROR_NONE);
	struct submission submission = a_submission(end.id, "```bash\nsleep 1; echo x > y\n```");
	service_world_run(world, &submission, "passed"); /* longer than its time, and it is there */
	assert_non_null(service_sandbox(world->service, "t", end.id, NULL));
	until(world, none_left, world);
	assert_null(service_sandbox(world->service, "t", end.id, NULL));
	until(world, gone, world);
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

static void a_tenants_disk_is_full(void **state)
{
	struct service_world *world = *state;

	service_world_close(world);
	world->settings.quota.disk = 1;
	service_world_open(world);
	struct submission submission = a_submission(NULL, shell_text);
	service_world_run(world, &submission, "passed");
	service_world_refused(world, &submission, ERROR_DENIED);
	submission.tenant = "u";
	service_world_run(world, &submission, "passed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REAL(files_are_written_and_removed),
		REAL(many_writes_are_one_workspace),
		REAL(a_write_that_cannot_be_leaves_nothing),
		REAL(rollback_says_what_it_reverts),
		REAL(back_to_the_last_success),
		REAL(forks_go_their_own_ways),
		REAL(names_of_snapshots_are_checked),
		REAL(what_runs_keeps_others_out),
		REAL(removal_ends_what_runs),
		REAL(time_is_up),
		REAL(time_is_up_over_a_restart),
		REAL(a_tenant_has_so_many),
		REAL(a_tenants_disk_is_full),
	};
	return cmocka_run_group_tests_name("service sandboxes", tests, NULL, NULL);
}
