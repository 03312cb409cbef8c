/*
 * Executions of the service on real sandboxes: accepted, run, stored, told; the same for everybody who asks
 * later, and after a restart.
 */
#include <stdio.h>
#include <string.h>

#include "tests/service_world.h"

static void an_execution_is_accepted_run_and_told(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, passing_text);
	struct ear *ear = service_world_run(world, &submission, "passed");
	enum execution_phase phase;
	struct error err = {0};

	assert_true(ear->outputs > 0);
	assert_int_equal(ear->verdicts, 1);
	assert_false(ear->replayed);
	assert_true(ear_says(ear, "\"sandbox_id\":null"));
	assert_int_equal(service_phase(world->service, "t", ear->id, &phase, &err), 0);
	assert_int_equal(phase, EXECUTION_OVER);
	struct ear *later = service_world_listen(world, "t", ear->id);
	service_world_hear(later);
	assert_string_equal(later->report, ear->report);
	assert_int_equal(service_cancel(world->service, "t", ear->id, &err), 0);
}

static void two_attempts_in_a_sandbox_fix_one_test(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, failing_text);
	struct ear *first = service_world_run(world, &submission, "tests_failed");

	assert_true(ear_says(first, "\"against\":null"));
	assert_string_equal(service_world_file(world, sandbox, "calc.py"), "");
	submission = a_submission(sandbox, passing_text);
	struct ear *second = service_world_run(world, &submission, "passed");
	const char *against = arena_printf(
		&world->arena, "\"against\":\"%s\",\"newly_failing\":[],\"fixed\":[\"", first->id);
	if (!ear_says(second, against))
		fail_msg("%s", second->report);
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));

	struct error err = {0};
	const struct sandbox_row *row = service_sandbox(world->service, "t", sandbox, &err);
	assert_non_null(row);
	assert_int_equal(row->executions, 2);
	assert_true(row->succeeded);
	assert_string_equal(row->head, row->last_success);
	assert_int_equal(service_world_entries(world, "revisions"), 1);

	service_world_close(world);
	service_world_open(world);
	row = service_sandbox(world->service, "t", sandbox, &err);
	assert_non_null(row);
	assert_int_equal(row->executions, 2);
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	struct ear *again = service_world_listen(world, "t", second->id);
	service_world_hear(again);
	assert_string_equal(again->report, second->report);
}

static void the_best_of_the_candidates_is_kept(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	const struct job_input candidates[] = {
		{.text = "nothing", .len = 7},
		{.text = failing_text, .len = strlen(failing_text)},
		{.text = passing_text, .len = strlen(passing_text)},
		{.text = passing_text, .len = strlen(passing_text)},
		{.text = failing_text, .len = strlen(failing_text)},
	};
	struct submission submission = {
		.tenant = "t", .sandbox = sandbox, .candidates = candidates, .candidate_count = 5};
	struct ear *ear = service_world_run(world, &submission, "passed");

	assert_int_equal(ear->outputs, 0);
	assert_int_equal(ear->verdicts, 1);
	const char *chosen = strstr(ear->report, "\"chosen\":true");
	assert_non_null(chosen);
	assert_null(strstr(chosen + 1, "\"chosen\":true"));
	const char *third = strstr(ear->report, "\"index\":2"),
		   *fourth = strstr(third, "\"index\":3");
	assert_true(third < chosen && chosen < fourth);
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "-1 if n < 0"));
	assert_int_equal(service_world_entries(world, "revisions"), 1);
}

static void the_least_bad_is_told_when_none_passes(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	const struct job_input candidates[] = {
		{.text = "nothing", .len = 7},
		{.text = failing_text, .len = strlen(failing_text)},
	};
	struct submission submission = {
		.tenant = "t", .sandbox = sandbox, .candidates = candidates, .candidate_count = 2};

	service_world_run(world, &submission, "tests_failed");
	assert_string_equal(service_world_file(world, sandbox, "calc.py"), "");
	submission.on_failure = ON_FAILURE_KEEP;
	service_world_run(world, &submission, "tests_failed");
	assert_non_null(strstr(service_world_file(world, sandbox, "calc.py"), "return 1"));
}

