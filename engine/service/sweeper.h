/*
 * What takes away what nobody needs any more: executions beyond the retention, revisions of no chain,
 * folders of logs, dependency layers beyond their bound. One round at a time, the disk's part of it on a thread.
 */
#ifndef SERVICE_SWEEPER_H
#define SERVICE_SWEEPER_H

#include <stdbool.h>
#include <uv.h>

#include "engine/model.h"
#include "runners/sandbox.h"

struct service;

struct litter {
	struct litter *next;
	bool is_revision; /* or a folder of logs */
	char name[]; /* the revision's id, the folder's path */
};

struct sweeper {
	uv_timer_t timer;
	uv_work_t work;
	struct litter *found; /* for the next round of the thread */
	struct litter *going; /* the thread's */
	bool busy, again;
	uint64_t grown, more; /* bytes of history since the last round, and executions */
	size_t trimmed, collected; /* of this round: what the store has forgotten */
	struct layers_kept layers, looked; /* of the last round; of the thread */
	bool layers_known, looked_well;
};

void sweeper_start(struct service *service);
/* Soon: something went that others may have needed until now. */
void sweeper_wake(struct service *service);
/* One more execution, of so many bytes, is history. */
void sweeper_grown(struct service *service, uint64_t bytes);
/* What no row of the store speaks of. */
void sweeper_revision(struct service *service, const char *id);
void sweeper_logs(struct service *service, const char *folder);
void sweeper_execution(struct service *service, const struct execution *execution); /* both */

/* How many dependency layers there were at the last round; NULL: not known. */
const struct layers_kept *sweeper_layers(const struct service *service);

bool sweeper_busy(const struct service *service);
void sweeper_close(struct service *service, uv_close_cb closed);
void sweeper_free(struct service *service);

#endif
