/* The store's revisions: immutable layers in chains, and which of them nobody needs any more. */
#include "engine/store/store_write.h"

static const struct field revision_row_fields[] = {
	{offsetof(struct revision_row, id), FIELD_TEXT},
	{offsetof(struct revision_row, parent), FIELD_TEXT},
	{offsetof(struct revision_row, tenant), FIELD_TEXT},
	{offsetof(struct revision_row, bytes), FIELD_INT},
	{offsetof(struct revision_row, created_ms), FIELD_INT},
};
ROW_KIND(revision_kind, revision_row);

/* ---- one of them ---- */

/* 1: it is there, 0: not, -1: failed. */
static int is_there(struct database *database, const char *id)
{
	static const char sql[] = "SELECT 1 FROM revisions WHERE id = ?";
	struct sqlite3_stmt *statement = statement_get(database, sql);
	statement_bind_text(statement, 1, id);
	int rc = statement_step(statement);
	statement_end(statement);
	return rc;
}

int revision_needed(struct database *writer, const char *id, struct error *err)
{
	int found = id ? is_there(writer, id) : 1;
	if (found < 0)
		return database_fail(writer, "write", err);
	return found ? 0 : error_set(err, ERROR_NOT_FOUND, "store: there is no revision %s", id);
}

int revision_put(struct database *writer, const struct revision_row *row, struct error *err)
{
	static const char sql[] = "INSERT INTO revisions (id, parent, tenant, bytes, created_ms) "
				  "VALUES (?, ?, ?, ?, ?)";
	if (revision_needed(writer, row->parent, err) != 0)
		return -1;
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	row_bind(statement, &revision_kind, row);
	return statement_run(statement) == 0 ? 0 : database_fail(writer, "write", err);
}

int store_revision_exists(struct store *store, const char *id, bool *out, struct error *err)
{
	int found = is_there(store->reader, id);
	*out = found > 0;
	return found >= 0 ? 0 : database_fail(store->reader, "read", err);
}

/* ---- chains ---- */

int store_chain(struct store *store, struct arena *arena, const char *id, const char *const **out,
		struct error *err)
{
	static const char sql[] = "WITH RECURSIVE chain (id, parent, depth) AS ("
				  "  SELECT id, parent, 0 FROM revisions WHERE id = ?1 UNION ALL"
				  "  SELECT r.id, r.parent, chain.depth + 1 FROM chain"
				  "    JOIN revisions AS r ON r.id = chain.parent)"
				  "SELECT id, parent FROM chain ORDER BY depth";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	const char **ids = NULL, *next = id;
	size_t count = 0;
	int rc = 0;
	statement_bind_text(statement, 1, id);
	while (id && (rc = statement_step(statement)) > 0) {
		const char **slot = arena_grow(arena, &ids, count++, sizeof(*slot));
		*slot = statement_text(statement, 0, arena);
		next = statement_text(statement, 1, arena);
	}
	statement_end(statement);
	arena_grow(arena, &ids, count, sizeof(*ids));
	*out = ids;
	if (rc < 0)
		return database_fail(store->reader, "read", err);
	/* the last one's parent is not there, or the first one is not */
	return next ? error_set(err, ERROR_NOT_FOUND, "store: there is no revision %s", next) : 0;
}

/* ---- forgetting ---- */

struct collection {
	const char **found;
	size_t count;
	void (*gone)(void *ctx, const char *revision);
	void *ctx;
};

static int apply_collect(struct database *writer, struct write *write, struct error *err)
{
	static const char sql[] =
		"WITH RECURSIVE used (id) AS ("
		"  SELECT head FROM sandboxes WHERE head IS NOT NULL UNION"
		"  SELECT last_success FROM sandboxes WHERE last_success IS NOT NULL UNION"
		"  SELECT revision FROM snapshots WHERE revision IS NOT NULL UNION"
		"  SELECT r.parent FROM used JOIN revisions AS r ON r.id = used.id"
		"    WHERE r.parent IS NOT NULL)"
		"DELETE FROM revisions WHERE id IN ("
		"  SELECT id FROM revisions WHERE id NOT IN (SELECT id FROM used) LIMIT ?)"
		"RETURNING id";
	struct collection *collection = write->what;
	collection->count = 0;
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	statement_bind_int(statement, 1, STORE_AT_ONCE);
	int rc;
	while ((rc = statement_step(statement)) > 0)
		collection->found[collection->count++] = statement_text(statement, 0,
									&write->arena);
	statement_end(statement);
	return rc == 0 ? 0 : database_fail(writer, "write", err);
}

static void tell_collected(struct write *write)
{
	const struct collection *collection = write->what;
	for (size_t i = 0; collection->gone && i < collection->count; i++)
		collection->gone(collection->ctx, collection->found[i]);
}

void store_collect(struct store *store, void (*gone)(void *ctx, const char *revision),
		   store_done_fn done, void *ctx)
{
	struct write *write = write_new(apply_collect, done, ctx);
	struct collection *collection = arena_alloc(&write->arena, sizeof(*collection));
	collection->found = arena_array(&write->arena, STORE_AT_ONCE, sizeof(*collection->found));
	collection->gone = gone;
	collection->ctx = ctx;
	write->what = collection;
	write->after = tell_collected;
	write_submit(store, write);
}
