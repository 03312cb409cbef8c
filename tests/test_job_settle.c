/* Jobs that wait to be chosen, and what their commit makes: on the scripted sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/job_play.h"

/* ---- a job that waits to be chosen ---- */

static struct outcome play_held(enum script_act exec, enum on_failure on_failure,
				struct witness witness)
{
	script_reset();
	script.acts[OP_EXEC] = exec;
	return job_play(
		(struct job_options){.on_judged = job_play_judged, .on_failure = on_failure},
		witness);
}

static void the_chosen_goes_on_as_ever(void **state)
{
	(void)state;
	for (unsigned later = 0; later < 2; later++) {
		struct witness witness = {.settle = later ? CHOSEN_LATER : CHOSEN};
		struct outcome outcome = play_held(WORKS, ON_FAILURE_ROLLBACK, witness);
		assert_int_equal(outcome.judged, 1);
		assert_int_equal(outcome.verdict, VERDICT_PASSED);
		assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);

		outcome = play_held(FAILS, ON_FAILURE_ROLLBACK, witness);
		assert_int_equal(outcome.judged, 1);
		assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
		assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);

		outcome = play_held(FAILS, ON_FAILURE_KEEP, witness);
		assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
		assert_int_equal(outcome.workspace, WORKSPACE_KEPT);
	}
}

/* Behind the wait the table is what it is without. */
static void a_chosen_one_may_still_fail(void **state)
{
	static const enum script_act acts[] = {FAILS, REFUSES, HANGS, STUCK};
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		script_reset();
		script.acts[OP_COMMIT] = acts[i];
		struct outcome outcome = job_play(
			(struct job_options){.on_judged = job_play_judged},
			(struct witness){.settle = CHOSEN});
		assert_int_equal(outcome.judged, 1);
		assert_int_equal(outcome.verdict, VERDICT_ERROR);
		assert_int_equal(outcome.workspace,
				 acts[i] == STUCK ? WORKSPACE_UNTOUCHED : WORKSPACE_ROLLED_BACK);
		assert_int_equal(outcome.quarantined, acts[i] == STUCK);
	}
}

/* The attempt that lost must leave nothing behind, or be told apart. */
static void a_rollback_after_the_wait_may_fail(void **state)
{
	static const enum script_act acts[] = {FAILS, REFUSES, HANGS, STUCK};
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		script_reset();
		script.acts[OP_ROLLBACK] = acts[i];
		struct outcome outcome = job_play(
			(struct job_options){.on_judged = job_play_judged},
			(struct witness){.settle = NOT_CHOSEN});
		assert_int_equal(outcome.verdict, VERDICT_PASSED);
		assert_int_equal(outcome.workspace, WORKSPACE_UNTOUCHED);
		assert_true(outcome.quarantined);
	}
}

static void who_is_not_chosen_is_rolled_back(void **state)
{
	static const struct witness witness = {.settle = NOT_CHOSEN};
	(void)state;

	struct outcome outcome = play_held(WORKS, ON_FAILURE_ROLLBACK, witness);
	assert_int_equal(outcome.verdict, VERDICT_PASSED);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
	assert_int_equal(script.calls[OP_COMMIT], 0);

	outcome = play_held(FAILS, ON_FAILURE_KEEP, witness);
	assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
	assert_int_equal(script.calls[OP_COMMIT], 0);
}

static void a_cancel_ends_the_wait(void **state)
{
	static const struct witness late = {.cancel_at = "settle"},
				    early = {.cancel_at = "settle", .cancel_inside = true};
	(void)state;

	struct outcome outcome = play_held(WORKS, ON_FAILURE_ROLLBACK, late);
	assert_int_equal(outcome.judged, 1);
	assert_int_equal(outcome.verdict, VERDICT_CANCELLED);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);

	outcome = play_held(FAILS, ON_FAILURE_KEEP, late);
	assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);

	outcome = play_held(WORKS, ON_FAILURE_ROLLBACK, early);
	assert_int_equal(outcome.judged, 0);
	assert_int_equal(outcome.verdict, VERDICT_CANCELLED);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
}

static void a_deadline_ends_the_wait(void **state)
{
	(void)state;
	script_reset();
	struct outcome outcome = job_play(
		(struct job_options){.on_judged = job_play_judged, .deadline_ms = 1000},
		(struct witness){.settle = SETTLE_NEVER});
	assert_int_equal(outcome.verdict, VERDICT_TIMED_OUT);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
}

static void who_ends_earlier_is_never_asked(void **state)
{
	static const struct witness witness = {.settle = CHOSEN};
	(void)state;

	struct outcome outcome = play_held(REFUSES, ON_FAILURE_ROLLBACK, witness);
	assert_int_equal(outcome.judged, 0);
	assert_int_equal(outcome.verdict, VERDICT_ERROR);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
}

/* ---- revisions ---- */

static void a_commit_names_its_revision(void **state)
{
	static const char *const chain[] = {"older", NULL}, *const none[] = {NULL};
	struct job_options options = {.revisions = chain, .revision = "newer", .flatten = true};
	(void)state;

	script_reset();
	script.revises = true;
	struct outcome outcome = job_play(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_true(outcome.revised);
	assert_int_equal(script.views, 1);
	assert_ptr_equal(script.revisions, chain);
	assert_true(script.flattens);

	script_reset(); /* nothing changed: the head stays where it is */
	outcome = job_play(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_false(outcome.revised);

	script_reset(); /* an empty chain is an empty workspace */
	options.revisions = none;
	script.revises = true;
	script.acts[OP_EXEC] = FAILS;
	options.on_failure = ON_FAILURE_KEEP;
	outcome = job_play(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_KEPT);
	assert_true(outcome.revised);
	assert_int_equal(script.views, 0);

	options.on_failure = ON_FAILURE_ROLLBACK;
	outcome = job_play(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
	assert_false(outcome.revised);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chosen_goes_on_as_ever),
		cmocka_unit_test(a_chosen_one_may_still_fail),
		cmocka_unit_test(a_rollback_after_the_wait_may_fail),
		cmocka_unit_test(who_is_not_chosen_is_rolled_back),
		cmocka_unit_test(a_cancel_ends_the_wait),
		cmocka_unit_test(a_deadline_ends_the_wait),
		cmocka_unit_test(who_ends_earlier_is_never_asked),
		cmocka_unit_test(a_commit_names_its_revision),
	};
	return cmocka_run_group_tests_name("job_settle", tests, job_play_set_up,
					   job_play_tear_down);
}
