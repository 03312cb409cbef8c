/* Subscriptions in a list of their trial, or on their own when all is over already. */
#include "engine/service/listeners.h"

#include <stdlib.h>

#include "engine/base/container.h"
#include "engine/base/memory.h"
#include "engine/service/instance.h"
#include "engine/service/trial.h"

struct subscription {
	struct subscription *next, *previous;
	struct service *service;
	struct trial *trial; /* NULL: it is over */
	struct listener listener;
	bool accepted; /* it was told so */
	bool replayed;
	struct deferred_call call; /* when it is told of what was before it came */
	struct arena arena; /* of outcome */
	struct outcome outcome;
};

static struct subscription *subscription_new(struct service *service,
					     const struct listener *listener, bool replayed)
{
	struct subscription *made = memory_zeroed(sizeof(*made));

	made->service = service;
	made->listener = *listener;
	made->replayed = replayed;
	arena_init(&made->arena);
	service->subscriptions++;
	return made;
}

static void take_out(struct subscription *subscription)
{
	struct trial *trial = subscription->trial;

	if (trial->cursor == subscription)
		trial->cursor = subscription->next;
	if (subscription->next)
		subscription->next->previous = subscription->previous;
	if (subscription->previous)
		subscription->previous->next = subscription->next;
	else
		trial->subscriptions = subscription->next;
}

void service_unlisten(struct subscription *subscription)
{
	if (subscription->trial)
		take_out(subscription);
	deferred_remove(&subscription->service->deferred, &subscription->call);
	subscription->service->subscriptions--;
	event_log_release(subscription->outcome.events);
	arena_done(&subscription->arena);
	free(subscription);
}

/* err NULL: what it listens to is on the disk. Otherwise it is gone when its listener hears of it. */
static void tell_acceptance(struct subscription *subscription, const struct error *err)
{
	struct listener listener = subscription->listener;

	if (subscription->accepted)
		return;
	subscription->accepted = true;
	if (err)
		service_unlisten(subscription);
	if (listener.on_accepted)
		listener.on_accepted(listener.ctx, err);
}

/* It is gone when its listener hears of it. */
static void tell_outcome(struct subscription *subscription, struct outcome outcome)
{
	struct listener listener = subscription->listener;
	struct arena arena = subscription->arena; /* outlives the subscription */

	outcome.replayed = subscription->replayed;
	event_log_hold(outcome.events);
	arena_init(&subscription->arena);
	service_unlisten(subscription);
	if (listener.on_done)
		listener.on_done(listener.ctx, &outcome);
	event_log_release(outcome.events);
	arena_done(&arena);
}

/* ---- of a trial ---- */

static void tell_events(struct subscription *subscription, const struct error *err)
{
	struct trial *trial = subscription->trial;

	(void)err;
	if (subscription->accepted && subscription->listener.on_events && trial->events)
		subscription->listener.on_events(subscription->listener.ctx, trial->events);
}

static void tell_end(struct subscription *subscription, const struct error *err)
{
	struct outcome outcome;

	(void)err;
	trial_outcome(subscription->trial, &outcome);
	tell_outcome(subscription, outcome);
}

/* A listener may stop listening while it is told, or make another stop: the cursor is moved then. */
static void tell_all(struct trial *trial,
		     void (*tell)(struct subscription *subscription, const struct error *err),
		     const struct error *err)
{
	struct subscription *it = trial->subscriptions;

	while (it) {
		trial->cursor = it->next;
		tell(it, err);
		it = trial->cursor;
	}
	trial->cursor = NULL;
}

/* What was before it came. */
static void on_joined(struct deferred_call *call)
{
	struct subscription *subscription = CONTAINER(call, struct subscription, call);

	if (subscription->trial->acceptance == ACCEPTANCE_PENDING)
		return; /* it is told with the others */
	if (subscription->accepted) {
		tell_events(subscription, NULL);
		return;
	}
	deferred_add(&subscription->service->deferred, call, on_joined);
	tell_acceptance(subscription, NULL);
}

void listeners_add(struct trial *trial, const struct listener *listener, bool replayed,
		   struct subscription **out)
{
	struct subscription *made = subscription_new(trial->service, listener, replayed);

	made->trial = trial;
	made->next = trial->subscriptions;
	if (made->next)
		made->next->previous = made;
	trial->subscriptions = made;
	deferred_add(&trial->service->deferred, &made->call, on_joined);
	*out = made;
}

void listeners_event(struct trial *trial, const struct event *event)
{
	event_log_add(trial->events, event);
	tell_all(trial, tell_events, NULL);
}

void listeners_accepted(struct trial *trial)
{
	tell_all(trial, tell_acceptance, NULL);
	tell_all(trial, tell_events, NULL);
}

void listeners_refused(struct trial *trial, const struct error *err)
{
	tell_all(trial, tell_acceptance, err);
}

void listeners_done(struct trial *trial)
{
	tell_all(trial, tell_acceptance, NULL); /* who has just joined */
	tell_all(trial, tell_end, NULL);
}

/* ---- of what is over ---- */

static void on_turn(struct deferred_call *call)
{
	struct subscription *subscription = CONTAINER(call, struct subscription, call);

	if (subscription->accepted) {
		tell_outcome(subscription, subscription->outcome);
		return;
	}
	deferred_add(&subscription->service->deferred, call, on_turn);
	tell_acceptance(subscription, NULL);
}

void listeners_replay(struct service *service, const struct outcome *outcome,
		      const struct listener *listener, struct subscription **out)
{
	struct subscription *made = subscription_new(service, listener, outcome->replayed);
	struct arena *arena = &made->arena;

	made->outcome = *outcome;
	made->outcome.id = arena_string(arena, outcome->id);
	made->outcome.sandbox = arena_string(arena, outcome->sandbox);
	made->outcome.verdict = arena_string(arena, outcome->verdict);
	made->outcome.report = arena_copy(arena, outcome->report, outcome->len);
	event_log_hold(outcome->events);
	deferred_add(&service->deferred, &made->call, on_turn);
	*out = made;
}
