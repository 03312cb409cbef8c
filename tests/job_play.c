/* Plays one job on the scripted sandbox and checks what must hold for every job. */
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
#include "tests/job_play.h"

static const char reply[] = "Run this:\n\n```bash\necho hello\n```\n";
struct ruleset *job_play_rules;
char job_play_state_dir[] = "/tmp/assay-job-XXXXXX";

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
			uv_timer_start(&witness->timer, cancel_now, 1, 0);
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

void job_play_judged(void *ctx, struct job *job)
{
	struct witness *witness = ctx;

	assert_ptr_equal(job, witness->job);
	assert_string_equal(witness->open_stage, "settle");
	assert_int_not_equal(job_execution(job)->verdict, VERDICT_NONE);
	assert_int_equal(script.calls[OP_COMMIT], 0);
	assert_int_equal(script.calls[OP_ROLLBACK], job_execution(job)->reruns);
	witness->judged++;
	if (witness->settle == CHOSEN_LATER)
		uv_timer_start(&witness->timer, choose_now, 40, 0);
	else if (witness->settle != SETTLE_NEVER)
		job_settle(job, witness->settle == CHOSEN);
}

static size_t count_flaky(const struct results *results)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++)
		count += results->tests[i].flaky;
	return count;
}

static struct outcome outcome_of(const struct execution *execution, unsigned judged)
{
	struct outcome outcome = {
		.verdict = execution->verdict,
		.workspace = execution->outcome,
		.quarantined = execution->quarantined,
		.revised = execution->revision,
		.judged = judged,
		.reruns = execution->reruns,
		.flaky = count_flaky(&execution->results),
		.outputs = execution->output_count,
	};

	for (size_t i = 0; i < execution->stage_count; i++)
		outcome.rerun_recorded |= strcmp(execution->stages[i].name, "rerun") == 0;
	snprintf(outcome.reason, sizeof(outcome.reason), "%s", execution->reason);
	for (const char **note = execution->notes; note && *note; note++)
		snprintf(outcome.note, sizeof(outcome.note), "%s", *note);
	return outcome;
}

struct outcome job_play(struct job_options options, struct witness witness)
{
	uv_loop_t loop;
	struct error err = {0};
	const struct job_input input = {.text = reply, .len = strlen(reply)};

	options.state_dir = job_play_state_dir;
	if (!options.revisions)
		options.workspace = "/tmp/assay-job-workspace-that-is-not-there";
	options.rules = job_play_rules;
	options.sandbox = &scripted_sandbox;
	options.patience_ms = 20;
	options.on_event = on_event;
	options.on_event_ctx = options.on_judged_ctx = &witness;
	assert_int_equal(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &witness.timer);
	witness.timer.data = &witness;
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
	struct outcome outcome = outcome_of(execution, witness.judged);
	for (size_t i = 0; i < execution->stage_count; i++)
		assert_true(options.on_judged || strcmp(execution->stages[i].name, "settle") != 0);
	job_free(witness.job);

	/* A late answer finds nobody, breaks nothing, and its sandbox is closed. */
	script_release();
	uv_close((uv_handle_t *)&witness.timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(script.open, 0);
	return outcome;
}

int job_play_set_up(void **state)
{
	struct error err = {0};
	(void)state;

	if (!mkdtemp(job_play_state_dir) || ruleset_load(&job_play_rules, NULL, &err) != 0)
		return -1;
	return 0;
}

int job_play_tear_down(void **state)
{
	(void)state;
	ruleset_free(job_play_rules);
	return file_remove_tree(AT_FDCWD, job_play_state_dir, NULL);
}
