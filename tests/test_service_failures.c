/*
 * A service whose disk or sandbox fails: what is not stored is not told as done, what is half made is taken
 * away, and a sandbox's head stays where it was.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "tests/scripted_sandbox.h"
#include "tests/service_world.h"

static void sql(struct service_world *world, const char *text)
{
	const char *path = arena_printf(&world->arena, "%s/history.db", world->state);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* ---- not stored ---- */

static void an_acceptance_that_is_not_stored_never_was(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, "```bash\necho x > y\n```");
	struct execution_row *rows;
	size_t count;

	sql(world, "CREATE TRIGGER full BEFORE INSERT ON executions BEGIN "
		   "SELECT RAISE(ABORT, 'full'); END");
	submission.idempotency_key = "key";
	struct ear *running = service_world_submit(world, &submission);
	struct ear *joined = service_world_submit(world, &submission);
	submission.idempotency_key = NULL;
	struct ear *waiting = service_world_submit(world, &submission);
	while (service_sandbox_busy(world->service, sandbox))
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_true(running->accepted && joined->accepted && waiting->accepted);
	assert_true(error_is_set(&running->refused) && error_is_set(&joined->refused));
	assert_true(error_is_set(&waiting->refused));
	assert_false(running->done || joined->done || waiting->done);
	assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
	const struct history_query all = {.tenant = "t", .limit = 10};
	assert_int_equal(store_history(service_store(world->service), &world->arena, &all, &rows,
				       &count, NULL),
			 0);
	assert_int_equal(count, 0);

	sql(world, "DROP TRIGGER full");
	submission.idempotency_key = "key";
	struct ear *again = service_world_run(world, &submission, "passed");
	assert_false(again->replayed);
	while (service_world_entries(world, "revisions") >
	       1) /* what the refused one made is taken away */
		uv_run(&world->loop, UV_RUN_ONCE);
}

static void a_result_waits_for_the_disk(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, "```bash\necho x > y\n```");

	sql(world, "CREATE TRIGGER full BEFORE UPDATE ON executions BEGIN "
		   "SELECT RAISE(ABORT, 'full'); END");
	struct ear *ear = service_world_submit(world, &submission);
	while (service_world_entries(world, "revisions") == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	service_world_turns(world, 20);
	assert_false(ear->done);
	sql(world, "DROP TRIGGER full");
	ear_expect(ear, "passed", "\"committed\"");
	assert_string_equal(service_world_file(world, sandbox, "y"), "x\n");
}

/* Its sandbox is free for it while its end is on the way to the disk. */
static void what_has_ended_has_no_turn(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, shell_text);
	struct ear *running = service_world_submit(world, &submission);
	struct ear *waiting = service_world_submit(world, &submission);

	service_world_until(world, &waiting->accepted);
	sql(world,
	    arena_printf(&world->arena,
			 "CREATE TRIGGER full BEFORE UPDATE ON executions WHEN new.id = '%s' "
			 "BEGIN SELECT RAISE(ABORT, 'full'); END",
			 waiting->id));
	assert_int_equal(service_cancel(world->service, "t", waiting->id, NULL), 0);
	ear_expect(running, "passed", "\"committed\"");
	service_world_turns(world, 20);
	assert_false(waiting->done);
	sql(world, "DROP TRIGGER full");
	ear_expect(waiting, "cancelled", "cancelled before it ran");
	service_world_run(world, &submission, "passed");
	assert_int_equal(service_sandbox(world->service, "t", sandbox, NULL)->executions, 2);
}

