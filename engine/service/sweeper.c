/* Rounds of tidying: trim, collect, then the folders that both named, on a thread. */
#include "engine/service/sweeper.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/service/instance.h"

enum {
	SOON_MS = 1000,
	GO_ON_MS = 50, /* the store's writers have their turn between two rounds */
	PERIOD_MS = 5 * 60 * 1000,
	PARTS = 16, /* of the history's bound: as soon as one more is there, the oldest go */
};

static void add(struct service *service, bool is_revision, const char *name)
{
	size_t size = strlen(name) + 1;
	struct litter *litter = memory_alloc(sizeof(*litter) + size);

	litter->is_revision = is_revision;
	memcpy(litter->name, name, size);
	litter->next = service->sweeper.found;
	service->sweeper.found = litter;
}

static void free_all(struct litter *litter)
{
	while (litter) {
		struct litter *next = litter->next;
		free(litter);
		litter = next;
	}
}

/* ---- the thread's part ---- */

/* Each new one makes room itself, but not in place of one that is in use. */
static void look_at_layers(struct service *service)
{
	const struct service_settings *settings = &service->settings;
	struct sweeper *sweeper = &service->sweeper;
	struct error err = {0};

	sweeper->looked_well = settings->sandbox->layers_trim &&
			       settings->sandbox->layers_trim(settings->state_dir,
							      settings->layers_disk,
							      &sweeper->looked, &err) == 0;
	if (error_is_set(&err))
		log_write(LOG_WARN, "%s", err.text);
}

static void on_work(uv_work_t *work)
{
	struct service *service = work->data;
	const struct service_settings *settings = &service->settings;
	struct error err = {0};

	for (struct litter *it = service->sweeper.going; it; it = it->next) {
		int rc = it->is_revision
				 ? settings->sandbox->forget(settings->state_dir, it->name, &err)
				 : file_remove_tree(AT_FDCWD, it->name, &err);
		if (rc != 0)
			log_write(LOG_WARN, "%s is not removed: %s", it->name, err.text);
	}
	look_at_layers(service);
}

static void wake_within(struct service *service, uint64_t ms);

static void round_ended(struct service *service)
{
	struct sweeper *sweeper = &service->sweeper;

	sweeper->busy = false;
	if (sweeper->trimmed >= STORE_AT_ONCE || sweeper->collected >= STORE_AT_ONCE)
		wake_within(service, GO_ON_MS);
	else if (sweeper->again || sweeper->found)
		sweeper_wake(service);
	service_idle(service);
}

static void after_work(uv_work_t *work, int status)
{
	struct service *service = work->data;

	free_all(service->sweeper.going);
	service->sweeper.going = NULL;
	if (status == 0 && service->sweeper.looked_well) {
		service->sweeper.layers = service->sweeper.looked;
		service->sweeper.layers_known = true;
	}
	round_ended(service);
}

/* ---- the store's part ---- */

static void on_revision(void *ctx, const char *revision)
{
	struct service *service = ctx;

	service->sweeper.collected++;
	add(service, true, revision);
}

static void on_execution(void *ctx, const char *execution, const char *log_dir)
{
	struct service *service = ctx;

	(void)execution;
	service->sweeper.trimmed++;
	if (log_dir)
		add(service, false, log_dir);
}

static void on_collected(void *ctx, const struct error *err)
{
	struct service *service = ctx;
	struct sweeper *sweeper = &service->sweeper;

	if (err)
		log_write(LOG_WARN, "revisions are not collected: %s", err->text);
	shares_refresh(service);
	sweeper->going = sweeper->found;
	sweeper->found = NULL;
	sweeper->work.data = service;
	if (uv_queue_work(service->loop, &sweeper->work, on_work, after_work) != 0) {
		free_all(sweeper->going); /* the next start finds what is left */
		sweeper->going = NULL;
		round_ended(service);
	}
}

static void on_trimmed(void *ctx, const struct error *err)
{
	struct service *service = ctx;

	if (err)
		log_write(LOG_WARN, "the history is not trimmed: %s", err->text);
	/* what is being built on stays the head of its sandbox until then */
	store_collect(service->store, on_revision, on_collected, service);
}

static void on_timer(uv_timer_t *timer)
{
	struct service *service = timer->data;
	struct store_retention bounds = service->settings.retention;

	uv_timer_start(timer, on_timer, PERIOD_MS, 0);
	if (service->sweeper.busy) {
		service->sweeper.again = true;
		return;
	}
	service->sweeper.busy = true;
	service->sweeper.again = false;
	service->sweeper.grown = service->sweeper.more = 0;
	service->sweeper.trimmed = service->sweeper.collected = 0;
	if (bounds.before_ms)
		bounds.before_ms = clock_unix_ms() - bounds.before_ms;
	store_trim(service->store, &bounds, on_execution, on_trimmed, service);
}

/* ---- the outside ---- */

void sweeper_start(struct service *service)
{
	uv_timer_init(service->loop, &service->sweeper.timer);
	service->sweeper.timer.data = service;
	sweeper_wake(service);
}

static void wake_within(struct service *service, uint64_t ms)
{
	uv_timer_t *timer = &service->sweeper.timer;

	if (service->closing)
		return;
	if (!uv_is_active((uv_handle_t *)timer) || uv_timer_get_due_in(timer) > ms)
		uv_timer_start(timer, on_timer, ms, 0);
}

void sweeper_wake(struct service *service)
{
	wake_within(service, SOON_MS);
}

static bool is_part(uint64_t grown, uint64_t most)
{
	return most && grown > most / PARTS;
}

void sweeper_grown(struct service *service, uint64_t bytes)
{
	const struct store_retention *bounds = &service->settings.retention;
	struct sweeper *sweeper = &service->sweeper;

	sweeper->grown += bytes;
	sweeper->more++;
	if (is_part(sweeper->grown, bounds->bytes) || is_part(sweeper->more, bounds->executions))
		sweeper_wake(service);
}

void sweeper_revision(struct service *service, const char *id)
{
	add(service, true, id);
	sweeper_wake(service);
}

void sweeper_logs(struct service *service, const char *folder)
{
	add(service, false, folder);
	sweeper_wake(service);
}

void sweeper_execution(struct service *service, const struct execution *execution)
{
	if (execution->revision)
		sweeper_revision(service, execution->revision);
	if (execution->spool)
		sweeper_logs(service, execution->spool);
}

const struct layers_kept *sweeper_layers(const struct service *service)
{
	return service->sweeper.layers_known ? &service->sweeper.layers : NULL;
}

bool sweeper_busy(const struct service *service)
{
	return service->sweeper.busy;
}

void sweeper_close(struct service *service, uv_close_cb closed)
{
	uv_close((uv_handle_t *)&service->sweeper.timer, closed);
}

void sweeper_free(struct service *service)
{
	free_all(service->sweeper.found);
	free_all(service->sweeper.going);
}
