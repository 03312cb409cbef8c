/*
 * Bounded admission: at most so many run, so many more wait, the rest are refused at once. Owners take
 * turns, each in the order of its arrivals. Two entries with one key never run together.
 */
#ifndef PIPELINE_QUEUE_H
#define PIPELINE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"

struct queue;

struct queue_limits {
	unsigned running;
	/* Where these are taken, owners with none among them have one each, up to twice as many in all. */
	unsigned waiting; /* both at least 1 */
	unsigned running_of_owner; /* of one owner at once; 0: as many as run at all */
};

/* Embedded by whoever waits; given to queue_enter, it belongs to the queue until queue_leave. */
struct queue_entry {
	const char *owner; /* a tenant */
	const char *key; /* a sandbox's id, NULL: alone with itself */
	/* Its turn has come. Called from queue_enter itself or from another's queue_leave. */
	void (*start)(struct queue_entry *entry);

	/* the queue's own */
	struct queue *queue;
	struct queue_entry *next, *previous;
	bool running;
	uint64_t round; /* the lower goes first */
	double since; /* clock_ms of its arrival, then of its start */
};

struct queue_state {
	unsigned running, waiting;
	uint64_t refused; /* since the start */
	unsigned retry_after_s; /* when a refused one may come again: from what runs took of late */
};

struct queue *queue_new(const struct queue_limits *limits);
void queue_free(struct queue *queue); /* empty by then */

/* ERROR_BUSY when as many wait as may; the entry is then the caller's again. */
int queue_enter(struct queue *queue, struct queue_entry *entry, struct error *err);

/* It has ended, or does not want to wait any longer. Starts whose turn it is. */
void queue_leave(struct queue_entry *entry);

void queue_look(const struct queue *queue, struct queue_state *out);

#endif
