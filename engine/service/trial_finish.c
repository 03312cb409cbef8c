/*
 * How an execution ends: one transaction with all that it leaves, then everybody is told.
 *
 * When the disk refuses the transaction, nothing of it is there: the head of the sandbox has not moved. It
 * is tried again for a moment. After that the client must be told something, and "passed" would be a lie,
 * for no trace of it would outlive the process: the execution becomes an error that says so, its revision
 * is dropped, and its sandbox goes on from where it was. That small report is then offered to the disk
 * until it is taken; meanwhile nothing new is accepted. If the process ends before, the next start finds
 * an unfinished execution and calls it interrupted, which is an error as well.
 */
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/service/answer.h"
#include "engine/service/instance.h"
#include "engine/service/trial.h"

enum { TRIES = 4, FIRST_RETRY_MS = 50, SLOW_RETRY_MS = 5000 };

static void store(struct trial *trial);

/* ---- what is stored ---- */

/* Of the trial nothing changes any more, so that a thread may do it. */
static void write_report(struct trial *trial)
{
	buf_done(&trial->report);
	answer_write(trial, &trial->report);
}

static void complete_row(struct trial *trial)
{
	const struct execution *execution = &trial->execution;
	struct execution_row *row = &trial->row;

	row->state = EXECUTION_FINAL;
	row->verdict = verdict_name(execution->verdict);
	row->reason = execution->reason;
	if (execution->environment)
		row->environment = execution->environment;
	row->wall_ms = isnan(execution->wall_ms) ? 0 : execution->wall_ms;
	row->log_dir = execution->spool;
	row->log_bytes = execution->spool_bytes;
	row->report = trial->report.data;
}

static bool used_sandbox(const struct trial *trial)
{
	return trial->sandbox && trial->candidates.count > 0;
}

static void next_row(struct trial *trial)
{
	const struct sandbox_row *now = &trial->sandbox->row;
	const char *revision = trial->execution.revision;
	struct sandbox_row next = sandboxes_next(trial->sandbox, revision ? revision : now->head);

	next.executions++;
	if (trial->execution.verdict == VERDICT_PASSED) {
		next.last_success = next.head;
		next.succeeded = true;
	}
	trial->next = next;
}

/* ---- afterwards ---- */

static void tell(struct trial *trial)
{
	struct service *service = trial->service;
	bool ran = trial->candidates.count > 0;
	struct outcome outcome;

	trial->told = true;
	trial_leave(trial); /* first: who is told may ask for the sandbox at once */
	trial_outcome(trial, &outcome);
	if (service->on_final)
		service->on_final(service->on_final_ctx, &outcome, ran ? &trial->execution : NULL,
				  trial->waited_ms);
	listeners_done(trial);
	if (ran && trial->execution.isolation.network &&
	    strcmp(trial->execution.isolation.network, "none") != 0)
		sweeper_wake(service); /* it has installed: one more layer, perhaps */
	candidates_free(trial);
	service->under_way--;
	service_idle(service);
}

static void stored(struct trial *trial)
{
	struct service *service = trial->service;

	if (trial->row.callback_url && service->callbacks)
		callbacks_wake(service->callbacks);
	sweeper_grown(service, trial->report.len + trial->row.log_bytes);
	trial_forget(trial);
	if (trial->events)
		event_logs_keep(&service->events, event_log_hold(trial->events));
	if (trial->told) {
		service->unkept--;
	} else {
		if (used_sandbox(trial))
			sandboxes_keep(trial->sandbox, &trial->next);
		tell(trial);
	}
	trial_free(trial);
}

static void give_up(struct trial *trial, const struct error *err)
{
	const char *reason = arena_printf(
		&trial->arena,
		"the result could not be stored: %s; the workspace is as it was before", err->text);

	log_write(LOG_ERROR, "execution %s: %s", trial->row.id, reason);
	sweeper_execution(trial->service, &trial->execution);
	candidates_free(trial);
	answer_unrun(&trial->arena, trial->row.id, VERDICT_ERROR, reason, &trial->execution);
	trial->row.environment = trial->asked.environment; /* the jobs are gone, and theirs */
	write_report(trial);
	complete_row(trial);
	trial->service->unkept++;
	tell(trial);
}

static void on_retry(uv_timer_t *timer)
{
	struct trial *trial = timer->data;

	deferred_timer_stop(&trial->retry);
	store(trial);
}

static void on_stored(void *ctx, const struct error *err)
{
	struct trial *trial = ctx;
	uint64_t wait = FIRST_RETRY_MS;

	if (!err) {
		stored(trial);
		return;
	}
	if (++trial->tries == TRIES)
		give_up(trial, err);
	for (unsigned i = 1; i < trial->tries && wait < SLOW_RETRY_MS; i++)
		wait *= 4;
	if (trial->told)
		wait = SLOW_RETRY_MS;
	if (trial->service->closing) /* parked: the next start ends it */
		return;
	trial->retry = deferred_timer_start(trial->service->loop, wait, on_retry, trial);
}

static void store(struct trial *trial)
{
	const struct execution *execution = &trial->execution;
	struct store_final final = {.execution = &trial->row};
	struct delivery_row delivery = {
		.execution = trial->row.id,
		.tenant = trial->row.tenant,
		.url = trial->row.callback_url,
		.next_ms = clock_unix_ms(),
	};
	struct revision_row revision = {
		.id = execution->revision,
		.tenant = trial->row.tenant,
		.bytes = execution->changes.bytes,
		.created_ms = trial->row.finished_ms,
	};

	if (used_sandbox(trial)) {
		next_row(trial);
		revision.parent = trial->candidates.flatten ? NULL : trial->sandbox->row.head;
		final.sandbox = &trial->next;
		final.results = execution->results.count > 0 ? &execution->results : NULL;
		final.revision = revision.id ? &revision : NULL;
	}
	if (delivery.url)
		final.delivery = &delivery;
	store_finish(trial->service->store, &final, on_stored, trial);
}

static void on_thread(uv_work_t *work)
{
	write_report(work->data);
}

static void on_written(uv_work_t *work, int status)
{
	struct trial *trial = work->data;

	(void)status;
	complete_row(trial);
	store(trial);
}

void trial_finish(struct trial *trial)
{
	if (trial->acceptance == ACCEPTANCE_FAILED) { /* nobody knows of it */
		sweeper_execution(trial->service, &trial->execution);
		trial_drop(trial);
		return;
	}
	trial->writing.data = trial;
	if (answer_is_large(trial) &&
	    uv_queue_work(trial->service->loop, &trial->writing, on_thread, on_written) == 0)
		return;
	write_report(trial);
	complete_row(trial);
	store(trial);
}
