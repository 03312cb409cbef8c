/* The store's executions: accepted, finished, and the history that they leave. */
#include <string.h>

#include "engine/store/store_write.h"

static const struct field execution_row_fields[] = {
	{offsetof(struct execution_row, id), FIELD_TEXT},
	{offsetof(struct execution_row, tenant), FIELD_TEXT},
	{offsetof(struct execution_row, sandbox), FIELD_TEXT},
	{offsetof(struct execution_row, agent), FIELD_TEXT},
	{offsetof(struct execution_row, state), FIELD_WORD},
	{offsetof(struct execution_row, callback_url), FIELD_TEXT},
	{offsetof(struct execution_row, accepted_ms), FIELD_INT},
	{offsetof(struct execution_row, started_ms), FIELD_INT},
	{offsetof(struct execution_row, finished_ms), FIELD_INT},
	{offsetof(struct execution_row, verdict), FIELD_TEXT},
	{offsetof(struct execution_row, reason), FIELD_TEXT},
	{offsetof(struct execution_row, environment), FIELD_TEXT},
	{offsetof(struct execution_row, wall_ms), FIELD_REAL},
	{offsetof(struct execution_row, log_dir), FIELD_TEXT},
	{offsetof(struct execution_row, report), FIELD_TEXT},
};
static ROW_KIND(execution_kind, execution_row);

static const struct field idempotency_row_fields[] = {
	{offsetof(struct idempotency_row, tenant), FIELD_TEXT},
	{offsetof(struct idempotency_row, key), FIELD_TEXT},
	{offsetof(struct idempotency_row, request), FIELD_TEXT},
	{offsetof(struct idempotency_row, execution), FIELD_TEXT},
	{offsetof(struct idempotency_row, created_ms), FIELD_INT},
};
static ROW_KIND(idempotency_kind, idempotency_row);

#define LISTED                                                                                     \
	"id, tenant, sandbox, agent, state, callback_url, accepted_ms, started_ms, finished_ms, "  \
	"verdict, reason, environment, wall_ms, log_dir"
#define COLUMNS LISTED ", report"
#define IDEMPOTENCY_COLUMNS "tenant, key, request, execution, created_ms"
#define INSERT                                                                                     \
	"INSERT INTO executions (" COLUMNS ", report_bytes) "                                      \
	"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* ---- accepting ---- */

struct acceptance {
	const struct execution_row *row;
	const struct idempotency_row *idempotency; /* NULL: none */
};

static int insert(struct sqlite3_stmt *statement, const struct execution_row *row)
{
	row_bind(statement, &execution_kind, row);
	statement_bind_int(statement, (int)execution_kind.count + 1,
			   (row->report ? (int64_t)strlen(row->report) : 0) +
				   (int64_t)row->log_bytes);
	return statement_run(statement);
}

static int apply_accept(struct database *writer, struct write *write, struct error *err)
{
	static const char insert_key[] = "INSERT INTO idempotency (" IDEMPOTENCY_COLUMNS
					 ") VALUES (?, ?, ?, ?, ?)";
	const struct acceptance *acceptance = write->what;
	if (insert(statement_get(writer, INSERT), acceptance->row) != 0)
		return database_fail(writer, "write", err);
	if (!acceptance->idempotency)
		return 0;
	struct sqlite3_stmt *statement = statement_get(writer, insert_key);
	row_bind(statement, &idempotency_kind, acceptance->idempotency);
	if (statement_run(statement) == 0)
		return 0;
	if (database_is_taken(writer))
		return error_set(err, ERROR_CONFLICT, "the Idempotency-Key is taken");
	return database_fail(writer, "write", err);
}

void store_accept(struct store *store, const struct execution_row *row,
		  const struct idempotency_row *idempotency, store_done_fn done, void *ctx)
{
	struct write *write = write_new(apply_accept, done, ctx);
	struct acceptance *acceptance = arena_alloc(&write->arena, sizeof(*acceptance));
	acceptance->row = row_copy(&write->arena, &execution_kind, row);
	acceptance->idempotency = row_copy(&write->arena, &idempotency_kind, idempotency);
	write->what = acceptance;
	write_submit(store, write);
}

/* ---- finishing ---- */

/*
 * One whose acceptance could not be written (the disk was full then) is written whole: nobody
 * loses a report. One that is final stays as it was answered.
 */
static int finish_execution(struct database *writer, const struct execution_row *row,
			    struct error *err)
{
	static const char sql[] = INSERT
		" ON CONFLICT (id) DO UPDATE SET state = excluded.state, "
		"started_ms = excluded.started_ms, finished_ms = excluded.finished_ms, "
		"verdict = excluded.verdict, reason = excluded.reason, "
		"environment = excluded.environment, wall_ms = excluded.wall_ms, "
		"log_dir = excluded.log_dir, report = excluded.report, "
		"report_bytes = excluded.report_bytes WHERE state = 0";
	if (insert(statement_get(writer, sql), row) != 0)
		return database_fail(writer, "write", err);
	return database_changes(writer) == 1
		       ? 0
		       : error_set(err, ERROR_CONFLICT, "execution %s is final already", row->id);
}

