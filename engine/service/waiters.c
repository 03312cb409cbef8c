/* A list of calls. */
#include "engine/service/waiters.h"

#include <stddef.h>
#include <stdlib.h>

#include "engine/base/container.h"
#include "engine/base/memory.h"

struct waiter {
	struct waiter *next;
	struct deferred_call call;
	store_done_fn fn;
	void *ctx;
};

static struct waiter *waiter_new(store_done_fn fn, void *ctx)
{
	struct waiter *waiter = memory_zeroed(sizeof(*waiter));

	waiter->fn = fn;
	waiter->ctx = ctx;
	return waiter;
}

static void call_one(struct waiter *waiter, const struct error *err)
{
	store_done_fn fn = waiter->fn;
	void *ctx = waiter->ctx;

	free(waiter);
	fn(ctx, err);
}

void waiters_add(struct waiter **list, store_done_fn fn, void *ctx)
{
	if (!fn)
		return;
	struct waiter *waiter = waiter_new(fn, ctx);
	while (*list)
		list = &(*list)->next;
	*list = waiter;
}

void waiters_call(struct waiter **list, const struct error *err)
{
	while (*list) {
		struct waiter *waiter = *list;
		*list = waiter->next;
		call_one(waiter, err);
	}
}

static void on_turn(struct deferred_call *call)
{
	call_one(CONTAINER(call, struct waiter, call), NULL);
}

void waiters_replay(struct deferred *deferred, store_done_fn fn, void *ctx)
{
	if (fn)
		deferred_add(deferred, &waiter_new(fn, ctx)->call, on_turn);
}
