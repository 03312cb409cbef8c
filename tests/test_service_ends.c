/*
 * The ends that nobody wishes for: cancelled, refused, handed back, killed, not stored. Each execution that
 * was accepted has one end all the same, and a sandbox's head moves only with it.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scripted_sandbox.h"
#include "tests/service_world.h"

static const char sleeping_text[] = "```bash\necho begun\nsleep 60\n```";

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

static void until_output(struct ear *ear)
{
	while (ear->outputs == 0)
		uv_run(&ear->world->loop, UV_RUN_ONCE);
}

static void expect_end(struct ear *ear, const char *verdict, const char *reason)
{
	service_world_hear(ear);
	if (strcmp(ear->verdict, verdict) != 0 || !ear_says(ear, reason))
		fail_msg("%s: %s", ear->verdict, ear->report);
}

/* ---- cancelled ---- */

static void what_runs_is_cancelled(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, sleeping_text);
	struct ear *ear = service_world_submit(world, &submission);
	struct ear *waiting = service_world_submit(world, &submission);
	enum execution_phase phase;
	struct error err = {0};

	until_output(ear);
	assert_int_equal(service_phase(world->service, "t", ear->id, &phase, &err), 0);
	assert_int_equal(phase, EXECUTION_RUNNING);
	assert_int_equal(service_phase(world->service, "t", waiting->id, &phase, &err), 0);
	assert_int_equal(phase, EXECUTION_WAITING);
	assert_int_equal(service_cancel(world->service, "t", waiting->id, &err), 0);
	assert_int_equal(service_cancel(world->service, "t", waiting->id, &err), 0);
	expect_end(waiting, "cancelled", "cancelled before it ran");
	assert_false(ear->done);
	assert_int_equal(service_cancel(world->service, "t", ear->id, &err), 0);
	assert_int_equal(service_cancel(world->service, "t", ear->id, &err), 0);
	expect_end(ear, "cancelled", "\"outcome\":\"rolled_back\"");
	assert_null(service_sandbox(world->service, "t", sandbox, NULL)->head);
	assert_int_equal(service_sandbox(world->service, "t", sandbox, NULL)->executions, 1);
}

static void candidates_are_cancelled_together(void **state)
{
	struct service_world *world = *state;
	struct job_input candidates[6];
	struct submission submission = {
		.tenant = "t", .candidates = candidates, .candidate_count = 6};

	for (size_t i = 0; i < 6; i++)
		candidates[i] = (struct job_input){.text = i ? sleeping_text : shell_text,
						   .len = strlen(i ? sleeping_text : shell_text)};
	struct ear *ear = service_world_submit(world, &submission);
	while (ear->events < 30)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_int_equal(service_cancel(world->service, "t", ear->id, NULL), 0);
	expect_end(ear, "cancelled", "cancelled before it ran"); /* the sixth */
}

/* At the deadline the best of what is judged is kept; nobody waits for those that sleep. */
static void the_deadline_chooses(void **state)
{
	struct service_world *world = *state;
	const struct job_input candidates[] = {
		{.text = sleeping_text, .len = strlen(sleeping_text)},
		{.text = shell_text, .len = strlen(shell_text)},
	};
	struct submission submission = {
		.tenant = "t", .candidates = candidates, .candidate_count = 2, .deadline_ms = 3000};
	struct ear *ear = service_world_run(world, &submission, "passed");

	assert_true(ear_says(ear, "\"verdict\":\"timed_out\""));
	submission.candidates = &candidates[0];
	submission.candidate_count = 1;
	submission.deadline_ms = 500;
	service_world_run(world, &submission, "timed_out");
}

static void what_is_asked_is_bounded(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, sleeping_text);

	service_world_close(world);
	world->settings.limits.time_ms = 300;
	service_world_open(world);
	submission.limits.time_ms = 60000;
	service_world_run(world, &submission, "timed_out");
	submission.limits.time_ms = 0; /* the environment's own is longer as well */
	service_world_run(world, &submission, "timed_out");
}

static void nobody_is_told_after_unlisten(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);
	struct ear *silent = service_world_submit(world, &submission);
	struct ear *first = service_world_listen(world, "t", silent->id);
	struct ear *second = service_world_listen(world, "t", silent->id);
	struct service_state look;

	service_unlisten(silent->subscription);
	service_unlisten(second->subscription);
	service_world_hear(first);
	struct ear *late = service_world_listen(world, "t", silent->id);
	service_unlisten(late->subscription);
	service_world_turns(world, 10);
	assert_int_equal(silent->events, 0);
	assert_false(silent->done || second->done || late->done);
	service_look(world->service, &look);
	assert_int_equal(look.subscriptions, 0);
}

/* ---- refused ---- */

static void a_full_queue_refuses_and_keeps_nothing(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);
	struct ear *ears[12];
	struct service_state look;

	for (size_t i = 0; i < 12; i++)
		ears[i] = service_world_submit(world, &submission);
	submission.idempotency_key = "refused";
	service_world_refused(world, &submission, ERROR_BUSY);
	service_look(world->service, &look);
	assert_int_equal(look.queue.running, 4);
	assert_int_equal(look.queue.waiting, 8);
	for (size_t i = 0; i < 12; i++)
		expect_end(ears[i], "passed", "hello");
	struct ear *again = service_world_submit(world, &submission);
	expect_end(again, "passed", "hello");
	assert_false(again->replayed);
}

/* ---- handed back ---- */

static void on_drained(void *ctx)
{
	*(bool *)ctx = true;
}

