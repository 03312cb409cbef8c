/*
 * One execution under way: accepted, queued, run, stored, told. It is in memory until its end is on
 * the disk; from then on the store knows it.
 */
#ifndef SERVICE_TRIAL_H
#define SERVICE_TRIAL_H

#include "engine/base/table.h"
#include "engine/service/candidates.h"
#include "engine/service/deferred.h"
#include "engine/service/listeners.h"
#include "engine/service/service.h"

struct sandbox_entry;

/* Whether the store took the acceptance. */
enum acceptance { ACCEPTANCE_PENDING, ACCEPTANCE_STORED, ACCEPTANCE_FAILED };

struct trial {
	struct table_entry by_id, by_key;
	struct queue_entry turn;
	struct service *service;
	struct arena arena;
	struct submission asked; /* a copy in the arena */
	const struct job_input *inputs; /* of asked: one, or its candidates */
	size_t input_count;
	const char *key; /* in service->keys, NULL: none */
	struct execution_row row; /* as it was accepted, at the end as it became */
	struct sandbox_entry *sandbox; /* NULL: none that lasts */

	enum acceptance acceptance;
	struct deferred_call begin;
	struct subscription *subscriptions;
	struct subscription *cursor; /* the next to be told */
	struct event_log *events; /* all of them; the service's when it ends */

	bool queued; /* in the queue, waiting or running */
	bool running; /* its turn has come */
	const char *cancelled; /* why, NULL: it is not */
	double entered_ms, waited_ms; /* monotonic */
	struct candidates candidates;

	/* its end */
	bool ended; /* execution is complete, and the jobs that it borrows from live on */
	struct execution execution;
	struct buf report;
	uv_work_t writing; /* of a large report */
	bool told; /* listeners have heard; unless the disk refuses, it is stored as well */
	struct sandbox_row next; /* of its sandbox, once this is stored */
	unsigned tries;
	uv_timer_t *retry;
};

/* Of what a process left that died: it ends as interrupted, and was accepted by that one. */
void trial_recover(struct service *service, const struct execution_row *row);

/* The jobs are done, or there was none: execution is what came of it. */
void trial_end(struct trial *trial, const struct execution *execution);
/* It never ran. */
void trial_end_early(struct trial *trial, enum verdict verdict, const char *reason);

/* NULL: not under way, or another tenant's. */
struct trial *trial_find(struct service *service, const char *tenant, const char *id);
/* reason (static): for one that still waits. One that has ended stays as it is. */
void trial_cancel(struct trial *trial, const char *reason);
void trials_cancel_in(struct service *service, const struct sandbox_entry *sandbox);
void trials_stop(struct service *service); /* hands back what waits, cancels what runs */
/* When nothing is under way, what the disk did not take: offered no more, and freed. */
void trials_park(struct service *service);
void trials_free(struct service *service);

void trial_outcome(const struct trial *trial, struct outcome *out);

/* ---- between trial.c, submit.c and trial_finish.c ---- */

struct trial *trial_new(struct service *service, const struct execution_row *row);
/* Into the queue; its turn may be next. */
int trial_enter(struct trial *trial, struct error *err);
/* The store has answered. */
void trial_accepted(void *ctx, const struct error *err);

/* It is known to nobody from now on. */
void trial_forget(struct trial *trial);
void trial_leave(struct trial *trial); /* the queue and the sandbox */
void trial_free(struct trial *trial);
void trial_drop(struct trial *trial); /* all of these: it leaves nothing */

/* trial_finish.c: stores how it ended, then tells. */
void trial_finish(struct trial *trial);

#endif
