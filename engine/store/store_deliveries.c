/* The store's deliveries: answers that are still owed to somebody's callback_url. */
#include "engine/store/store_write.h"

static const struct field delivery_row_fields[] = {
	{offsetof(struct delivery_row, execution), FIELD_TEXT},
	{offsetof(struct delivery_row, tenant), FIELD_TEXT},
	{offsetof(struct delivery_row, url), FIELD_TEXT},
	{offsetof(struct delivery_row, attempts), FIELD_WORD},
	{offsetof(struct delivery_row, next_ms), FIELD_INT},
	{offsetof(struct delivery_row, last_error), FIELD_TEXT},
};
ROW_KIND(delivery_kind, delivery_row);

#define COLUMNS "execution, tenant, url, attempts, next_ms, last_error"

int delivery_put(struct database *writer, const struct delivery_row *row, struct error *err)
{
	static const char put[] = "INSERT INTO deliveries (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?) "
				  "ON CONFLICT (execution) DO UPDATE SET url = excluded.url, "
				  "attempts = excluded.attempts, next_ms = excluded.next_ms, "
				  "last_error = coalesce(excluded.last_error, last_error)";
	static const char change[] = "UPDATE deliveries SET url = coalesce(?3, url), "
				     "attempts = ?4, next_ms = ?5, "
				     "last_error = coalesce(?6, last_error) WHERE execution = ?1";
	bool whole = row->tenant && row->url;
	struct sqlite3_stmt *statement = statement_get(writer, whole ? put : change);
	row_bind(statement, &delivery_kind, row);
	if (statement_run(statement) != 0)
		return database_is_orphan(writer)
			       ? error_set(err, ERROR_NOT_FOUND, "there is no execution %s",
					   row->execution)
			       : database_fail(writer, "write", err);
	return database_changes(writer) == 1
		       ? 0
		       : error_set(err, ERROR_NOT_FOUND, "nothing is owed for execution %s",
				   row->execution);
}

static int apply_put(struct database *writer, struct write *write, struct error *err)
{
	return delivery_put(writer, write->what, err);
}

void store_put_delivery(struct store *store, const struct delivery_row *row, store_done_fn done,
			void *ctx)
{
	write_row(store, apply_put, &delivery_kind, row, done, ctx);
}

static int apply_remove(struct database *writer, struct write *write, struct error *err)
{
	static const char sql[] = "DELETE FROM deliveries WHERE execution = ?";
	return statement_run_for(writer, sql, write->what) == 0
		       ? 0
		       : database_fail(writer, "write", err);
}

void store_remove_delivery(struct store *store, const char *execution, store_done_fn done,
			   void *ctx)
{
	write_id(store, apply_remove, execution, done, ctx);
}

int store_deliveries(struct store *store, struct arena *arena, struct delivery_row **out,
		     size_t *count, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS " FROM deliveries ORDER BY next_ms, execution";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	return rows_read(store->reader, statement, &delivery_kind, arena, out, count, err);
}
