/*
 * Work in a sandbox that is no execution: a rollback, a write. It takes its turn with the executions, so
 * that whatever moves the head is alone with the sandbox.
 */
#ifndef SERVICE_ERRAND_H
#define SERVICE_ERRAND_H

#include "engine/pipeline/queue.h"
#include "engine/service/deferred.h"
#include "engine/service/sandboxes.h"

struct errand {
	struct queue_entry turn;
	struct deferred_call call;
	struct service *service;
	struct sandbox_entry *sandbox; /* stays while the errand does */
	/* Its turn has come; err: it has, but nothing may be begun any more. */
	void (*begin)(struct errand *errand, const struct error *err);
};

/* Embedded, and the caller's again when this fails (ERROR_BUSY, ERROR_UNAVAILABLE). */
int errand_enter(struct errand *errand, struct sandbox_entry *sandbox,
		 void (*begin)(struct errand *errand, const struct error *err), struct error *err);
void errand_leave(struct errand *errand);

#endif
