/* Failed tests that run again: on the scripted sandbox, where the program fails as often as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/job_play.h"

static struct outcome play(unsigned failures, unsigned reruns)
{
	script_reset();
	script.acts[OP_EXEC] = failures ? FAILS : WORKS;
	script.failures[OP_EXEC] = failures;
	return job_play((struct job_options){.rerun_failures = reruns}, (struct witness){0});
}

static void who_passes_again_is_flaky(void **state)
{
	(void)state;
	for (unsigned failures = 1; failures <= 3; failures++) {
		struct outcome outcome = play(failures, 3);
		assert_int_equal(outcome.verdict, VERDICT_PASSED);
		assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
		assert_int_equal(outcome.reruns, failures);
		assert_int_equal(outcome.flaky, 1);
		assert_int_equal(outcome.outputs, failures + 1);
		assert_int_equal(script.calls[OP_ROLLBACK], failures);
		assert_int_equal(script.calls[OP_SNAPSHOT], 2);
		assert_non_null(strstr(outcome.reason, "1 tests passed, 1 of them flaky"));
	}
}

static void who_fails_every_time_has_failed(void **state)
{
	(void)state;
	struct outcome outcome = play(99, 2);
	assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
	assert_int_equal(outcome.reruns, 2);
	assert_int_equal(outcome.flaky, 0);
	assert_string_equal(outcome.reason, "1 of 1 tests failed in each of 3 runs");
}

static void a_pass_runs_once(void **state)
{
	(void)state;
	struct outcome outcome = play(0, 3);
	assert_int_equal(outcome.verdict, VERDICT_PASSED);
	assert_int_equal(outcome.reruns, 0);
	assert_int_equal(outcome.outputs, 1);
	assert_true(outcome.rerun_recorded);

	outcome = play(0, 0);
	assert_int_equal(script.calls[OP_SNAPSHOT], 1);
	assert_false(outcome.rerun_recorded);
}

/* After a crash or a time-out nobody knows what ran. */
static void only_ordinary_failures_run_again(void **state)
{
	(void)state;
	script_reset();
	script.acts[OP_EXEC] = CRASHES;
	struct outcome outcome = job_play((struct job_options){.rerun_failures = 3},
					  (struct witness){0});
	assert_int_equal(outcome.verdict, VERDICT_CRASHED);
	assert_int_equal(outcome.reruns, 0);
	assert_int_equal(script.calls[OP_EXEC], 1);
}

/* The verdict of the first run stands, and the error is told beside it. */
static void a_rerun_that_cannot_begin_changes_nothing(void **state)
{
	static const enum script_act acts[] = {FAILS, REFUSES, HANGS, STUCK};
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		script_reset();
		script.acts[OP_EXEC] = FAILS;
		script.acts[OP_ROLLBACK] = acts[i];
		struct outcome outcome = job_play((struct job_options){.rerun_failures = 3},
						  (struct witness){0});
		assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
		assert_int_equal(outcome.workspace, WORKSPACE_UNTOUCHED);
		assert_true(outcome.quarantined);
		assert_int_equal(outcome.reruns, 0);
	}
}

static void a_rerun_that_breaks_changes_nothing(void **state)
{
	static const enum script_act acts[] = {REFUSES, HANGS, CRASHES};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		script_reset();
		script.acts[OP_EXEC] = FAILS;
		script.failures[OP_EXEC] = 1;
		script.then[OP_EXEC] = acts[i];
		struct outcome outcome = job_play((struct job_options){.rerun_failures = 1},
						  (struct witness){0});
		assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
		assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
		assert_int_equal(outcome.flaky, 0);
	}
	assert_int_equal(script.calls[OP_EXEC], 2);
}

static void a_cancel_ends_the_reruns(void **state)
{
	(void)state;
	for (unsigned keep = 0; keep < 2; keep++) {
		script_reset();
		script.acts[OP_EXEC] = FAILS;
		script.failures[OP_EXEC] = 1;
		script.then[OP_EXEC] = HANGS;
		struct outcome outcome = job_play(
			(struct job_options){.rerun_failures = 3,
					     .on_failure = keep ? ON_FAILURE_KEEP
								: ON_FAILURE_ROLLBACK},
			(struct witness){.cancel_at = "rerun"});
		assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
		assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
		assert_int_equal(outcome.reruns, 0);
		assert_string_equal(outcome.note, "rerun was cut short: cancelled");
	}
}

/* Both stages that only some jobs have. */
static void the_flaky_one_can_be_chosen(void **state)
{
	(void)state;
	for (unsigned failures = 1; failures < 99; failures += 97) {
		script_reset();
		script.acts[OP_EXEC] = FAILS;
		script.failures[OP_EXEC] = failures;
		struct outcome outcome = job_play(
			(struct job_options){.rerun_failures = 1, .on_judged = job_play_judged},
			(struct witness){.settle = CHOSEN});
		assert_int_equal(outcome.judged, 1);
		assert_int_equal(outcome.workspace,
				 failures == 1 ? WORKSPACE_COMMITTED : WORKSPACE_ROLLED_BACK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_passes_again_is_flaky),
		cmocka_unit_test(who_fails_every_time_has_failed),
		cmocka_unit_test(a_pass_runs_once),
		cmocka_unit_test(only_ordinary_failures_run_again),
		cmocka_unit_test(a_rerun_that_cannot_begin_changes_nothing),
		cmocka_unit_test(a_rerun_that_breaks_changes_nothing),
		cmocka_unit_test(a_cancel_ends_the_reruns),
		cmocka_unit_test(the_flaky_one_can_be_chosen),
	};
	return cmocka_run_group_tests_name("job_rerun", tests, job_play_set_up, job_play_tear_down);
}