static void a_key_runs_once(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);
	struct submission other = submission;
	struct service_state look;

	submission.idempotency_key = other.idempotency_key = "key";
	submission.request_digest = "d1";
	other.request_digest = "d2";
	struct ear *first = service_world_submit(world, &submission);
	struct ear *second = service_world_submit(world, &submission);
	service_world_refused(world, &other, ERROR_CONFLICT);
	assert_string_equal(first->id, second->id);
	service_look(world->service, &look);
	assert_int_equal(look.queue.running, 1);
	service_world_hear(first);
	service_world_hear(second);
	assert_false(first->replayed);
	assert_true(second->replayed);
	assert_string_equal(first->report, second->report);

	struct ear *third = service_world_submit(world, &submission);
	service_world_hear(third);
	assert_true(third->replayed);
	assert_string_equal(first->report, third->report);
	service_world_refused(world, &other, ERROR_CONFLICT);
	other.tenant = "u";
	struct ear *foreign = service_world_run(world, &other, "passed");
	assert_string_not_equal(foreign->id, first->id);

	service_world_close(world);
	service_world_open(world);
	struct ear *fourth = service_world_submit(world, &submission);
	service_world_hear(fourth);
	assert_string_equal(fourth->id, first->id);
	assert_string_equal(first->report, fourth->report);
	assert_true(fourth->replayed);
}

static void others_ids_are_unknown(void **state)
{
	struct service_world *world = *state;
	const char *sandbox = service_world_sandbox(world, "t");
	struct submission submission = a_submission(sandbox, shell_text);
	struct ear *ear = service_world_submit(world, &submission);
	enum execution_phase phase;
	struct subscription *subscription;
	const struct listener listener = {0};
	struct end end = {.world = world};
	int fd;

	for (int i = 0; i < 2; i++) { /* under way, and over */
		struct error err = {0};
		assert_int_equal(service_phase(world->service, "u", ear->id, &phase, &err), -1);
		assert_int_equal(err.code, ERROR_NOT_FOUND);
		assert_int_equal(service_cancel(world->service, "u", ear->id, &err), -1);
		assert_int_equal(service_listen(world->service, "u", ear->id, &listener,
						&subscription, &err),
				 -1);
		assert_int_equal(err.code, ERROR_NOT_FOUND);
		service_world_hear(ear);
	}
	submission.tenant = "u";
	service_world_refused(world, &submission, ERROR_NOT_FOUND);
	struct service *service = world->service;
	assert_null(service_sandbox(service, "u", sandbox, NULL));
	assert_int_equal(service_workspace(service, "u", sandbox, &fd, NULL), -1);
	assert_int_equal(
		service_snapshot(service, "u", sandbox, NULL, NULL, end_snapshot, &end, NULL), -1);
	assert_int_equal(service_rollback(service, "u", sandbox, SERVICE_LAST_SUCCESS, end_rollback,
					  &end, NULL),
			 -1);
	assert_int_equal(service_sandbox_fork(service, "u", sandbox, NULL, end_sandbox, &end, NULL),
			 -1);
	assert_int_equal(service_write(service, "u", sandbox, NULL, 0, end_done, &end, NULL), -1);
	assert_int_equal(service_sandbox_remove(service, "u", sandbox, end_done, &end, NULL), -1);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);

	submission.environment = "cobol";
	service_world_refused(world, &submission, ERROR_NOT_FOUND);
	submission = a_submission("sb-none", shell_text);
	service_world_refused(world, &submission, ERROR_NOT_FOUND);
	submission = a_submission(NULL, shell_text);
	submission.rerun_failures = 11;
	service_world_refused(world, &submission, ERROR_USAGE);
	submission = a_submission(NULL, shell_text);
	submission.input = (struct job_input){.text = NULL};
	service_world_refused(world, &submission, ERROR_USAGE);
	submission = a_submission(NULL, shell_text);
	submission.callback_url = "http://127.0.0.1/";
	service_world_refused(world, &submission, ERROR_DENIED);
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(an_execution_is_accepted_run_and_told),
		REAL(two_attempts_in_a_sandbox_fix_one_test),
		REAL(the_best_of_the_candidates_is_kept),
		REAL(the_least_bad_is_told_when_none_passes),
		REAL(a_key_runs_once),
		REAL(others_ids_are_unknown),
		REAL(what_makes_no_sense_is_refused),
	};
	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
