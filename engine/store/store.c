/* The store's file: opening it, and its connections. */
#include "engine/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "engine/store/store_schema.h"
#include "engine/store/store_write.h"

enum {
	BUSY_MS = 2000, /* another engine's transaction is waited for, by somebody at a terminal */
	BUSY_THREAD_MS =
		10000, /* ... by the writer's thread, for what it holds is not asked again */
};

static int make_folder(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	char *folder = memory_copy(path, (size_t)(slash - path));
	int rc = file_make_dirs(folder, 0700, err);
	free(folder);
	return rc;
}

/*
 * What the writer begins with: commits outlive the process (NORMAL), not a power failure. The
 * log is cut back after a burst; it would keep its greatest size for ever.
 */
static int set_up_writer(struct database *writer, struct error *err)
{
	static const char sql[] =
		"PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
		"PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216";
	return database_run(writer, sql) == 0 ? 0 : database_fail(writer, "open", err);
}

int store_open(struct store **out, const char *path, struct error *err)
{
	if (strcmp(path, ":memory:") != 0 && make_folder(path, err) != 0)
		return error_wrap(err, "store");
	struct store *store = memory_zeroed(sizeof(*store));
	store->path = memory_string(path);
	store->reader = &store->writer;
	if (database_open(&store->writer, store->path, BUSY_MS, err) != 0 ||
	    set_up_writer(&store->writer, err) != 0 || schema_prepare(&store->writer, err) != 0) {
		store_close(store);
		return -1;
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	database_close(&store->own);
	database_close(&store->writer);
	free(store->path);
	free(store);
}

/*
 * The reader's first look maps what it shares with writers, so it is made while one may still
 * wait.
 */
static int open_reader(struct store *store, struct error *err)
{
	static const char sql[] = "PRAGMA query_only = ON; SELECT count(*) FROM usage";
	if (database_open(&store->own, store->path, BUSY_MS, err) != 0)
		return -1;
	if (database_run(&store->own, sql) != 0) {
		database_fail(&store->own, "open", err);
		database_close(&store->own);
		return -1;
	}
	database_wait(&store->own, 0);
	return 0;
}

int store_attach(struct store *store, uv_loop_t *loop, struct error *err)
{
	if (open_reader(store, err) != 0)
		return -1;
	database_wait(&store->writer, BUSY_THREAD_MS);
	store->reader = &store->own;
	store->loop = loop;
	return 0;
}
