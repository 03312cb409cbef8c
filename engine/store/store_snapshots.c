/* The store's snapshots: names for revisions, each of one sandbox. */
#include "engine/store/store_write.h"

static const struct field snapshot_row_fields[] = {
	{offsetof(struct snapshot_row, id), FIELD_TEXT},
	{offsetof(struct snapshot_row, sandbox), FIELD_TEXT},
	{offsetof(struct snapshot_row, name), FIELD_TEXT},
	{offsetof(struct snapshot_row, description), FIELD_TEXT},
	{offsetof(struct snapshot_row, revision), FIELD_TEXT},
	{offsetof(struct snapshot_row, created_ms), FIELD_INT},
};
static ROW_KIND(snapshot_kind, snapshot_row);

#define COLUMNS "id, sandbox, name, description, revision, created_ms"

static int apply_put(struct database *writer, struct write *write, struct error *err)
{
	static const char sql[] = "INSERT INTO snapshots (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)";
	const struct snapshot_row *row = write->what;
	if (revision_needed(writer, row->revision, err) != 0)
		return -1;
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	row_bind(statement, &snapshot_kind, row);
	if (statement_run(statement) == 0)
		return 0;
	if (database_is_taken(writer))
		return error_set(err, ERROR_CONFLICT, "there is a snapshot named \"%s\" already",
				 row->name);
	if (database_is_orphan(writer))
		return error_set(err, ERROR_NOT_FOUND, "there is no sandbox %s", row->sandbox);
	return database_fail(writer, "write", err);
}

void store_put_snapshot(struct store *store, const struct snapshot_row *row, store_done_fn done,
			void *ctx)
{
	write_row(store, apply_put, &snapshot_kind, row, done, ctx);
}

static int apply_remove(struct database *writer, struct write *write, struct error *err)
{
	static const char sql[] = "DELETE FROM snapshots WHERE id = ?";
	return statement_run_for(writer, sql, write->what) == 0
		       ? 0
		       : database_fail(writer, "write", err);
}

void store_remove_snapshot(struct store *store, const char *id, store_done_fn done, void *ctx)
{
	write_id(store, apply_remove, id, done, ctx);
}

int store_snapshots(struct store *store, struct arena *arena, const char *sandbox,
		    struct snapshot_row **out, size_t *count, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS
				  " FROM snapshots WHERE sandbox = ? ORDER BY rowid";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	statement_bind_text(statement, 1, sandbox);
	return rows_read(store->reader, statement, &snapshot_kind, arena, out, count, err);
}

int store_snapshot(struct store *store, struct arena *arena, const char *sandbox, const char *word,
		   const struct snapshot_row **out, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS " FROM snapshots WHERE sandbox = ?1 "
				  "AND (id = ?2 OR name = ?2) ORDER BY id = ?2 DESC LIMIT 1";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	statement_bind_text(statement, 1, sandbox);
	statement_bind_text(statement, 2, word);
	return rows_first(store->reader, statement, &snapshot_kind, arena, out, err);
}
