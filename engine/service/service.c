/* Opens, drains and closes a service; what it does in between is in the other files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/base/container.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "engine/service/instance.h"
#include "engine/service/recovery.h"
#include "engine/service/trial.h"
#include "runners/environment.h"

enum { LOCK_WAIT_MS = 2000 };

/* ---- opening ---- */

static void service_free(struct service *service)
{
	sandboxes_free(service);
	sweeper_free(service);
	table_done(&service->trials);
	table_done(&service->keys);
	table_done(&service->shares);
	if (service->queue)
		queue_free(service->queue);
	if (service->lock >= 0)
		close(service->lock);
	arena_done(&service->arena);
	free(service);
}

/*
 * Of two services on one folder, each would take what the other has under way for left behind. One that
 * was killed a moment ago still has children that are dying: they hold its descriptors, this lock and the
 * sandboxes' own marks, and are waited for.
 */
static int take_lock(struct service *service, struct error *err)
{
	const char *path = arena_printf(&service->arena, "%s/service.lock",
					service->settings.state_dir);

	if (file_make_dirs(service->settings.state_dir, 0700, err) != 0)
		return error_wrap(err, "state folder");
	service->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (service->lock < 0)
		return error_errno(err, errno, "cannot open %s", path);
	for (unsigned waited = 0; flock(service->lock, LOCK_EX | LOCK_NB) != 0; waited += 10) {
		if (errno != EWOULDBLOCK)
			return error_errno(err, errno, "cannot lock %s", path);
		if (waited >= LOCK_WAIT_MS)
			return error_set(
				err, ERROR_UNAVAILABLE,
				"another `assay serve` works with the state folder %s: stop "
				"it, or give this one a folder of its own",
				service->settings.state_dir);
		usleep(10 * 1000);
	}
	return 0;
}

/* All that can fail and needs no loop. */
static int load(struct service *service, struct error *err)
{
	const char *state_dir = service->settings.state_dir;
	const char *path = arena_printf(&service->arena, "%s/history.db", state_dir);

	service->log_dir = arena_printf(&service->arena, "%s/executions", state_dir);
	if (take_lock(service, err) != 0 ||
	    environment_names(&service->arena, &service->environments, err) != 0)
		return -1;
	recovery_leftovers(service);
	if (store_open(&service->store, path, err) != 0)
		return -1;
	if (sandboxes_open(service, err) == 0 && recovery_revisions(service, err) == 0)
		return 0;
	store_close(service->store);
	return -1;
}

static void close_store(void *ctx)
{
	store_close(ctx);
}

static int start_callbacks(struct service *service, struct error *err)
{
	struct callback_settings *settings = arena_alloc(&service->arena, sizeof(*settings));

	if (!service->settings.callback_secret)
		return 0;
	*settings = (struct callback_settings){
		.secret = service->settings.callback_secret,
		.private_hosts = service->settings.callback_hosts,
	};
	return callbacks_start(&service->callbacks, service->loop, service->store, settings, err);
}

static int attach(struct service *service, struct error *err)
{
	if (store_attach(service->store, service->loop, err) != 0) {
		store_close(service->store);
		return -1;
	}
	if (start_callbacks(service, err) != 0) {
		store_detach(service->store, close_store, service->store);
		return -1;
	}
	return 0;
}

static struct queue *make_queue(const struct service_settings *settings)
{
	struct queue_limits limits = settings->queue;
	unsigned of_tenant = settings->quota.running;

	if (of_tenant && (!limits.running_of_owner || of_tenant < limits.running_of_owner))
		limits.running_of_owner = of_tenant;
	return queue_new(&limits);
}

int service_open(struct service **out, uv_loop_t *loop, const struct service_settings *settings,
		 struct error *err)
{
	struct service *service = memory_zeroed(sizeof(*service));

	service->loop = loop;
	service->settings = *settings;
	service->lock = -1;
	arena_init(&service->arena);
	table_init(&service->trials);
	table_init(&service->keys);
	table_init(&service->shares);
	table_init(&service->sandboxes.by_id);
	service->queue = make_queue(settings);
	if (load(service, err) != 0 || attach(service, err) != 0) {
		service_free(service);
		return -1;
	}
	deferred_init(&service->deferred, loop);
	event_logs_init(&service->events, loop, &settings->events);
	sandboxes_start(service);
	sweeper_start(service);
	recovery_logs(service);
	recovery_executions(service);
	*out = service;
	return 0;
}

