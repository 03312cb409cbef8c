/*
 * Whether the service can do its work, found out by doing some: `true` in a fresh sandbox, past the queue, so
 * that a full one is not taken for a broken one; a write to the store; a look at the disk. One canary flies at
 * a time, however many ask, and what it found holds for some seconds.
 */
#ifndef SERVICE_CANARY_H
#define SERVICE_CANARY_H

#include "engine/service/service.h"

struct canary;

/* Borrowed until canary_close has closed. */
struct canary_settings {
	const struct service_settings *service;
	struct store *store; /* attached to the loop */
	unsigned fresh_ms; /* how long an answer holds; 0: 10 s */
	unsigned within_ms; /* for all of it, then it counts as hanging; 0: 15 s */
	uint64_t disk_min; /* bytes free on the state's disk; 0: 64 MiB */
};

struct canary_check {
	bool ok;
	const char *why; /* a clause; NULL when ok */
	double ms; /* how long it took */
};

struct canary_state {
	bool healthy;
	const char *why; /* the first that is wrong; NULL when healthy */
	struct canary_check sandbox, store, disk;
	uint64_t disk_free; /* bytes */
	double ms; /* how long all of it took */
	double age_ms; /* since it was found */
};

/* state is good until it returns. */
typedef void (*canary_fn)(void *ctx, const struct canary_state *state);

struct canary *canary_new(uv_loop_t *loop, const struct canary_settings *settings);

/* done is called once, later: from what is known, or when the canary is back. */
void canary_ask(struct canary *canary, canary_fn done, void *ctx);

/* Whoever asked with ctx is not told any more. */
void canary_forget(struct canary *canary, void *ctx);

/* Nobody is told any more; closed is called later, and canary is gone then. Before the store is detached. */
void canary_close(struct canary *canary, void (*closed)(void *ctx), void *ctx);

#endif
