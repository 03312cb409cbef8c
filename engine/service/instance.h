/* The inside of a service, for the files that make it up. */
#ifndef SERVICE_INSTANCE_H
#define SERVICE_INSTANCE_H

#include "engine/base/table.h"
#include "engine/service/callback.h"
#include "engine/service/deferred.h"
#include "engine/service/sandboxes.h"
#include "engine/service/service.h"
#include "engine/service/shares.h"
#include "engine/service/sweeper.h"

struct service {
	uv_loop_t *loop;
	struct service_settings settings;
	struct arena arena; /* what lives as long as the service does */
	const char *log_dir;
	const char *const *environments; /* the names of all */
	int lock;
	struct store *store;
	struct queue *queue;
	struct callbacks *callbacks; /* NULL: they are refused */
	struct deferred deferred;
	struct sandboxes sandboxes;
	struct sweeper sweeper;

	struct table trials; /* by id: what is not final on the disk */
	struct event_logs events;
	struct table keys; /* the same, by tenant and Idempotency-Key */
	struct table shares; /* by tenant */
	unsigned under_way; /* trials and turns that a drain waits for */
	unsigned unkept; /* trials that have ended and that the disk does not take */
	unsigned subscriptions;
	service_final_fn on_final;
	void *on_final_ctx;

	bool draining; /* nothing new */
	bool stopping; /* what waits is handed back, what runs is cancelled */
	bool closing, detaching;
	uv_timer_t *drain_timer;
	struct deferred_call drain_call, close_call;
	void (*drained)(void *ctx);
	void *drained_ctx;
	void (*closed)(void *ctx);
	void *closed_ctx;
	unsigned open_handles;
};

/* Something has ended that a drain or a close may wait for. */
void service_idle(struct service *service);

#endif
