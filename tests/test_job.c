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
	uint64_t seq;
	const char *open_stage; /* started and not ended */
	enum verdict verdict;
	unsigned verdicts, finished;
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
		if (witness->cancel_at && strcmp(witness->cancel_at, event->stage) == 0)
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

struct outcome {
	enum verdict verdict;
	enum workspace_outcome workspace;
	bool quarantined;
};

/* One job on the script as it stands; checks what must hold for every job. */
static struct outcome play(const char *cancel_at)
{
	uv_loop_t loop;
	struct witness witness = {.cancel_at = cancel_at};
	struct error err = {0};
	struct job_options options = {
		.state_dir = state_dir,
		.workspace = "/tmp/assay-job-workspace-that-is-not-there",
		.rules = rules,
		.sandbox = &scripted_sandbox,
		.patience_ms = 20,
		.on_event = on_event,
		.on_event_ctx = &witness,
	};

	assert_int_equal(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &witness.cancel);
	witness.cancel.data = &witness;
	const struct job_input input = {.text = reply, .len = strlen(reply)};
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
				  execution->quarantined != NULL};
	job_free(witness.job);

	/* A late answer finds nobody, breaks nothing, and its sandbox is closed. */
	script_release();
	uv_close((uv_handle_t *)&witness.cancel, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(script.open, 0);
	return outcome;
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
	};
	return cmocka_run_group_tests_name("job", tests, set_up, tear_down);
}
