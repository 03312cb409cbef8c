/* The store's sandboxes: rows that last, each with the head of its chain of revisions. */
#include "engine/store/store_write.h"

static const struct field sandbox_row_fields[] = {
	{offsetof(struct sandbox_row, id), FIELD_TEXT},
	{offsetof(struct sandbox_row, tenant), FIELD_TEXT},
	{offsetof(struct sandbox_row, agent), FIELD_TEXT},
	{offsetof(struct sandbox_row, environment), FIELD_TEXT},
	{offsetof(struct sandbox_row, head), FIELD_TEXT},
	{offsetof(struct sandbox_row, last_success), FIELD_TEXT},
	{offsetof(struct sandbox_row, succeeded), FIELD_BOOL},
	{offsetof(struct sandbox_row, executions), FIELD_INT},
	{offsetof(struct sandbox_row, ttl_ms), FIELD_INT},
	{offsetof(struct sandbox_row, created_ms), FIELD_INT},
	{offsetof(struct sandbox_row, used_ms), FIELD_INT},
	{offsetof(struct sandbox_row, expires_ms), FIELD_INT},
	{offsetof(struct sandbox_row, quarantined), FIELD_TEXT},
};
ROW_KIND(sandbox_kind, sandbox_row);

#define COLUMNS                                                                                    \
	"id, tenant, agent, environment, head, last_success, succeeded, executions, "              \
	"ttl_ms, created_ms, used_ms, expires_ms, quarantined"

/*
 * What it stands on must be there: a head that is not would be a workspace that cannot be
 * opened.
 */
static int bind_sandbox(struct database *writer, struct sqlite3_stmt *statement,
			const struct sandbox_row *row, struct error *err)
{
	if (revision_needed(writer, row->head, err) != 0 ||
	    revision_needed(writer, row->last_success, err) != 0)
		return -1;
	row_bind(statement, &sandbox_kind, row);
	return statement_run(statement) == 0 ? 0 : database_fail(writer, "write", err);
}

static int apply_put(struct database *writer, struct write *write, struct error *err)
{
	static const char sql[] =
		"INSERT INTO sandboxes (" COLUMNS
		") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		"ON CONFLICT (id) DO UPDATE SET agent = excluded.agent, "
		"environment = excluded.environment, head = excluded.head, "
		"last_success = excluded.last_success, succeeded = excluded.succeeded, "
		"executions = excluded.executions, ttl_ms = excluded.ttl_ms, "
		"used_ms = excluded.used_ms, "
		"expires_ms = excluded.expires_ms, quarantined = excluded.quarantined";
	return bind_sandbox(writer, statement_get(writer, sql), write->what, err);
}

void store_put_sandbox(struct store *store, const struct sandbox_row *row, store_done_fn done,
		       void *ctx)
{
	write_row(store, apply_put, &sandbox_kind, row, done, ctx);
}

int sandbox_update(struct database *writer, const struct sandbox_row *row, struct error *err)
{
	static const char sql[] =
		"UPDATE sandboxes SET agent = ?3, environment = ?4, head = ?5, "
		"last_success = ?6, succeeded = ?7, executions = ?8, ttl_ms = ?9, "
		"used_ms = ?11, expires_ms = ?12, quarantined = ?13 WHERE id = ?1";
	return bind_sandbox(writer, statement_get(writer, sql), row, err);
}

static int apply_remove(struct database *writer, struct write *write, struct error *err)
{
	static const char sql[] = "DELETE FROM sandboxes WHERE id = ?";
	return statement_run_for(writer, sql, write->what) == 0 &&
			       runs_forget(writer, write->what, NULL) == 0
		       ? 0
		       : database_fail(writer, "write", err);
}

void store_remove_sandbox(struct store *store, const char *id, store_done_fn done, void *ctx)
{
	write_id(store, apply_remove, id, done, ctx);
}

int store_each_sandbox(struct store *store, store_sandbox_fn each, void *ctx, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS " FROM sandboxes ORDER BY rowid";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	int rc;
	while ((rc = statement_step(statement)) > 0) {
		struct sandbox_row row;
		row_read(statement, &sandbox_kind, NULL, &row);
		each(ctx, &row);
	}
	statement_end(statement);
	return rc == 0 ? 0 : database_fail(store->reader, "read", err);
}
