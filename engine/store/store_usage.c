/* How much each tenant has in the store, and the history that goes because it is too much. */
#include "engine/store/store_write.h"

int store_usage(struct store *store, const char *tenant, struct store_usage *out, struct error *err)
{
	static const char sql[] = "SELECT sum(sandboxes), sum(revision_bytes), sum(executions), "
				  "sum(report_bytes) FROM usage WHERE ?1 IS NULL OR tenant = ?1";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	*out = (struct store_usage){0};
	statement_bind_text(statement, 1, tenant);
	int rc = statement_step(statement);
	if (rc > 0) {
		out->sandboxes = (uint64_t)statement_int(statement, 0);
		out->revision_bytes = (uint64_t)statement_int(statement, 1);
		out->executions = (uint64_t)statement_int(statement, 2);
		out->report_bytes = (uint64_t)statement_int(statement, 3);
	}
	statement_end(statement);
	return rc > 0 ? 0 : database_fail(store->reader, "read", err);
}

/* ---- forgetting executions ---- */

struct forgotten {
	int64_t number;
	const char *id, *sandbox, *log_dir;
};

struct trimming {
	struct store_retention retention;
	struct forgotten *found; /* STORE_AT_ONCE of them */
	size_t count;
	void (*gone)(void *ctx, const char *execution, const char *log_dir);
	void *ctx;
};

/* One that an answer is owed for (next_ms is not DELIVERY_GIVEN_UP) is needed for that. */
#define MAY_GO                                                                                     \
	"state = 1 AND id NOT IN (SELECT execution FROM deliveries "                               \
	"WHERE next_ms < 9223372036854775807)"
#define FORGOTTEN "number, id, sandbox, log_dir"

static int gather(struct trimming *trimming, struct sqlite3_stmt *statement, struct arena *arena)
{
	int rc = 0;
	while (trimming->count < STORE_AT_ONCE && (rc = statement_step(statement)) > 0) {
		struct forgotten *forgotten = &trimming->found[trimming->count++];
		forgotten->number = statement_int(statement, 0);
		forgotten->id = statement_text(statement, 1, arena);
		forgotten->sandbox = statement_text(statement, 2, arena);
		forgotten->log_dir = statement_text(statement, 3, arena);
	}
	statement_end(statement);
	return rc < 0 ? -1 : 0;
}

/* Deletes what was gathered from the from-th on. */
static int forget(struct database *writer, const struct trimming *trimming, size_t from)
{
	static const char sql[] = "DELETE FROM executions WHERE number = ?";
	for (size_t i = from; i < trimming->count; i++) {
		const struct forgotten *forgotten = &trimming->found[i];
		struct sqlite3_stmt *statement = statement_get(writer, sql);
		statement_bind_int(statement, 1, forgotten->number);
		if (statement_run(statement) != 0 ||
		    (forgotten->sandbox &&
		     runs_forget(writer, forgotten->sandbox, forgotten->id) != 0))
			return -1;
	}
	return 0;
}

static int trim_old(struct database *writer, struct trimming *trimming, struct arena *arena)
{
	static const char sql[] = "SELECT " FORGOTTEN " FROM executions WHERE finished_ms < ? "
				  "AND " MAY_GO " ORDER BY finished_ms";
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	statement_bind_int(statement, 1, trimming->retention.before_ms);
	return gather(trimming, statement, arena) == 0 ? forget(writer, trimming, 0) : -1;
}

/*
 * A tenant's oldest go while those before them leave it with too much. What it has is read
 * first: the triggers change it with each that goes.
 */
static int trim_tenant(struct database *writer, struct trimming *trimming, const char *tenant,
		       struct arena *arena)
{
	static const char sql[] =
		"SELECT " FORGOTTEN " FROM (SELECT " FORGOTTEN ","
		"    count(*) OVER before AS ones, sum(report_bytes) OVER before AS bytes"
		"  FROM executions WHERE tenant = ?1 AND " MAY_GO
		"  WINDOW before AS (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING"
		"    AND 1 PRECEDING)"
		"  ORDER BY number LIMIT ?4), usage WHERE usage.tenant = ?1 AND ("
		"(?2 > 0 AND usage.executions - ones > ?2) OR"
		"(?3 > 0 AND usage.report_bytes - coalesce(bytes, 0) > ?3)) ORDER BY number";
	const struct store_retention *retention = &trimming->retention;
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	size_t from = trimming->count;
	statement_bind_text(statement, 1, tenant);
	statement_bind_int(statement, 2, (int64_t)retention->executions);
	statement_bind_int(statement, 3, (int64_t)retention->bytes);
	statement_bind_int(statement, 4, STORE_AT_ONCE);
	return gather(trimming, statement, arena) == 0 ? forget(writer, trimming, from) : -1;
}

static int trim_tenants(struct database *writer, struct trimming *trimming, struct arena *arena)
{
	static const char sql[] = "SELECT tenant FROM usage WHERE (?1 > 0 AND executions > ?1) "
				  "OR (?2 > 0 AND report_bytes > ?2)";
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	const char **tenants = NULL;
	size_t count = 0;
	int rc;
	statement_bind_int(statement, 1, (int64_t)trimming->retention.executions);
	statement_bind_int(statement, 2, (int64_t)trimming->retention.bytes);
	while ((rc = statement_step(statement)) > 0) {
		const char **slot = arena_grow(arena, &tenants, count++, sizeof(*slot));
		*slot = statement_text(statement, 0, arena);
	}
	statement_end(statement);
	for (size_t i = 0; rc == 0 && i < count && trimming->count < STORE_AT_ONCE; i++)
		rc = trim_tenant(writer, trimming, tenants[i], arena);
	return rc;
}

static int apply_trim(struct database *writer, struct write *write, struct error *err)
{
	struct trimming *trimming = write->what;
	trimming->count = 0;
	if (trim_old(writer, trimming, &write->arena) != 0 ||
	    trim_tenants(writer, trimming, &write->arena) != 0)
		return database_fail(writer, "write", err);
	return 0;
}

static void tell_trimmed(struct write *write)
{
	const struct trimming *trimming = write->what;
	for (size_t i = 0; trimming->gone && i < trimming->count; i++)
		trimming->gone(trimming->ctx, trimming->found[i].id, trimming->found[i].log_dir);
}

void store_trim(struct store *store, const struct store_retention *retention,
		void (*gone)(void *ctx, const char *execution, const char *log_dir),
		store_done_fn done, void *ctx)
{
	struct write *write = write_new(apply_trim, done, ctx);
	struct trimming *trimming = arena_alloc(&write->arena, sizeof(*trimming));
	trimming->retention = *retention;
	trimming->found = arena_array(&write->arena, STORE_AT_ONCE, sizeof(*trimming->found));
	trimming->gone = gone;
	trimming->ctx = ctx;
	write->what = trimming;
	write->after = tell_trimmed;
	write_submit(store, write);
}
