/* A sandbox's files, from outside of any execution: looked at in place, changed as a revision. */
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/container.h"
#include "engine/base/identifier.h"
#include "engine/base/memory.h"
#include "engine/service/instance.h"
#include "engine/service/sandbox_turn.h"
#include "engine/service/submission.h"

/* No step of a write takes so long on a host that works. */
enum { PATIENCE_MS = 60 * 1000 };

static const struct limits limits = {
	.time_ms = PATIENCE_MS,
	.memory = 256 << 20,
	.disk = 1 << 30,
	.file_size = 1 << 30,
	.output = 64 << 10,
	.output_file = 64 << 10,
	.processes = 16,
	.open_files = 256,
	.cpus = 1,
};

struct writing {
	struct sandbox_turn turn;
	struct arena arena;
	const struct file *files;
	size_t count;
	const char *const *chain;
	bool flatten;
	char revision[IDENTIFIER_TEXT];
	struct sandbox *sandbox; /* NULL: not opened */
	struct changes changes;
	struct sandbox_row next;
	struct share *share; /* NULL: no bound */
	uv_timer_t *watchdog;
	struct error err;
	store_done_fn done;
	void *ctx;
};

int service_workspace(struct service *service, const char *tenant, const char *id, int *dirfd,
		      struct error *err)
{
	struct sandbox_entry *entry = sandboxes_find(service, tenant, id, err);
	const struct service_settings *settings = &service->settings;
	const char *const *chain;
	struct arena arena;
	bool flatten;

	if (!entry)
		return -1;
	arena_init(&arena);
	int rc = sandboxes_chain(entry, &arena, &chain, &flatten, err);
	if (rc == 0)
		rc = settings->sandbox->view(settings->state_dir, chain, dirfd, err);
	if (rc == 0)
		sandboxes_touch(entry);
	arena_done(&arena);
	return rc;
}

/* ---- writing: open, put, commit, close, store ---- */

static void writing_end(struct writing *writing)
{
	const struct error *err = error_is_set(&writing->err) ? &writing->err : NULL;

	shares_leave(writing->share, writing->changes.revised ? writing->changes.bytes : 0);
	sandbox_turn_leave(&writing->turn);
	if (writing->done)
		writing->done(writing->ctx, err);
	arena_done(&writing->arena);
	free(writing);
}

static void on_stored(void *ctx, const struct error *err)
{
	struct writing *writing = ctx;

	if (err) {
		writing->err = *err;
		if (writing->changes.revised)
			sweeper_revision(writing->turn.service, writing->revision);
	} else {
		sandboxes_keep(writing->turn.sandbox, &writing->next);
	}
	writing_end(writing);
}

static void keep(struct writing *writing)
{
	struct sandbox_entry *entry = writing->turn.sandbox;
	bool revised = writing->changes.revised;
	struct revision_row revision = {
		.id = writing->revision,
		.parent = writing->flatten ? NULL : entry->row.head,
		.tenant = entry->row.tenant,
		.bytes = writing->changes.bytes,
		.created_ms = clock_unix_ms(),
	};
	struct store_final final = {
		.revision = revised ? &revision : NULL,
		.sandbox = &writing->next,
	};

	writing->next = sandboxes_next(entry, revised ? writing->revision : entry->row.head);
	store_finish(writing->turn.service->store, &final, on_stored, writing);
}

static void on_closed(void *ctx)
{
	struct writing *writing = ctx;

	deferred_timer_stop(&writing->watchdog);
	if (error_is_set(&writing->err))
		writing_end(writing);
	else
		keep(writing);
}

static void close_sandbox(struct writing *writing, const struct error *err)
{
	if (err && err != &writing->err)
		writing->err = *err;
	writing->turn.service->settings.sandbox->close(writing->sandbox, on_closed, writing);
}

static void on_committed(void *ctx, const struct error *err)
{
	close_sandbox(ctx, err);
}

static void on_put(void *ctx, const struct error *err)
{
	struct writing *writing = ctx;
	const struct sandbox_ops *ops = writing->turn.service->settings.sandbox;

	if (err || ops->commit(writing->sandbox, &writing->arena, &writing->changes, on_committed,
			       writing, &writing->err) != 0)
		close_sandbox(writing, err ? err : &writing->err);
}

static void on_opened(void *ctx, const struct error *err)
{
	struct writing *writing = ctx;
	const struct sandbox_ops *ops = writing->turn.service->settings.sandbox;

	if (err || ops->put(writing->sandbox, writing->files, writing->count, on_put, writing,
			    &writing->err) != 0)
		close_sandbox(writing, err ? err : &writing->err);
}

/* Who has used up their share must be able to make room. */
static bool only_removes(const struct file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!files[i].removed)
			return false;
	return true;
}

static void on_watchdog(uv_timer_t *timer)
{
	struct writing *writing = timer->data;

	writing->turn.service->settings.sandbox->kill(writing->sandbox);
}

static int open_sandbox(struct writing *writing, struct error *err)
{
	const struct service_settings *settings = &writing->turn.service->settings;
	uv_loop_t *loop = writing->turn.service->loop;

	if (sandboxes_chain(writing->turn.sandbox, &writing->arena, &writing->chain,
			    &writing->flatten, err) != 0)
		return -1;
	identifier_make(writing->revision, "");
	if (!only_removes(writing->files, writing->count))
		writing->share = shares_enter(writing->turn.service,
					      writing->turn.sandbox->row.tenant);
	struct sandbox_spec *spec = arena_alloc(&writing->arena, sizeof(*spec));
	*spec = (struct sandbox_spec){
		.revisions = writing->chain,
		.revision = writing->revision,
		.flatten = writing->flatten,
		.state_dir = settings->state_dir,
		.limits = limits,
		.allowance = shares_allowance(writing->share),
	};
	if (settings->sandbox->open(&writing->sandbox, loop, spec, on_opened, writing, err) != 0)
		return -1;
	writing->watchdog = deferred_timer_start(loop, PATIENCE_MS, on_watchdog, writing);
	return 0;
}

static void begin(struct sandbox_turn *turn, const struct error *err)
{
	struct writing *writing = CONTAINER(turn, struct writing, turn);

	if (err)
		writing->err = *err;
	if (err || open_sandbox(writing, &writing->err) != 0)
		writing_end(writing);
}

int service_write(struct service *service, const char *tenant, const char *id,
		  const struct file *files, size_t count, store_done_fn done, void *ctx,
		  struct error *err)
{
	struct sandbox_entry *entry = sandboxes_find(service, tenant, id, err);

	if (!entry || sandboxes_check_sound(entry, err) != 0 ||
	    (!only_removes(files, count) && submission_check_quota(service, tenant, err) != 0))
		return -1;
	struct writing *writing = memory_zeroed(sizeof(*writing));
	writing->files = files;
	writing->count = count;
	writing->done = done;
	writing->ctx = ctx;
	arena_init(&writing->arena);
	if (sandbox_turn_enter(&writing->turn, entry, begin, err) == 0)
		return 0;
	arena_done(&writing->arena);
	free(writing);
	return -1;
}