static void a_drain_lets_what_runs_end(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);
	struct ear *ear = service_world_submit(world, &submission);
	bool drained = false;

	service_drain(world->service, 60000, on_drained, &drained);
	service_world_refused(world, &submission, ERROR_UNAVAILABLE);
	service_world_until(world, &drained);
	assert_true(ear->done);
	assert_string_equal(ear->verdict, "passed");
}

static void a_drain_has_an_end(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, sleeping_text);
	struct ear *running = service_world_submit(world, &submission);
	struct ear *waiting = service_world_submit(world, &submission);
	bool drained = false;

	until_output(running);
	service_drain(world->service, 10, on_drained, &drained);
	service_world_until(world, &drained);
	expect_end(running, "cancelled", "\"outcome\":\"rolled_back\"");
	expect_end(waiting, "cancelled", "handed back: the service stopped before it ran");
	service_world_close(world);
	service_world_open(world);
	struct ear *later = service_world_listen(world, "t", waiting->id);
	service_world_hear(later);
	assert_string_equal(later->report, waiting->report);
}

/* ---- killed ---- */

/* A process of its own: accepts, tells the ids, and is killed at it. */
static _Noreturn void be_killed(struct service_world *own, int out)
{
	uv_loop_init(&own->loop);
	service_world_open(own);
	const char *sandbox = service_world_sandbox(own, "t");
	struct submission submission = a_submission(sandbox, passing_text);
	submission.idempotency_key = "done";
	struct ear *done = service_world_run(own, &submission, "passed");
	submission = a_submission(sandbox, sleeping_text);
	submission.idempotency_key = "killed";
	struct ear *running = service_world_submit(own, &submission);
	submission.idempotency_key = NULL;
	struct ear *waiting = service_world_submit(own, &submission);
	service_world_until(own, &waiting->accepted);
	until_output(running);
	dprintf(out, "%s %s %s %s\n", sandbox, done->id, running->id, waiting->id);
	for (;;)
		uv_run(&own->loop, UV_RUN_ONCE);
}

static void a_killed_service_is_put_right(void **state)
{
	struct service_world *world = *state;
	char sandbox[64], done[64], running[64], waiting[64];
	int ends[2];

	service_world_close(world);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		be_killed(world, ends[1]);
	close(ends[1]);
	FILE *in = fdopen(ends[0], "r");
	assert_int_equal(fscanf(in, "%63s %63s %63s %63s", sandbox, done, running, waiting), 4);
	struct error err = {0};
	assert_int_equal(service_open(&world->service, &world->loop, &world->settings, &err), -1);
	assert_non_null(strstr(err.text, "another `assay serve`"));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	fclose(in);

	service_world_open(world);
	struct ear *ear = service_world_listen(world, "t", running);
	expect_end(ear, "error", "interrupted: the service was stopped");
	ear = service_world_listen(world, "t", waiting);
	expect_end(ear, "error", "interrupted");
	ear = service_world_listen(world, "t", done);
	expect_end(ear, "passed", "test_negative");
	const struct sandbox_row *row = service_sandbox(world->service, "t", sandbox, NULL);
	assert_int_equal(row->executions, 1);
	assert_string_equal(row->head, row->last_success);
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	assert_int_equal(service_world_revisions(world), 1);

	/* Its key has its answer already. */
	struct submission submission = a_submission(sandbox, sleeping_text);
	submission.idempotency_key = "killed";
	ear = service_world_submit(world, &submission);
	expect_end(ear, "error", "interrupted");
	assert_string_equal(ear->id, running);
	assert_true(ear->replayed);

	service_world_close(world);
	service_world_open(world);
	struct execution_row *rows;
	size_t count;
	assert_int_equal(
		store_unfinished(service_store(world->service), &world->arena, &rows, &count, &err),
		0);
	assert_int_equal(count, 0);
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
	while (service_world_revisions(world) > 1) /* what the refused one made is taken away */
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
	while (service_world_revisions(world) == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	service_world_turns(world, 20);
	assert_false(ear->done);
	sql(world, "DROP TRIGGER full");
	expect_end(ear, "passed", "\"committed\"");
	assert_string_equal(service_world_file(world, sandbox, "y"), "x\n");
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
	expect_end(ear, "error", "the result could not be stored");
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
	while (service_world_revisions(world) > 0)
		uv_run(&world->loop, UV_RUN_ONCE);

	sql(world, "DROP TRIGGER full");
	const char *id;
	while (service_submit(world->service, &submission, &world->arena, &id, NULL, NULL, NULL,
			      NULL, NULL) != 0)
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

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
#define SCRIPTED(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, service_world_up_scripted, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(what_runs_is_cancelled),
		REAL(candidates_are_cancelled_together),
		REAL(the_deadline_chooses),
		REAL(what_is_asked_is_bounded),
		REAL(nobody_is_told_after_unlisten),
		REAL(a_full_queue_refuses_and_keeps_nothing),
		REAL(a_drain_lets_what_runs_end),
		REAL(a_drain_has_an_end),
		REAL(a_killed_service_is_put_right),
		REAL(an_acceptance_that_is_not_stored_never_was),
		REAL(a_result_waits_for_the_disk),
		REAL(a_result_that_is_never_stored_is_an_error),
		SCRIPTED(every_failure_of_the_sandbox_is_told),
		SCRIPTED(a_commit_that_fails_gives_way),
	};
	return cmocka_run_group_tests_name("service ends", tests, NULL, NULL);
}