static int apply_finish(struct database *writer, struct write *write, struct error *err)
{
	const struct store_final *final = write->what;
	const struct execution_row *row = final->execution;
	if ((row && finish_execution(writer, row, err) != 0) ||
	    (final->revision && revision_put(writer, final->revision, err) != 0) ||
	    (final->sandbox && sandbox_update(writer, final->sandbox, err) != 0) ||
	    (final->delivery && delivery_put(writer, final->delivery, err) != 0))
		return -1;
	if (row && row->sandbox && final->results &&
	    runs_keep(writer, row->sandbox, row, final->results) != 0)
		return database_fail(writer, "write", err);
	return 0;
}

void store_finish(struct store *store, const struct store_final *final, store_done_fn done,
		  void *ctx)
{
	struct write *write = write_new(apply_finish, done, ctx);
	struct store_final *copy = arena_alloc(&write->arena, sizeof(*copy));
	copy->execution = row_copy(&write->arena, &execution_kind, final->execution);
	copy->results = runs_copy(&write->arena, final->results);
	copy->revision = row_copy(&write->arena, &revision_kind, final->revision);
	copy->sandbox = row_copy(&write->arena, &sandbox_kind, final->sandbox);
	copy->delivery = row_copy(&write->arena, &delivery_kind, final->delivery);
	write->what = copy;
	write_submit(store, write);
}

/* ---- reading ---- */

/* Where a page begins: the number of an execution of the tenant's. */
static int find_number(struct store *store, const struct history_query *query, int64_t *out,
		       struct error *err)
{
	static const char sql[] = "SELECT number FROM executions WHERE id = ? AND tenant = ?";
	*out = INT64_MAX;
	if (!query->before)
		return 0;
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	statement_bind_text(statement, 1, query->before);
	statement_bind_text(statement, 2, query->tenant);
	int rc = statement_step(statement);
	if (rc > 0)
		*out = statement_int(statement, 0);
	statement_end(statement);
	if (rc < 0)
		return database_fail(store->reader, "read", err);
	return rc > 0 ? 0
		      : error_set(err, ERROR_NOT_FOUND, "there is no execution %s", query->before);
}

/* A unary plus keeps SQLite from choosing that column's index. */
int store_history(struct store *store, struct arena *arena, const struct history_query *query,
		  struct execution_row **out, size_t *count, struct error *err)
{
#define PAGE                                                                                       \
	" AND number < ?2 AND (?3 IS NULL OR agent = ?3) "                                         \
	"AND (?4 IS NULL OR verdict = ?4) ORDER BY number DESC LIMIT ?5"
	static const char of_tenant[] = "SELECT " LISTED ", NULL FROM executions "
					"WHERE tenant = ?1" PAGE;
	static const char of_sandbox[] = "SELECT " LISTED ", NULL FROM executions "
					 "WHERE sandbox = ?6 AND +tenant = ?1" PAGE;
#undef PAGE
	int64_t before;
	*out = NULL;
	*count = 0;
	if (find_number(store, query, &before, err) != 0)
		return -1;
	struct sqlite3_stmt *statement = statement_get(store->reader,
						       query->sandbox ? of_sandbox : of_tenant);
	statement_bind_text(statement, 1, query->tenant);
	statement_bind_int(statement, 2, before);
	statement_bind_text(statement, 3, query->agent);
	statement_bind_text(statement, 4, query->verdict);
	statement_bind_int(statement, 5, query->limit);
	if (query->sandbox)
		statement_bind_text(statement, 6, query->sandbox);
	return rows_read(store->reader, statement, &execution_kind, arena, out, count, err);
}

int store_execution(struct store *store, struct arena *arena, const char *tenant, const char *id,
		    const struct execution_row **out, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS " FROM executions WHERE id = ? AND tenant = ?";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	statement_bind_text(statement, 1, id);
	statement_bind_text(statement, 2, tenant);
	return rows_first(store->reader, statement, &execution_kind, arena, out, err);
}

int store_log_dir(struct store *store, struct arena *arena, const char *id, const char **out,
		  struct error *err)
{
	static const char sql[] = "SELECT log_dir FROM executions WHERE id = ?";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	*out = NULL;
	statement_bind_text(statement, 1, id);
	int rc = statement_step(statement);
	if (rc > 0)
		*out = statement_text(statement, 0, arena);
	statement_end(statement);
	return rc >= 0 ? 0 : database_fail(store->reader, "read", err);
}

int store_unfinished(struct store *store, struct arena *arena, struct execution_row **out,
		     size_t *count, struct error *err)
{
	static const char sql[] = "SELECT " COLUMNS
				  " FROM executions WHERE state = 0 ORDER BY number";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	return rows_read(store->reader, statement, &execution_kind, arena, out, count, err);
}

int store_idempotency(struct store *store, struct arena *arena, const char *tenant, const char *key,
		      const struct idempotency_row **out, struct error *err)
{
	static const char sql[] = "SELECT " IDEMPOTENCY_COLUMNS
				  " FROM idempotency WHERE tenant = ? AND key = ?";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	statement_bind_text(statement, 1, tenant);
	statement_bind_text(statement, 2, key);
	return rows_first(store->reader, statement, &idempotency_kind, arena, out, err);
}
