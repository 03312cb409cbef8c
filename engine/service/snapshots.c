/*
 * Snapshots: each a name for the head, which is always a state that was committed. So one can be taken at
 * any time, while something runs as well, and costs one row.
 */
#include "engine/service/snapshots.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/identifier.h"
#include "engine/base/memory.h"
#include "engine/base/utf8.h"
#include "engine/service/instance.h"

enum { SNAPSHOTS_MOST = 1000, NAME_BYTES = 200, DESCRIPTION_BYTES = 4096 };

/* One that is being written down. */
struct naming {
	struct sandbox_entry *sandbox;
	struct arena arena;
	struct snapshot_row row;
	snapshot_row_fn done;
	void *ctx;
};

int snapshots_find(const struct sandbox_entry *sandbox, struct arena *arena, const char *word,
		   const char **revision, struct error *err)
{
	const struct snapshot_row *row = NULL;

	if (strcmp(word, SERVICE_LAST_SUCCESS) == 0) {
		*revision = arena_string(arena, sandbox->row.last_success);
		if (sandbox->row.succeeded)
			return 0;
		return error_set(
			err, ERROR_NOT_FOUND,
			"nothing has passed in this sandbox yet: there is no last success");
	}
	if (store_snapshot(sandbox->service->store, arena, sandbox->row.id, word, &row, err) != 0)
		return -1;
	if (!row)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no snapshot \"%.60s\" of this sandbox", word);
	*revision = row->revision;
	return 0;
}

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static int check_words(const char *name, const char *description, struct error *err)
{
	if (description && strlen(description) > DESCRIPTION_BYTES)
		return error_set(err, ERROR_USAGE, "the description is over %d bytes",
				 DESCRIPTION_BYTES);
	if (!name)
		return 0;
	if (!*name || strlen(name) > NAME_BYTES || !is_plain(name))
		return error_set(err, ERROR_USAGE,
				 "a snapshot's name has 1 to %d bytes and no control characters",
				 NAME_BYTES);
	if (strcmp(name, SERVICE_LAST_SUCCESS) == 0)
		return error_set(err, ERROR_USAGE,
				 "the name %s is taken: it names the last success",
				 SERVICE_LAST_SUCCESS);
	return 0;
}

static int check_others(const struct sandbox_entry *sandbox, struct arena *arena, const char *name,
			struct error *err)
{
	struct snapshot_row *rows;
	size_t count;

	if (store_snapshots(sandbox->service->store, arena, sandbox->row.id, &rows, &count, err) !=
	    0)
		return -1;
	if (count >= SNAPSHOTS_MOST)
		return error_set(err, ERROR_DENIED, "a sandbox has at most %d snapshots",
				 SNAPSHOTS_MOST);
	for (size_t i = 0; name && i < count; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return error_set(err, ERROR_CONFLICT,
					 "this sandbox has a snapshot \"%.60s\" already", name);
	}
	return 0;
}

static void on_put(void *ctx, const struct error *err)
{
	struct naming *naming = ctx;
	struct service *service = naming->sandbox->service;

	sandboxes_leave(naming->sandbox);
	if (naming->done)
		naming->done(naming->ctx, err ? NULL : &naming->row, err);
	arena_done(&naming->arena);
	free(naming);
	service->under_way--;
	service_idle(service);
}

static void put(struct naming *naming, const char *name, const char *description)
{
	struct sandbox_entry *sandbox = naming->sandbox;
	struct arena *arena = &naming->arena;
	char id[IDENTIFIER_TEXT];

	identifier_make(id, "snap-");
	naming->row = (struct snapshot_row){
		.id = arena_string(arena, id),
		.sandbox = arena_string(arena, sandbox->row.id),
		.name = arena_string(arena, name ? name : id),
		.description = arena_string(arena, description),
		.revision = arena_string(arena, sandbox->row.head),
		.created_ms = clock_unix_ms(),
	};
	sandboxes_use(sandbox);
	sandbox->service->under_way++;
	store_put_snapshot(sandbox->service->store, &naming->row, on_put, naming);
}

int service_snapshot(struct service *service, const char *tenant, const char *id, const char *name,
		     const char *description, snapshot_row_fn done, void *ctx, struct error *err)
{
	struct sandbox_entry *sandbox = sandboxes_find(service, tenant, id, err);

	if (!sandbox || check_words(name, description, err) != 0)
		return -1;
	struct naming *naming = memory_zeroed(sizeof(*naming));
	*naming = (struct naming){.sandbox = sandbox, .done = done, .ctx = ctx};
	arena_init(&naming->arena);
	if (check_others(sandbox, &naming->arena, name, err) != 0) {
		arena_done(&naming->arena);
		free(naming);
		return -1;
	}
	sandboxes_touch(sandbox);
	put(naming, name, description);
	return 0;
}
