/* Takes, lists and removes snapshots, and rolls back: call->own is the dialect's word for a sandbox's id. */
#include "engine/api/snapshots.h"

#include "engine/api/page.h"
#include "engine/api/row_json.h"

static void on_taken(void *ctx, const struct snapshot_row *row, const struct error *err)
{
	struct call *call = ctx;

	if (err) {
		call_fail(call, err);
		return;
	}
	struct json_writer *w = call_object(call);
	json_put_string(w, call->own, call->path[0]);
	row_json_snapshot(w, row);
	call_object_end(call, 201);
}

void snapshots_take(struct call *call, const char *label)
{
	struct error err = {0};

	call->own = label;
	if (service_snapshot(call->service, call->tenant, call->path[0],
			     call_string(call, "name", NULL),
			     call_string(call, "description", NULL), on_taken, call, &err) != 0)
		call_fail(call, &err);
}

void snapshots_list(struct call *call, const char *label)
{
	struct snapshot_row *rows;
	struct error err = {0};
	struct page page;
	size_t count;

	if (!service_sandbox(call->service, call->tenant, call->path[0], &err) ||
	    store_snapshots(service_store(call->service), &call->arena, call->path[0], &rows,
			    &count, &err) != 0) {
		call_fail(call, &err);
		return;
	}
	struct json_writer *w = call_object(call);
	json_put_string(w, label, call->path[0]);
	page_begin(&page, call, "snapshots", "snapshot");
	for (size_t i = 0; i < count; i++) {
		if (!page_takes(&page, rows[i].id))
			continue;
		json_object_begin(w, NULL);
		row_json_snapshot(w, &rows[i]);
		json_object_end(w);
	}
	page_end(&page);
}

static void on_removed(void *ctx, const struct error *err)
{
	if (err)
		call_fail(ctx, err);
	else
		call_empty(ctx, 204);
}

void snapshots_remove(struct call *call)
{
	struct store *store = service_store(call->service);
	const struct snapshot_row *row = NULL;
	struct error err = {0};

	if (service_sandbox(call->service, call->tenant, call->path[0], &err) &&
	    store_snapshot(store, &call->arena, call->path[0], call->path[1], &row, &err) == 0 &&
	    !row)
		error_set(&err, ERROR_NOT_FOUND, "there is no snapshot %.64s", call->path[1]);
	if (row)
		store_remove_snapshot(store, row->id, on_removed, call);
	else
		call_fail(call, &err);
}

static void on_rolled_back(void *ctx, const struct changes *changes, const struct error *err)
{
	struct call *call = ctx;

	if (err) {
		call_fail(call, err);
		return;
	}
	struct json_writer *w = call_object(call);
	json_put_string(w, call->own, call->path[0]);
	json_array_begin(w, "reverted");
	for (size_t i = 0; i < changes->count; i++)
		json_put_string(w, NULL, changes->items[i].path);
	json_array_end(w);
	row_json_changes(w, changes);
	json_put_int(w, "killed", (int64_t)changes->killed);
	call_object_end(call, 200);
}

void snapshots_rollback(struct call *call, const char *label, const char *snapshot)
{
	struct error err = {0};

	call->own = label;
	if (service_rollback(call->service, call->tenant, call->path[0], snapshot, on_rolled_back,
			     call, &err) != 0)
		call_fail(call, &err);
}
