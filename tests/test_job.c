/*
 * The stage table under attack: every sandbox operation x {fails, refuses, hangs, never answers, is
 * cancelled} x {rollback works, fails, refuses, hangs, never answers}. For each: the verdict, what became
 * of the workspace, events without gaps, no handle left on the loop, and (under LeakSanitizer) no leak.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/pipeline/job.h"
#include "tests/scripted_sandbox.h"

static const char reply[] = "Run this:\n\n```bash\necho hello\n```\n";
static struct ruleset *rules;
static char state_dir[] = "/tmp/assay-job-XXXXXX";

/* What the events of one job said. */
struct witness {
	struct job *job;
	const char *cancel_at; /* stage during which job_cancel is called */
	bool cancel_inside; /* from the event itself, not a moment later */
	uint64_t seq;
	const char *open_stage; /* started and not ended */
	enum verdict verdict;
	unsigned verdicts, finished, judged;
	enum { SETTLE_NEVER, CHOSEN, NOT_CHOSEN, CHOSEN_LATER } settle;
	uv_timer_t cancel;
};

static void cancel_now(uv_timer_t *timer)
{
	struct witness *witness = timer->data;

	job_cancel(witness->job);
}

static void on_event(void *ctx, const struct event *event)
{
	struct witness *witness = ctx;

	assert_int_equal(event->seq, ++witness->seq);
	if (event->type == EVENT_VERDICT) {
		witness->verdict = event->verdict;
		witness->verdicts++;
	} else if (event->type == EVENT_STAGE && event->status == EVENT_STARTED) {
		assert_null(witness->open_stage);
		witness->open_stage = event->stage;
		if (!witness->cancel_at || strcmp(witness->cancel_at, event->stage) != 0)
			return;
		if (witness->cancel_inside)
			job_cancel(witness->job);
		else
			uv_timer_start(&witness->cancel, cancel_now, 1, 0);
	} else if (event->type == EVENT_STAGE) {
		assert_string_equal(witness->open_stage, event->stage);
		witness->open_stage = NULL;
	}
}

static void on_done(void *ctx, struct job *job)
{
	struct witness *witness = ctx;

	assert_ptr_equal(job, witness->job);
	witness->finished++;
}

static void choose_now(uv_timer_t *timer)
{
	struct witness *witness = timer->data;

	job_settle(witness->job, true);
}

static void on_judged(void *ctx, struct job *job)
{
	struct witness *witness = ctx;

	assert_ptr_equal(job, witness->job);
	assert_string_equal(witness->open_stage, "settle");
	assert_int_not_equal(job_execution(job)->verdict, VERDICT_NONE);
	assert_int_equal(script.calls[OP_COMMIT] + script.calls[OP_ROLLBACK], 0);
	witness->judged++;
	if (witness->settle == CHOSEN_LATER)
		uv_timer_start(&witness->cancel, choose_now, 40, 0);
	else if (witness->settle != SETTLE_NEVER)
		job_settle(job, witness->settle == CHOSEN);
}

struct outcome {
	enum verdict verdict;
	enum workspace_outcome workspace;
	bool quarantined;
	bool revised;
	unsigned judged;
};

/* One job on the script as it stands; checks what must hold for every job. */
static struct outcome play_with(struct job_options options, struct witness witness)
{
	uv_loop_t loop;
	struct error err = {0};
	const struct job_input input = {.text = reply, .len = strlen(reply)};

	options.state_dir = state_dir;
	if (!options.revisions)
		options.workspace = "/tmp/assay-job-workspace-that-is-not-there";
	options.rules = rules;
	options.sandbox = &scripted_sandbox;
	options.patience_ms = 20;
	options.on_event = on_event;
	options.on_event_ctx = options.on_judged_ctx = &witness;
	assert_int_equal(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &witness.cancel);
	witness.cancel.data = &witness;
	if (job_start(&witness.job, &loop, &options, &input, on_done, &witness, &err) != 0)
		fail_msg("%s", err.text);
	while (!witness.finished)
		uv_run(&loop, UV_RUN_ONCE);

	assert_int_equal(witness.finished, 1);
	assert_int_equal(witness.verdicts, 1);
	assert_null(witness.open_stage);
	const struct execution *execution = job_execution(witness.job);
	assert_int_equal(witness.verdict, execution->verdict);
	assert_non_null(execution->reason);
	assert_non_null(execution->phase);
	struct outcome outcome = {execution->verdict, execution->outcome,
				  execution->quarantined != NULL, execution->revision != NULL,
				  witness.judged};
	for (size_t i = 0; i < execution->stage_count; i++)
		assert_true(options.on_judged || strcmp(execution->stages[i].name, "settle") != 0);
	job_free(witness.job);

	/* A late answer finds nobody, breaks nothing, and its sandbox is closed. */
	script_release();
	uv_close((uv_handle_t *)&witness.cancel, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(script.open, 0);
	return outcome;
}

static struct outcome play(const char *cancel_at)
{
	return play_with((struct job_options){0}, (struct witness){.cancel_at = cancel_at});
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
		struct outcome outcome = play_with(
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

/* ---- a job that waits to be chosen ---- */

static struct outcome play_held(enum script_act exec, enum on_failure on_failure,
				struct witness witness)
{
	script_reset();
	script.acts[OP_EXEC] = exec;
	return play_with((struct job_options){.on_judged = on_judged, .on_failure = on_failure},
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
	struct outcome outcome = play_with(
		(struct job_options){.on_judged = on_judged, .deadline_ms = 200},
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
	struct outcome outcome = play_with(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_true(outcome.revised);
	assert_int_equal(script.views, 1);
	assert_ptr_equal(script.revisions, chain);
	assert_true(script.flattens);

	script_reset(); /* nothing changed: the head stays where it is */
	outcome = play_with(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_COMMITTED);
	assert_false(outcome.revised);

	script_reset(); /* an empty chain is an empty workspace */
	options.revisions = none;
	script.revises = true;
	script.acts[OP_EXEC] = FAILS;
	options.on_failure = ON_FAILURE_KEEP;
	outcome = play_with(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_KEPT);
	assert_true(outcome.revised);
	assert_int_equal(script.views, 0);

	options.on_failure = ON_FAILURE_ROLLBACK;
	outcome = play_with(options, (struct witness){0});
	assert_int_equal(outcome.workspace, WORKSPACE_ROLLED_BACK);
	assert_false(outcome.revised);
}

static int set_up(void **state)
{
	struct error err = {0};
	(void)state;

	if (!mkdtemp(state_dir) || ruleset_load(&rules, NULL, &err) != 0)
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ruleset_free(rules);
	return file_remove_tree(AT_FDCWD, state_dir, NULL);
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
		cmocka_unit_test(the_chosen_goes_on_as_ever),
		cmocka_unit_test(who_is_not_chosen_is_rolled_back),
		cmocka_unit_test(a_cancel_ends_the_wait),
		cmocka_unit_test(a_deadline_ends_the_wait),
		cmocka_unit_test(who_ends_earlier_is_never_asked),
		cmocka_unit_test(a_commit_names_its_revision),
	};
	return cmocka_run_group_tests_name("job", tests, set_up, tear_down);
}