static void a_result_that_is_never_stored_is_an_error(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, "```bash\necho x > y\n```");
	enum execution_phase phase;

	submission.idempotency_key = "key";
	sql(world, "CREATE TRIGGER full BEFORE UPDATE ON executions BEGIN "
		   "SELECT RAISE(ABORT, 'full'); END");
	struct ear *ear = service_world_submit(world, &submission);
	ear_expect(ear, "error", "the result could not be stored");
	assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
	assert_false(service_sandbox_busy(world->service, sandbox));
	assert_int_equal(service_phase(world->service, "t", ear->id, &phase, NULL), 0);
	assert_int_equal(phase, EXECUTION_OVER);
	struct ear *again = service_world_submit(world, &submission);
	service_world_hear(again);
	assert_string_equal(again->report, ear->report);
	assert_true(again->replayed);
	submission.idempotency_key = NULL;
	service_world_refused(world, &submission, ERROR_NO_SPACE);
	while (service_world_entries(world, "revisions") > 0)
		uv_run(&world->loop, UV_RUN_ONCE);

	sql(world, "DROP TRIGGER full");
	struct ticket ticket;
	while (service_submit(world->service, &submission, NULL, &ticket, NULL) != 0)
		uv_run(&world->loop, UV_RUN_ONCE); /* until the disk has taken it */
	const struct execution_row *row = NULL;
	assert_int_equal(store_execution(service_store(world->service), &world->arena, "t", ear->id,
					 &row, NULL),
			 0);
	assert_int_equal(row->state, EXECUTION_FINAL);
	assert_string_equal(row->report, ear->report);
	service_world_run(world, &submission, "passed");
	assert_string_equal(service_world_file(world, sandbox, "y"), "x\n");
}

/* ---- a sandbox that fails ---- */

static void every_failure_of_the_sandbox_is_told(void **state)
{
	static const enum script_op ops[] = {OP_OPEN, OP_PUT, OP_COMMIT};
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, shell_text);
	const struct file file = {.path = "a", .data = "b", .len = 1};

	script.revises = true;
	for (size_t i = 0; i < 3; i++) {
		for (enum script_act act = FAILS; act <= REFUSES; act++) {
			struct end end = {.world = world};
			script.acts[ops[i]] = act;
			service_world_run(world, &submission, "error");
			assert_int_equal(service_write(world->service, "t", sandbox, &file, 1,
						       end_done, &end, &end.err),
					 0);
			service_world_until(world, &end.done);
			assert_true(error_is_set(&end.err));
			script.acts[ops[i]] = WORKS;
			assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
			assert_int_equal(script.open, 0);
		}
	}
	service_world_run(world, &submission, "passed");
	assert_non_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
}

/* The best cannot be committed: the next best is. */
static void a_commit_that_fails_gives_way(void **state)
{
	struct service_world *world = *state;
	const struct job_input candidates[] = {
		{.text = shell_text, .len = strlen(shell_text)},
		{.text = shell_text, .len = strlen(shell_text)},
	};
	struct submission submission = {
		.tenant = "t", .candidates = candidates, .candidate_count = 2};

	script.acts[OP_COMMIT] = FAILS;
	service_world_run(world, &submission, "error");
	assert_int_equal(script.calls[OP_COMMIT], 2);
}

static void a_leftover_that_resists_does_not_keep_it_from_starting(void **state)
{
	static const char *const folders[] = {"engines", "commits", "commits/1-1-1"};
	struct service_world *world = *state;

	service_world_close(world);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		file_make_dirs(arena_printf(&world->arena, "%s/%s", world->state, folders[i]), 0700,
			       NULL);
	const char *engine = arena_printf(&world->arena, "%s/engines/1-1", world->state);
	const char *record = arena_printf(&world->arena, "%s/commits/1-1-1/record", world->state);
	assert_int_equal(file_write(engine, "", 0, 0600, NULL), 0);
	assert_int_equal(file_write(record, "no header", 9, 0600, NULL), 0);
	struct error err = {0};
	assert_int_equal(world->settings.sandbox->recover(world->state, &err), -1);
	service_world_open(world);
	struct submission submission = a_submission(NULL, "```bash\necho x > y\n```");
	service_world_run(world, &submission, "passed");
	assert_int_equal(access(record, F_OK), 0);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
#define SCRIPTED(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, service_world_up_scripted, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(an_acceptance_that_is_not_stored_never_was),
		REAL(a_result_waits_for_the_disk),
		REAL(what_has_ended_has_no_turn),
		REAL(a_result_that_is_never_stored_is_an_error),
		REAL(a_leftover_that_resists_does_not_keep_it_from_starting),
		SCRIPTED(every_failure_of_the_sandbox_is_told),
		SCRIPTED(a_commit_that_fails_gives_way),
	};
	return cmocka_run_group_tests_name("service failures", tests, NULL, NULL);
}