/* ---- draining ---- */

static void on_drained(struct deferred_call *call)
{
	struct service *service = CONTAINER(call, struct service, drain_call);
	void (*drained)(void *ctx) = service->drained;

	service->drained = NULL;
	if (drained)
		drained(service->drained_ctx);
}

static void close_when_idle(struct service *service);

void service_idle(struct service *service)
{
	if (service->under_way == 0 && service->drained)
		deferred_add(&service->deferred, &service->drain_call, on_drained);
	if (service->closed)
		close_when_idle(service);
}

static void stop(struct service *service)
{
	deferred_timer_stop(&service->drain_timer);
	service->stopping = true;
	trials_stop(service);
}

static void on_deadline(uv_timer_t *timer)
{
	stop(timer->data);
}

void service_drain(struct service *service, uint64_t within_ms, void (*drained)(void *ctx),
		   void *ctx)
{
	service->draining = true;
	service->drained = drained;
	service->drained_ctx = ctx;
	deferred_timer_stop(&service->drain_timer);
	if (within_ms)
		service->drain_timer = deferred_timer_start(service->loop, within_ms, on_deadline,
							    service);
	else
		stop(service);
	service_idle(service);
}

/* ---- closing: the callbacks, a round of tidying, the store, the handles ---- */

static void on_handle_closed(uv_handle_t *handle)
{
	struct service *service = handle->data;
	void (*closed)(void *ctx) = service->closed;
	void *ctx = service->closed_ctx;

	if (--service->open_handles > 0)
		return;
	service_free(service);
	closed(ctx);
}

static void on_detached(void *ctx)
{
	struct service *service = ctx;

	store_close(service->store);
	trials_free(service);
	event_logs_done(&service->events);
	deferred_timer_stop(&service->drain_timer);
	service->open_handles = 3;
	service->deferred.timer.data = service;
	deferred_close(&service->deferred, on_handle_closed);
	sandboxes_close(service, on_handle_closed);
	sweeper_close(service, on_handle_closed);
}

static void detach_when_idle(struct service *service)
{
	if (service->callbacks || service->detaching || sweeper_busy(service))
		return;
	service->detaching = true;
	store_detach(service->store, on_detached, service);
}

static void on_callbacks_stopped(void *ctx)
{
	struct service *service = ctx;

	service->callbacks = NULL;
	detach_when_idle(service);
}

static void close_when_idle(struct service *service)
{
	if (service->under_way > 0)
		return;
	if (!service->closing) {
		service->closing = true;
		trials_park(service);
		uv_timer_stop(&service->sandboxes.sweep);
		uv_timer_stop(&service->sweeper.timer);
		if (service->callbacks)
			callbacks_stop(service->callbacks, on_callbacks_stopped, service);
	}
	detach_when_idle(service);
}

/* In the next turn, after all that was promised for it before. */
static void on_close(struct deferred_call *call)
{
	struct service *service = CONTAINER(call, struct service, close_call);

	service_idle(service);
}

void service_close(struct service *service, void (*closed)(void *ctx), void *ctx)
{
	service->draining = true;
	service->closed = closed;
	service->closed_ctx = ctx;
	if (!service->stopping)
		stop(service);
	deferred_add(&service->deferred, &service->close_call, on_close);
}

/* ---- how it is ---- */

struct store *service_store(struct service *service)
{
	return service->store;
}

void service_look(const struct service *service, struct service_state *out)
{
	*out = (struct service_state){
		.draining = service->draining,
		.sandboxes = (unsigned)service->sandboxes.by_id.count,
		.subscriptions = service->subscriptions,
		.deliveries = service->callbacks ? callbacks_owed(service->callbacks) : 0,
		.egress = service->settings.egress.totals,
		.layers = sweeper_layers(service),
	};
	if (service->callbacks)
		callbacks_count(service->callbacks, &out->callbacks);
	queue_look(service->queue, &out->queue);
}

void service_on_final(struct service *service, service_final_fn fn, void *ctx)
{
	service->on_final = fn;
	service->on_final_ctx = ctx;
}
