/*
 * Work in a sandbox that is no execution: a rollback, a write. It takes its turn with the executions, so
 * that whatever moves the head is alone with the sandbox.
 */
#ifndef SERVICE_SANDBOX_TURN_H
#define SERVICE_SANDBOX_TURN_H

#include "engine/pipeline/queue.h"
#include "engine/service/deferred.h"
#include "engine/service/sandboxes.h"

struct sandbox_turn {
	struct queue_entry entry;
	struct deferred_call call;
	struct service *service;
	struct sandbox_entry *sandbox; /* stays while the turn does */
	/* Its turn has come; err: it has, but nothing may be begun any more. */
	void (*begin)(struct sandbox_turn *turn, const struct error *err);
};

/* Embedded, and the caller's again when this fails (ERROR_BUSY, ERROR_UNAVAILABLE). */
int sandbox_turn_enter(struct sandbox_turn *turn, struct sandbox_entry *sandbox,
		       void (*begin)(struct sandbox_turn *turn, const struct error *err),
		       struct error *err);
void sandbox_turn_leave(struct sandbox_turn *turn);

#endif
