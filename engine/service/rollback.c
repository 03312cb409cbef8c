/*
 * Rollback: the head moves to an older revision. What that changes is found out first, on a thread; the
 * files themselves need not be touched.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/container.h"
#include "engine/base/memory.h"
#include "engine/service/instance.h"
#include "engine/service/sandbox_turn.h"
#include "engine/service/snapshots.h"

struct rollback {
	struct sandbox_turn turn;
	struct arena arena;
	const char *target; /* a revision, NULL: the empty workspace */
	const char *const *from, *const *to;
	struct sandbox_row next;
	struct changes changes;
	uv_work_t work;
	struct error err;
	rollback_fn done;
	void *ctx;
};

static void rollback_free(struct rollback *rollback)
{
	arena_done(&rollback->arena);
	free(rollback);
}

static void end(struct rollback *rollback, const struct error *err)
{
	sandbox_turn_leave(&rollback->turn);
	rollback->done(rollback->ctx, err ? NULL : &rollback->changes, err);
	rollback_free(rollback);
}

static void on_put(void *ctx, const struct error *err)
{
	struct rollback *rollback = ctx;
	struct sandbox_entry *sandbox = rollback->turn.sandbox;

	if (!err) {
		sandboxes_keep(sandbox, &rollback->next);
		sweeper_wake(rollback->turn.service);
	}
	end(rollback, err);
}

static void compare(uv_work_t *work)
{
	struct rollback *rollback = work->data;
	const struct service_settings *settings = &rollback->turn.service->settings;

	settings->sandbox->compare(settings->state_dir, rollback->from, rollback->to,
				   &rollback->arena, &rollback->changes, &rollback->err);
}

static void compared(uv_work_t *work, int status)
{
	struct rollback *rollback = work->data;
	struct sandbox_entry *sandbox = rollback->turn.sandbox;

	if (status != 0)
		error_set(&rollback->err, ERROR_CANCELLED, "the comparison was cancelled");
	if (error_is_set(&rollback->err)) {
		error_wrap(&rollback->err, "rollback");
		end(rollback, &rollback->err);
		return;
	}
	rollback->next = sandboxes_next(sandbox, rollback->target);
	rollback->next.quarantined = rollback->changes.spoiled ? rollback->changes.doubt : NULL;
	store_put_sandbox(sandbox->service->store, &rollback->next, on_put, rollback);
}

static int find_chains(struct rollback *rollback, struct error *err)
{
	struct store *store = rollback->turn.service->store;
	const char *head = rollback->turn.sandbox->row.head;

	if (store_chain(store, &rollback->arena, head, &rollback->from, err) != 0 ||
	    store_chain(store, &rollback->arena, rollback->target, &rollback->to, err) != 0)
		return -1;
	return 0;
}

static void begin(struct sandbox_turn *turn, const struct error *err)
{
	struct rollback *rollback = CONTAINER(turn, struct rollback, turn);
	struct error own = {0};

	if (err || find_chains(rollback, &own) != 0) {
		end(rollback, err ? err : &own);
		return;
	}
	rollback->work.data = rollback;
	if (uv_queue_work(turn->service->loop, &rollback->work, compare, compared) != 0) {
		error_set(&own, ERROR_NO_SPACE, "there is no thread for the rollback");
		end(rollback, &own);
	}
}

int service_rollback(struct service *service, const char *tenant, const char *id,
		     const char *snapshot, rollback_fn done, void *ctx, struct error *err)
{
	struct sandbox_entry *sandbox = sandboxes_find(service, tenant, id, err);

	if (!sandbox)
		return -1;
	if (sandbox->users > 0)
		return error_set(err, ERROR_BUSY,
				 "something runs in the sandbox: roll back when it has ended");
	struct rollback *rollback = memory_zeroed(sizeof(*rollback));
	rollback->done = done;
	rollback->ctx = ctx;
	arena_init(&rollback->arena);
	if (snapshots_find(sandbox, &rollback->arena, snapshot, &rollback->target, err) == 0 &&
	    sandbox_turn_enter(&rollback->turn, sandbox, begin, err) == 0)
		return 0;
	rollback_free(rollback);
	return -1;
}
