/* New sandboxes: empty ones, and forks of others. Both are one row. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/service/instance.h"
#include "engine/service/snapshots.h"
#include "engine/service/submission.h"

static const uint64_t TTL_MS = 60 * 60 * 1000, TTL_MOST_MS = 24 * 60 * 60 * 1000;

/* One that is being written down. */
struct creation {
	struct sandbox_entry *entry;
	sandbox_row_fn done;
	void *ctx;
};

static void on_put(void *ctx, const struct error *err)
{
	struct creation *creation = ctx;
	struct sandbox_entry *entry = creation->entry;
	struct service *service = entry->service;

	entry->stored = !err;
	sandboxes_leave(entry);
	if (creation->done)
		creation->done(creation->ctx, err ? NULL : &entry->row, err);
	if (err)
		sandboxes_drop(entry);
	free(creation);
	service->under_way--;
	service_idle(service);
}

static int create(struct service *service, const struct sandbox_row *row, sandbox_row_fn done,
		  void *ctx, struct error *err)
{
	struct sandbox_entry *entry;

	if (service->draining)
		return error_set(err, ERROR_UNAVAILABLE, "the service is shutting down");
	if (sandboxes_add(service, row, &entry, err) != 0)
		return -1;
	struct creation *creation = memory_zeroed(sizeof(*creation));
	*creation = (struct creation){entry, done, ctx};
	sandboxes_use(entry);
	service->under_way++;
	store_put_sandbox(service->store, &entry->row, on_put, creation);
	return 0;
}

static uint64_t ttl(const struct service_settings *settings, uint64_t asked)
{
	uint64_t most = settings->max_ttl_ms ? settings->max_ttl_ms : TTL_MOST_MS;
	uint64_t usual = settings->default_ttl_ms ? settings->default_ttl_ms : TTL_MS;
	uint64_t wanted = asked ? asked : usual;

	return wanted < most ? wanted : most;
}

int service_sandbox_create(struct service *service, const struct sandbox_request *request,
			   sandbox_row_fn done, void *ctx, struct error *err)
{
	const struct sandbox_row row = {
		.tenant = request->tenant,
		.agent = request->agent,
		.environment = request->environment,
		.ttl_ms = ttl(&service->settings, request->ttl_ms),
	};

	if (request->environment &&
	    submission_check_environment(service, request->environment, err) != 0)
		return -1;
	return create(service, &row, done, ctx, err);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The last success goes along where the fork starts from it or after it, for it would else be ahead. */
int service_sandbox_fork(struct service *service, const char *tenant, const char *id,
			 const char *snapshot, sandbox_row_fn done, void *ctx, struct error *err)
{
	struct sandbox_entry *parent = sandboxes_find(service, tenant, id, err);
	struct arena arena;
	int rc = 0;

	if (!parent)
		return -1;
	struct sandbox_row row = parent->row;
	arena_init(&arena);
	if (snapshot) {
		rc = snapshots_find(parent, &arena, snapshot, &row.head, err);
		row.quarantined = NULL;
		row.succeeded = row.succeeded && same(row.head, row.last_success);
		if (!row.succeeded)
			row.last_success = NULL;
	}
	row.executions = 0;
	if (rc == 0)
		rc = create(service, &row, done, ctx, err);
	if (rc == 0)
		sandboxes_touch(parent);
	arena_done(&arena);
	return rc;
}
