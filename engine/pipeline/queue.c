/* Bounded admission: two lists, and one rule each for who may wait and whose turn it is. */
#include "engine/pipeline/queue.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/memory.h"

enum {
	FIRST_GUESS_MS = 2000, /* what a run takes, before any has ended */
	WEIGHT = 8, /* how many runs the average remembers, about */
	RETRY_MIN_S = 1,
	RETRY_MAX_S = 60,
};

struct list {
	struct queue_entry *first, *last;
	unsigned count;
};

struct queue {
	struct queue_limits limits;
	struct list waiting, running;
	uint64_t round; /* of the entry that started last */
	double average_ms; /* of what runs took */
	uint64_t refused;
	bool dispatching; /* starting entries now; whoever enters or leaves meanwhile is seen */
};

static void append(struct list *list, struct queue_entry *entry)
{
	entry->next = NULL;
	entry->previous = list->last;
	if (list->last)
		list->last->next = entry;
	else
		list->first = entry;
	list->last = entry;
	list->count++;
}

static void take_out(struct list *list, struct queue_entry *entry)
{
	if (entry->next)
		entry->next->previous = entry->previous;
	else
		list->last = entry->previous;
	if (entry->previous)
		entry->previous->next = entry->next;
	else
		list->first = entry->next;
	entry->next = entry->previous = NULL;
	list->count--;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool may_start(const struct queue *queue, const struct queue_entry *entry)
{
	unsigned of_owner = 0;

	if (queue->running.count >= queue->limits.running)
		return false;
	for (const struct queue_entry *it = queue->running.first; it; it = it->next) {
		if (same(it->key, entry->key))
			return false;
		of_owner += same(it->owner, entry->owner);
	}
	return !queue->limits.running_of_owner || of_owner < queue->limits.running_of_owner;
}

/* The oldest of the first round that may start: who cannot yet is passed over, and keeps its place. */
static struct queue_entry *whose_turn(const struct queue *queue)
{
	struct queue_entry *first = NULL;

	if (queue->running.count >= queue->limits.running)
		return NULL;
	for (struct queue_entry *it = queue->waiting.first; it; it = it->next) {
		if ((!first || it->round < first->round) && may_start(queue, it))
			first = it;
	}
	return first;
}

static uint64_t last_round_in(const struct list *list, const char *owner)
{
	uint64_t last = 0;

	for (const struct queue_entry *it = list->first; it; it = it->next) {
		if (same(it->owner, owner) && it->round > last)
			last = it->round;
	}
	return last;
}

/* Each owner has one entry in a round, so that one with hundreds does not keep the others waiting. */
static uint64_t next_round(const struct queue *queue, const char *owner)
{
	uint64_t waiting = last_round_in(&queue->waiting, owner);
	uint64_t running = last_round_in(&queue->running, owner);
	uint64_t last = waiting > running ? waiting : running;

	return (last > queue->round ? last : queue->round) + 1;
}

/* Where one owner has taken all places, another is still let in, for one. */
static bool may_wait(const struct queue *queue, const struct queue_entry *entry)
{
	unsigned most = queue->limits.waiting;

	if (queue->waiting.count < most)
		return true;
	return entry->owner && queue->waiting.count / 2 < most &&
	       last_round_in(&queue->waiting, entry->owner) == 0;
}

/*
 * Looks from the front again after each start: what start does may change everything, and an entry that
 * left in it is gone.
 */
static void dispatch(struct queue *queue)
{
	struct queue_entry *entry;

	if (queue->dispatching)
		return;
	queue->dispatching = true;
	while ((entry = whose_turn(queue))) {
		take_out(&queue->waiting, entry);
		append(&queue->running, entry);
		entry->running = true;
		if (entry->round > queue->round)
			queue->round = entry->round;
		entry->since = clock_ms();
		entry->start(entry);
	}
	queue->dispatching = false;
}

struct queue *queue_new(const struct queue_limits *limits)
{
	struct queue *queue = memory_zeroed(sizeof(*queue));

	queue->limits = *limits;
	queue->average_ms = FIRST_GUESS_MS;
	return queue;
}

void queue_free(struct queue *queue)
{
	free(queue);
}

int queue_enter(struct queue *queue, struct queue_entry *entry, struct error *err)
{
	/* Those who wait cannot start now, so one that can takes nobody's turn and needs no room. */
	bool at_once = !queue->dispatching && may_start(queue, entry);

	if (!at_once && !may_wait(queue, entry)) {
		queue->refused++;
		return error_set(err, ERROR_BUSY,
				 "%u run and %u wait already: try again a little later",
				 queue->running.count, queue->waiting.count);
	}
	entry->queue = queue;
	entry->running = false;
	entry->round = next_round(queue, entry->owner);
	entry->since = clock_ms();
	append(&queue->waiting, entry);
	dispatch(queue);
	return 0;
}

void queue_leave(struct queue_entry *entry)
{
	struct queue *queue = entry->queue;

	entry->queue = NULL;
	if (entry->running)
		queue->average_ms += (clock_ms() - entry->since - queue->average_ms) / WEIGHT;
	take_out(entry->running ? &queue->running : &queue->waiting, entry);
	entry->running = false;
	dispatch(queue);
}

/* In the time that one run takes, as many places become free as run at once. */
void queue_look(const struct queue *queue, struct queue_state *out)
{
	double seconds = queue->average_ms / 1000;

	*out = (struct queue_state){
		.running = queue->running.count,
		.waiting = queue->waiting.count,
		.refused = queue->refused,
		.retry_after_s = seconds > RETRY_MAX_S   ? RETRY_MAX_S
				 : seconds > RETRY_MIN_S ? (unsigned)(seconds + 0.999)
							 : RETRY_MIN_S,
	};
}
