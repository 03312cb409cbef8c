/*
 * Calls that are owed for later, from the loop: so that a function that promises to call back "later"
 * never does before it has returned.
 */
#ifndef SERVICE_LATER_H
#define SERVICE_LATER_H

#include <stdbool.h>
#include <uv.h>

/* Embedded by whoever is to be called. */
struct later_call {
	void (*fn)(struct later_call *call);

	/* later.c's own */
	struct later_call *next, *previous;
	bool waiting;
};

struct later {
	uv_timer_t timer;
	struct later_call *first, *last;
	size_t count;
};

void later_init(struct later *later, uv_loop_t *loop);
void later_close(struct later *later, uv_close_cb closed); /* what is still owed is not called */

/* Calls fn once; one that waits already keeps its place. */
void later_add(struct later *later, struct later_call *call, void (*fn)(struct later_call *call));
void later_remove(struct later *later, struct later_call *call);

/* A timer of its own, for once: fn finds data in it. Stopped or not, it ends with later_stop. */
uv_timer_t *later_start(uv_loop_t *loop, uint64_t ms, uv_timer_cb fn, void *data);
void later_stop(uv_timer_t **timer); /* NULL inside: there is none */

#endif
