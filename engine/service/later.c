/* A list and a timer of no time. */
#include "engine/service/later.h"

#include <stddef.h>
#include <stdlib.h>

#include "engine/base/memory.h"

static void take_out(struct later *later, struct later_call *call)
{
	if (call->next)
		call->next->previous = call->previous;
	else
		later->last = call->previous;
	if (call->previous)
		call->previous->next = call->next;
	else
		later->first = call->next;
	call->waiting = false;
	later->count--;
}

/* Only as many as wait now: what they add comes in the next turn, or two calls could keep the loop. */
static void on_timer(uv_timer_t *timer)
{
	struct later *later = timer->data;

	for (size_t left = later->count; left > 0 && later->first; left--) {
		struct later_call *call = later->first;
		take_out(later, call);
		call->fn(call);
	}
	if (later->first && !uv_is_closing((uv_handle_t *)timer))
		uv_timer_start(timer, on_timer, 0, 0);
}

void later_init(struct later *later, uv_loop_t *loop)
{
	*later = (struct later){.first = NULL};
	uv_timer_init(loop, &later->timer);
	later->timer.data = later;
}

void later_close(struct later *later, uv_close_cb closed)
{
	uv_close((uv_handle_t *)&later->timer, closed);
}

void later_add(struct later *later, struct later_call *call, void (*fn)(struct later_call *call))
{
	if (call->waiting)
		return;
	*call = (struct later_call){.fn = fn, .previous = later->last, .waiting = true};
	if (later->last)
		later->last->next = call;
	else
		later->first = call;
	later->last = call;
	later->count++;
	uv_timer_start(&later->timer, on_timer, 0, 0);
}

void later_remove(struct later *later, struct later_call *call)
{
	if (call->waiting)
		take_out(later, call);
}

uv_timer_t *later_start(uv_loop_t *loop, uint64_t ms, uv_timer_cb fn, void *data)
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

void later_stop(uv_timer_t **timer)
{
	if (*timer)
		uv_close((uv_handle_t *)*timer, free_timer);
	*timer = NULL;
}
