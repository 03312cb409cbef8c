/* A list and a timer of no time. */
#include "engine/service/deferred.h"

#include <stddef.h>
#include <stdlib.h>

#include "engine/base/memory.h"

static void take_out(struct deferred *deferred, struct deferred_call *call)
{
	if (call->next)
		call->next->previous = call->previous;
	else
		deferred->last = call->previous;
	if (call->previous)
		call->previous->next = call->next;
	else
		deferred->first = call->next;
	call->waiting = false;
	deferred->count--;
}

/* Only as many as wait now: what they add comes in the next turn, or two calls could keep the loop. */
static void on_timer(uv_timer_t *timer)
{
	struct deferred *deferred = timer->data;

	for (size_t left = deferred->count; left > 0 && deferred->first; left--) {
		struct deferred_call *call = deferred->first;
		take_out(deferred, call);
		call->fn(call);
	}
	if (deferred->first && !uv_is_closing((uv_handle_t *)timer))
		uv_timer_start(timer, on_timer, 0, 0);
}

void deferred_init(struct deferred *deferred, uv_loop_t *loop)
{
	*deferred = (struct deferred){.first = NULL};
	uv_timer_init(loop, &deferred->timer);
	deferred->timer.data = deferred;
}

void deferred_close(struct deferred *deferred, uv_close_cb closed)
{
	uv_close((uv_handle_t *)&deferred->timer, closed);
}

void deferred_add(struct deferred *deferred, struct deferred_call *call,
		  void (*fn)(struct deferred_call *call))
{
	if (call->waiting)
		return;
	*call = (struct deferred_call){.fn = fn, .previous = deferred->last, .waiting = true};
	if (deferred->last)
		deferred->last->next = call;
	else
		deferred->first = call;
	deferred->last = call;
	deferred->count++;
	uv_timer_start(&deferred->timer, on_timer, 0, 0);
}

void deferred_remove(struct deferred *deferred, struct deferred_call *call)
{
	if (call->waiting)
		take_out(deferred, call);
}

uv_timer_t *deferred_timer_start(uv_loop_t *loop, uint64_t ms, uv_timer_cb fn, void *data)
{
	uv_timer_t *timer = memory_zeroed(sizeof(*timer));

	uv_timer_init(loop, timer);
	timer->data = data;
	uv_timer_start(timer, fn, ms, 0);
	return timer;
}

static void free_timer(uv_handle_t *timer)
{
	free(timer);
}

void deferred_timer_stop(uv_timer_t **timer)
{
	if (*timer)
		uv_close((uv_handle_t *)*timer, free_timer);
	*timer = NULL;
}
