/*
 * The stage table under attack: every sandbox operation x {fails, refuses, hangs, never answers, is
 * cancelled} x {rollback works, fails, refuses, hangs, never answers}. For each: the verdict, what became
 * of the workspace, events without gaps, no handle left on the loop, and (under LeakSanitizer) no leak.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/job_play.h"

static struct outcome play(const char *cancel_at)
{
	return job_play((struct job_options){0}, (struct witness){.cancel_at = cancel_at});
}

static const enum script_act every_act[] = {WORKS, FAILS, REFUSES, HANGS, STUCK};

/* A rollback that did not work is told apart and never changes the verdict. */
static void check_rollback(struct outcome outcome, enum script_act rollback)
{
	if (rollback == WORKS) {
		assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
		assert_false(outcome.quarantined);
	} else {
		assert_int_equal(outcome.workspace, WORKSPACE_UNTOUCHED);
		assert_true(outcome.quarantined);
	}
}

static void all_is_well(void **state)
{
	(void)state;
	script_reset();
	struct outcome outcome = play(NULL);
	assert_int_equal(outcome.verdict, VERDICT_PASSED);
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_int_equal(script.calls[OP_ROLLBACK], 0);
	assert_int_equal(script.calls[OP_CLOSE], 1);
}

static void before_the_snapshot_there_is_nothing_to_undo(void **state)
{
	static const enum script_op ops[] = {OP_OPEN, OP_SNAPSHOT};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		for (size_t act = 1; act < 5; act++) {
			script_reset();
			script.acts[ops[i]] = every_act[act];
			struct outcome outcome = play(NULL);
			assert_int_equal(outcome.verdict, VERDICT_ERROR);
			assert_int_equal(outcome.workspace, WORKSPACE_UNTOUCHED);
			assert_int_equal(script.calls[OP_PUT], 0);
			assert_int_equal(script.calls[OP_ROLLBACK], 0);
			assert_int_equal(script.calls[OP_COMMIT], 0);
		}
	}
}

static void after_the_snapshot_all_is_undone(void **state)
{
	static const enum script_op ops[] = {OP_PUT, OP_EXEC, OP_COMMIT};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		for (size_t act = 1; act < 5; act++) {
			for (size_t back = 0; back < 5; back++) {
				script_reset();
				script.acts[ops[i]] = every_act[act];
				script.acts[OP_ROLLBACK] = every_act[back];
				struct outcome outcome = play(NULL);
				bool red = ops[i] == OP_EXEC && every_act[act] == FAILS;
				bool stuck = every_act[act] == STUCK;
				assert_int_equal(outcome.verdict,
						 red ? VERDICT_TESTS_FAILED : VERDICT_ERROR);
				check_rollback(outcome, stuck ? STUCK : every_act[back]);
				assert_int_equal(script.calls[OP_ROLLBACK], stuck ? 0 : 1);
			}
		}
	}
}

static void cancel_leads_to_rollback(void **state)
{
	static const struct {
		const char *stage;
		enum script_op op;
	} places[] = {{"place", OP_PUT}, {"test", OP_EXEC}};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		for (size_t back = 0; back < 5; back++) {
			script_reset();
			script.acts[places[i].op] = HANGS;
			script.acts[OP_ROLLBACK] = every_act[back];
			struct outcome outcome = play(places[i].stage);
			assert_int_equal(outcome.verdict, VERDICT_CANCELLED);
			check_rollback(outcome, every_act[back]);
			assert_true(script.kills >= 1);
			assert_int_equal(script.calls[OP_COMMIT], 0);
		}
	}
}

static void cancel_of_a_deaf_operation_ends_too(void **state)
{
	(void)state;
	script_reset();
	script.acts[OP_EXEC] = STUCK;
	struct outcome outcome = play("test");
	assert_int_equal(outcome.verdict, VERDICT_CANCELLED);
	check_rollback(outcome, STUCK);
}

static void commit_and_rollback_refuse_cancel(void **state)
{
	(void)state;
	script_reset();
	struct outcome outcome = play("commit");
	assert_int_equal(outcome.verdict, VERDICT_PASSED);
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_int_equal(script.kills, 0);

	script_reset();
	script.acts[OP_EXEC] = FAILS;
	outcome = play("rollback");
	assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
	assert_int_equal(script.kills, 0);
}

static void a_close_that_fails_changes_no_verdict(void **state)
{
	(void)state;
	script_reset();
	script.acts[OP_CLOSE] = STUCK;
	struct outcome outcome = play(NULL);
	assert_int_equal(outcome.verdict, VERDICT_PASSED);
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_int_equal(script.calls[OP_CLOSE], 1);
}

/* The workspace has the files: to say otherwise, or to roll back, would be a lie. */
static void a_commit_that_worked_late_has_worked(void **state)
{
	(void)state;
	script_reset();
	script.acts[OP_COMMIT] = LATE;
	struct outcome outcome = play(NULL);
	assert_int_equal(outcome.verdict, VERDICT_PASSED);
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_int_equal(script.calls[OP_ROLLBACK], 0);
}

static void a_rollback_that_worked_late_has_worked(void **state)
{
	(void)state;
	script_reset();
	script.acts[OP_EXEC] = FAILS;
	script.acts[OP_ROLLBACK] = LATE;
	struct outcome outcome = play(NULL);
	assert_int_equal(outcome.verdict, VERDICT_TESTS_FAILED);
	check_rollback(outcome, WORKS);
}

/* The one who listens is the one who cancels: nothing that was told to start runs to its end. */
static void cancel_from_an_event_is_at_once(void **state)
{
	static const char *const before[] = {"extract", "plan", "snapshot"};
	static const char *const after[] = {"place", "test", "parse"};
	(void)state;

	for (size_t i = 0; i < 6; i++) {
		script_reset();
		struct outcome outcome = job_play(
			(struct job_options){0},
			(struct witness){.cancel_at = i < 3 ? before[i] : after[i - 3],
					 .cancel_inside = true});
		assert_int_equal(outcome.verdict, VERDICT_CANCELLED);
		assert_int_equal(outcome.workspace,
				 i < 3 ? WORKSPACE_UNTOUCHED : WORKSPACE_ROLLED_BACK);
		assert_int_equal(script.calls[OP_PUT], i > 3);
		assert_int_equal(script.calls[OP_EXEC], i > 4);
		assert_int_equal(script.calls[OP_COMMIT], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_well),
		cmocka_unit_test(before_the_snapshot_there_is_nothing_to_undo),
		cmocka_unit_test(after_the_snapshot_all_is_undone),
		cmocka_unit_test(cancel_leads_to_rollback),
		cmocka_unit_test(cancel_of_a_deaf_operation_ends_too),
		cmocka_unit_test(commit_and_rollback_refuse_cancel),
		cmocka_unit_test(a_close_that_fails_changes_no_verdict),
		cmocka_unit_test(a_commit_that_worked_late_has_worked),
		cmocka_unit_test(a_rollback_that_worked_late_has_worked),
		cmocka_unit_test(cancel_from_an_event_is_at_once),
	};
	return cmocka_run_group_tests_name("job", tests, job_play_set_up, job_play_tear_down);
}
