/*
 * The disk limit of a dependency layer that is being built. It lies on the host's disk, where only a quota
 * could bound it as it grows; so a thread looks at it again and again, and sooner when the disk's
 * free space falls fast.
 */
#ifndef NAMESPACE_ROOM_H
#define NAMESPACE_ROOM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* What one build may do to the disk; set before its first command. */
struct room_bounds {
	uint64_t limit; /* bytes that it may take */
	uint64_t floor; /* bytes that must stay free, whoever takes them */
	bool by_disk; /* the limit is not the run's own but half of what was free */
};

struct room_look {
	uint64_t bytes; /* that the build takes */
	uint64_t free; /* on its disk */
	bool hidden; /* part of it cannot be seen */
	double ended, took; /* ms */
};

struct room {
	bool active;
	int folder; /* that holds the build's `workspace` and `deps` */
	struct room_bounds bounds;
	struct room_look look;
	bool exceeded;
	void (*over)(void *ctx);
	void *ctx;

	uv_timer_t timer;
	uv_work_t work;
	bool working, last; /* a thread is at it; for the last time */
	uv_close_cb closed;
};

/* The bounds for a build in folder; disk is the run's own limit, 0: none. */
void room_bounds(int folder, uint64_t disk, struct room_bounds *out);

/* Borrows folder until it is stopped. over is called once, if it is too much. */
void room_watch(struct room *room, uv_loop_t *loop, int folder, const struct room_bounds *bounds,
		void (*over)(void *ctx), void *ctx);

/* Looks a last time; then closed is called with a handle whose data is ctx, and look is final. */
void room_stop(struct room *room, uv_close_cb closed);

enum { ROOM_WHY = 160 };

/* What was exceeded, in words that follow "NAME was ended: ". */
void room_why(const struct room *room, char out[ROOM_WHY]);

#endif
