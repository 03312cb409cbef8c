/* The way of one execution through the queue and its jobs to its end. */
#include "engine/service/trial.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/container.h"
#include "engine/base/memory.h"
#include "engine/service/answer.h"
#include "engine/service/instance.h"

static struct trial *of_turn(struct queue_entry *entry)
{
	return CONTAINER(entry, struct trial, turn);
}

static struct trial *of_begin(struct deferred_call *call)
{
	return CONTAINER(call, struct trial, begin);
}

/* ---- coming and going ---- */

struct trial *trial_new(struct service *service, const struct execution_row *row)
{
	struct trial *trial = memory_zeroed(sizeof(*trial));
	struct arena *arena = &trial->arena;

	arena_init(arena);
	buf_init(&trial->report, 0);
	trial->service = service;
	trial->events = event_log_new(&service->events, row->id);
	trial->row = *row;
	trial->row.id = arena_string(arena, row->id);
	trial->row.tenant = arena_string(arena, row->tenant);
	trial->row.sandbox = arena_string(arena, row->sandbox);
	trial->row.agent = arena_string(arena, row->agent);
	trial->row.environment = arena_string(arena, row->environment);
	trial->row.callback_url = arena_string(arena, row->callback_url);
	table_add(&service->trials, &trial->by_id, trial->row.id, trial);
	service->under_way++;
	return trial;
}

void trial_forget(struct trial *trial)
{
	table_remove(&trial->service->trials, &trial->by_id);
	if (trial->key)
		table_remove(&trial->service->keys, &trial->by_key);
	trial->key = NULL;
}

static void leave_queue(struct trial *trial)
{
	if (trial->queued)
		queue_leave(&trial->turn);
	trial->queued = false;
}

void trial_leave(struct trial *trial)
{
	struct sandbox_entry *sandbox = trial->sandbox;

	trial->sandbox = NULL;
	deferred_remove(&trial->service->deferred, &trial->begin);
	leave_queue(trial);
	if (sandbox)
		sandboxes_leave(sandbox);
}

void trial_free(struct trial *trial)
{
	deferred_timer_stop(&trial->retry);
	event_log_release(trial->events);
	buf_done(&trial->report);
	arena_done(&trial->arena);
	free(trial);
}

void trial_drop(struct trial *trial)
{
	struct service *service = trial->service;

	trial_forget(trial);
	trial_leave(trial);
	candidates_free(trial);
	trial_free(trial);
	service->under_way--;
	service_idle(service);
}

/* ---- its turn ---- */

static void begin(struct deferred_call *call)
{
	struct trial *trial = of_begin(call);

	if (trial->cancelled)
		trial_end_early(trial, VERDICT_CANCELLED, trial->cancelled);
	else
		candidates_start(trial);
}

/* Called from inside other calls: what it does comes later. */
static void on_turn(struct queue_entry *entry)
{
	struct trial *trial = of_turn(entry);

	trial->running = true;
	trial->waited_ms = clock_ms() - trial->entered_ms;
	trial->row.started_ms = clock_unix_ms();
	deferred_add(&trial->service->deferred, &trial->begin, begin);
}

int trial_enter(struct trial *trial, struct error *err)
{
	trial->entered_ms = clock_ms();
	trial->turn.owner = trial->row.tenant;
	trial->turn.key = trial->row.sandbox;
	trial->turn.start = on_turn;
	trial->queued = queue_enter(trial->service->queue, &trial->turn, err) == 0;
	return trial->queued ? 0 : -1;
}

/*
 * The disk did not take the acceptance: nobody was told of the execution, and nobody will be. What runs
 * of it is ended, and leaves nothing.
 */
static void refuse(struct trial *trial, const struct error *err)
{
	trial_forget(trial);
	listeners_refused(trial, err);
	if (trial->ended)
		trial_finish(trial);
	else
		trial_cancel(trial, "refused");
}

void trial_accepted(void *ctx, const struct error *err)
{
	struct trial *trial = ctx;

	trial->acceptance = err ? ACCEPTANCE_FAILED : ACCEPTANCE_STORED;
	if (err) {
		refuse(trial, err);
		return;
	}
	listeners_accepted(trial);
	if (trial->ended)
		trial_finish(trial);
}

/* ---- its end ---- */

void trial_end(struct trial *trial, const struct execution *execution)
{
	trial->execution = *execution;
	trial->ended = true;
	trial->row.finished_ms = clock_unix_ms();
	if (trial->acceptance != ACCEPTANCE_PENDING)
		trial_finish(trial);
}

void trial_end_early(struct trial *trial, enum verdict verdict, const char *reason)
{
	struct execution execution;

	answer_unrun(&trial->arena, trial->row.id, verdict, reason, &execution);
	execution.environment = trial->row.environment;
	trial_end(trial, &execution);
}

void trial_cancel(struct trial *trial, const char *reason)
{
	if (trial->ended || trial->cancelled)
		return;
	trial->cancelled = reason;
	if (trial->running) {
		candidates_cancel(trial);
		return;
	}
	if (trial->queued)
		trial->waited_ms = clock_ms() - trial->entered_ms;
	leave_queue(trial); /* or its turn would come while its end is being stored */
	trial_end_early(trial, VERDICT_CANCELLED, reason);
}

void trial_outcome(const struct trial *trial, struct outcome *out)
{
	const struct execution_row *row = &trial->row;

	*out = (struct outcome){
		.id = row->id,
		.sandbox = row->sandbox,
		.verdict = row->verdict,
		.report = trial->report.data,
		.len = trial->report.len,
		.accepted_ms = row->accepted_ms,
		.started_ms = row->started_ms,
		.finished_ms = row->finished_ms,
		.events = trial->events,
	};
}

void trial_recover(struct service *service, const struct execution_row *row)
{
	struct trial *trial = trial_new(service, row);

	trial->acceptance = ACCEPTANCE_STORED;
	event_log_release(trial->events); /* what it told died with that process */
	trial->events = NULL;
	trial_end_early(trial, VERDICT_ERROR,
			"interrupted: the service was stopped while it ran; the workspace is as "
			"it was before");
}

/* ---- all of them ---- */

struct trial *trial_find(struct service *service, const char *tenant, const char *id)
{
	struct trial *trial = table_find(&service->trials, id);

	return trial && strcmp(trial->row.tenant, tenant) == 0 ? trial : NULL;
}

static void cancel_of(void *ctx, void *owner)
{
	struct trial *trial = owner;

	if (trial->sandbox == ctx)
		trial_cancel(trial, "cancelled before it ran: its sandbox was removed");
}

void trials_cancel_in(struct service *service, const struct sandbox_entry *sandbox)
{
	table_each(&service->trials, cancel_of, (void *)sandbox);
}

static void stop_one(void *ctx, void *owner)
{
	(void)ctx;
	trial_cancel(owner, "handed back: the service stopped before it ran");
}

void trials_stop(struct service *service)
{
	table_each(&service->trials, stop_one, NULL);
}

static void park_one(void *ctx, void *owner)
{
	(void)ctx;
	deferred_timer_stop(&((struct trial *)owner)->retry);
}

void trials_park(struct service *service)
{
	table_each(&service->trials, park_one, NULL);
}

static void free_one(void *ctx, void *owner)
{
	struct trial *trial = owner;

	(void)ctx;
	trial_forget(trial);
	trial_free(trial);
}

void trials_free(struct service *service)
{
	table_each(&service->trials, free_one, NULL);
}
