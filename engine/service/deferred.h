/*
 * Calls that are owed for later, from the loop: so that a function that promises to call back "later"
 * never does before it has returned.
 */
#ifndef SERVICE_DEFERRED_H
#define SERVICE_DEFERRED_H

#include <stdbool.h>
#include <uv.h>

/* Embedded by whoever is to be called. */
struct deferred_call {
	void (*fn)(struct deferred_call *call);

	/* deferred.c's own */
	struct deferred_call *next, *previous;
	bool waiting;
};

struct deferred {
	uv_timer_t timer;
	struct deferred_call *first, *last;
	size_t count;
};

void deferred_init(struct deferred *deferred, uv_loop_t *loop);
/* What is still owed is not called. */
void deferred_close(struct deferred *deferred, uv_close_cb closed);

/* Calls fn once; one that waits already keeps its place. */
void deferred_add(struct deferred *deferred, struct deferred_call *call,
		  void (*fn)(struct deferred_call *call));
void deferred_remove(struct deferred *deferred, struct deferred_call *call);

/* A timer of its own, for once: fn finds data in it. Stopped or not, it ends with deferred_timer_stop. */
uv_timer_t *deferred_timer_start(uv_loop_t *loop, uint64_t ms, uv_timer_cb fn, void *data);
void deferred_timer_stop(uv_timer_t **timer); /* NULL inside: there is none */

#endif
