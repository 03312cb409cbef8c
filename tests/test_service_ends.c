/*
 * The ends that nobody wishes for: cancelled, refused, handed back, killed. Each execution that was accepted
 * has one end all the same, and a sandbox's head moves only with it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/service_world.h"

static const char sleeping_text[] = "```bash\necho begun\nsleep 60\n```";

static void until_output(struct ear *ear)
{
	while (ear->outputs == 0)
		uv_run(&ear->world->loop, UV_RUN_ONCE);
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
	ear_expect(waiting, "cancelled", "cancelled before it ran");
	assert_false(ear->done);
	assert_int_equal(service_cancel(world->service, "t", ear->id, &err), 0);
	assert_int_equal(service_cancel(world->service, "t", ear->id, &err), 0);
	ear_expect(ear, "cancelled", "\"outcome\":\"rolled_back\"");
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
	ear_expect(ear, "cancelled", "cancelled before it ran"); /* the sixth */
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
	struct ear *ear;

	do { /* on a busy machine the one that does not sleep may need longer */
		ear = service_world_submit(world, &submission);
		service_world_hear(ear);
		submission.deadline_ms *= 2;
	} while (strcmp(ear->verdict, "passed") != 0 && submission.deadline_ms < 60000);
	ear_expect(ear, "passed", "");
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
		ear_expect(ears[i], "passed", "hello");
	struct ear *again = service_world_submit(world, &submission);
	ear_expect(again, "passed", "hello");
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
	ear_expect(running, "cancelled", "\"outcome\":\"rolled_back\"");
	ear_expect(waiting, "cancelled", "handed back: the service stopped before it ran");
	service_world_close(world);
	service_world_open(world);
	struct ear *later = service_world_listen(world, "t", waiting->id);
	service_world_hear(later);
	assert_string_equal(later->report, waiting->report);
}

/* ---- killed ---- */

static void begin(struct service_world *world, int out)
{
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, passing_text);

	submission.idempotency_key = "done";
	struct ear *done = service_world_run(world, &submission, "passed");
	submission = a_submission(sandbox, sleeping_text);
	submission.idempotency_key = "killed";
	struct ear *running = service_world_submit(world, &submission);
	submission.idempotency_key = NULL;
	struct ear *waiting = service_world_submit(world, &submission);
	service_world_until(world, &waiting->accepted);
	until_output(running);
	dprintf(out, "%s %s %s %s\n", sandbox, done->id, running->id, waiting->id);
}

static void a_folder_has_one_service(void **state)
{
	struct service_world *world = *state;
	int status;

	pid_t child = fork();
	if (child == 0) {
		struct error err = {0};
		int rc = service_open(&world->service, &world->loop, &world->settings, &err);
		_exit(rc == -1 && strstr(err.text, "another `assay serve`") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_killed_service_is_put_right(void **state)
{
	struct service_world *world = *state;
	char sandbox[64], done[64], running[64], waiting[64], line[256];
	struct error err = {0};

	service_world_close(world);
	service_world_kill(world, begin, 0, line, sizeof(line));
	assert_int_equal(sscanf(line, "%63s %63s %63s %63s", sandbox, done, running, waiting), 4);

	service_world_open(world);
	struct ear *ear = service_world_listen(world, "t", running);
	ear_expect(ear, "error", "interrupted: the service was stopped");
	ear = service_world_listen(world, "t", waiting);
	ear_expect(ear, "error", "interrupted");
	ear = service_world_listen(world, "t", done);
	ear_expect(ear, "passed", "test_negative");
	const struct sandbox_row *row = service_sandbox(world->service, "t", sandbox, NULL);
	assert_int_equal(row->executions, 1);
	assert_string_equal(row->head, row->last_success);
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	assert_int_equal(service_world_entries(world, "revisions"), 1);

	/* Its key has its answer already. */
	struct submission submission = a_submission(sandbox, sleeping_text);
	submission.idempotency_key = "killed";
	ear = service_world_submit(world, &submission);
	ear_expect(ear, "error", "interrupted");
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

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(what_runs_is_cancelled),        REAL(candidates_are_cancelled_together),
		REAL(the_deadline_chooses),          REAL(what_is_asked_is_bounded),
		REAL(nobody_is_told_after_unlisten), REAL(a_full_queue_refuses_and_keeps_nothing),
		REAL(a_drain_lets_what_runs_end),    REAL(a_drain_has_an_end),
		REAL(a_folder_has_one_service),      REAL(a_killed_service_is_put_right),
	};
	return cmocka_run_group_tests_name("service ends", tests, NULL, NULL);
}
