/*
 * The memory limit where no control group can be had: looks at the processes of a sandbox now and
 * then. A lower wall than a control group: what is allocated between two looks is not seen.
 */
#ifndef NAMESPACE_WATCH_H
#define NAMESPACE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

struct watch {
	uv_timer_t timer;
	bool active;
	pid_t root; /* all its descendants are looked at */
	uint64_t limit; /* bytes resident, of all together */
	void (*over)(void *ctx);
	void *ctx;
	uint64_t peak_memory;
	unsigned processes; /* the most at once, without init */
};

/* limit 0: does nothing. over is called once for each look that finds too much. */
void watch_start(struct watch *watch, uv_loop_t *loop, pid_t root, uint64_t limit,
		 void (*over)(void *ctx), void *ctx);

/* closed is called with a handle whose data is ctx; never when limit was 0. */
void watch_stop(struct watch *watch, uv_close_cb closed);

#endif
