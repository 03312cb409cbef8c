/*
 * The newest runs of each workspace and the status of their tests: what the next delta compares
 * with.
 */
#include "engine/base/clock.h"
#include "engine/store/store_write.h"

/* ---- reading ---- */

static int read_tests(struct store *store, int64_t number, struct arena *arena, struct results *out,
		      struct error *err)
{
	static const char sql[] =
		"SELECT suite, name, status FROM tests WHERE execution = ? ORDER BY place";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	statement_bind_int(statement, 1, number);
	int rc;
	while ((rc = statement_step(statement)) > 0) {
		struct test *test = arena_grow(arena, &out->tests, out->count++, sizeof(*test));
		test->suite = statement_text(statement, 0, arena);
		test->name = statement_text(statement, 1, arena);
		test->status = (enum test_status)statement_int(statement, 2);
		test->duration_ms = NAN;
	}
	statement_end(statement);
	return rc == 0 ? 0 : database_fail(store->reader, "read", err);
}

int store_last_results(struct store *store, const char *workspace, struct arena *arena,
		       const char **id, struct results *out, struct error *err)
{
	static const char sql[] = "SELECT number, id, runner, complete FROM runs "
				  "WHERE workspace = ? AND runner IS NOT NULL "
				  "ORDER BY number DESC LIMIT 1";
	struct sqlite3_stmt *statement = statement_get(store->reader, sql);
	*id = NULL;
	*out = (struct results){.runner = NULL};
	statement_bind_text(statement, 1, workspace);
	int found = statement_step(statement), rc = 0;
	if (found > 0) {
		struct results results = {.runner = statement_text(statement, 2, arena),
					  .complete = statement_int(statement, 3) != 0};
		/* while this statement is open, its snapshot is: nobody trims the tests away */
		rc = read_tests(store, statement_int(statement, 0), arena, &results, err);
		if (rc == 0) {
			*id = statement_text(statement, 1, arena);
			*out = results;
		}
	} else if (found < 0) {
		rc = database_fail(store->reader, "read", err);
	}
	statement_end(statement);
	return rc;
}

/* ---- writing ---- */

/* A row of the table; results NULL: none. */
struct run {
	const char *id, *workspace, *verdict, *reason, *environment;
	const struct results *results;
	double wall_ms;
};

static int insert_run(struct database *writer, const struct run *run)
{
	static const char sql[] = "INSERT INTO runs (id, workspace, at, verdict, reason, "
				  "environment, runner, complete, wall_ms) "
				  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	const struct results *results = run->results;
	char at[CLOCK_TEXT];
	clock_text(at);
	statement_bind_text(statement, 1, run->id);
	statement_bind_text(statement, 2, run->workspace);
	statement_bind_text(statement, 3, at);
	statement_bind_text(statement, 4, run->verdict);
	statement_bind_text(statement, 5, run->reason);
	statement_bind_text(statement, 6, run->environment);
	statement_bind_text(statement, 7, results->count > 0 ? results->runner : NULL);
	statement_bind_int(statement, 8, results->complete);
	statement_bind_real(statement, 9, run->wall_ms);
	return statement_run(statement);
}

static int insert_tests(struct database *writer, const struct results *results)
{
	static const char sql[] = "INSERT INTO tests (execution, place, suite, name, status) "
				  "VALUES (?, ?, ?, ?, ?)";
	int64_t number = database_last_row(writer);
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	for (size_t i = 0; i < results->count; i++) {
		statement_bind_int(statement, 1, number);
		statement_bind_int(statement, 2, (int64_t)i);
		statement_bind_text(statement, 3, results->tests[i].suite);
		statement_bind_text(statement, 4, results->tests[i].name);
		statement_bind_int(statement, 5, results->tests[i].status);
		if (statement_run(statement) != 0)
			return -1;
	}
	return 0;
}

static int trim(struct database *writer, const char *workspace, unsigned keep)
{
	static const char sql[] =
		"DELETE FROM runs WHERE workspace = ?1 AND number <= (SELECT number FROM "
		"runs WHERE workspace = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)";
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	statement_bind_text(statement, 1, workspace);
	statement_bind_int(statement, 2, keep);
	return statement_run(statement);
}

static int keep_run(struct database *writer, const struct run *run, unsigned keep)
{
	return insert_run(writer, run) == 0 && insert_tests(writer, run->results) == 0 &&
			       trim(writer, run->workspace, keep) == 0
		       ? 0
		       : -1;
}

struct recording {
	struct run run;
	unsigned keep;
};

static int apply_record(struct database *writer, struct write *write, struct error *err)
{
	const struct recording *recording = write->what;
	return keep_run(writer, &recording->run, recording->keep) == 0
		       ? 0
		       : database_fail(writer, "write", err);
}

static void keep_error(void *ctx, const struct error *err)
{
	if (err)
		*(struct error *)ctx = *err;
}

int store_record(struct store *store, const char *workspace, const struct execution *execution,
		 unsigned keep, struct error *err)
{
	struct recording recording = {.run = {.id = execution->id,
					      .workspace = workspace,
					      .verdict = verdict_name(execution->verdict),
					      .reason = execution->reason,
					      .environment = execution->environment,
					      .results = &execution->results,
					      .wall_ms = execution->wall_ms},
				      .keep = keep};
	struct error failed = {.code = ERROR_NONE};
	struct write *write = write_new(apply_record, keep_error, &failed);
	write->what = &recording; /* is written before this returns */
	write_submit(store, write);
	return error_is_set(&failed) ? error_set(err, failed.code, "%s", failed.text) : 0;
}

/* ---- of sandboxes ---- */

/* Only the newest is ever compared with. */
enum { RUNS_OF_SANDBOX = 1 };

int runs_keep(struct database *writer, const char *sandbox, const struct execution_row *execution,
	      const struct results *results)
{
	struct arena arena;
	arena_init(&arena);
	struct run run = {.id = execution->id,
			  .workspace = arena_printf(&arena, "sandbox:%s", sandbox),
			  .verdict = execution->verdict,
			  .reason = execution->reason,
			  .environment = execution->environment,
			  .results = results,
			  .wall_ms = execution->wall_ms};
	int rc = keep_run(writer, &run, RUNS_OF_SANDBOX);
	arena_done(&arena);
	return rc;
}

int runs_forget(struct database *writer, const char *sandbox, const char *execution)
{
	static const char sql[] = "DELETE FROM runs WHERE workspace = 'sandbox:' || ?1 "
				  "AND (?2 IS NULL OR id = ?2)";
	struct sqlite3_stmt *statement = statement_get(writer, sql);
	statement_bind_text(statement, 1, sandbox);
	statement_bind_text(statement, 2, execution);
	return statement_run(statement);
}

struct results *runs_copy(struct arena *arena, const struct results *results)
{
	if (!results || results->count == 0)
		return NULL;
	struct results *copy = arena_alloc(arena, sizeof(*copy));
	copy->runner = arena_string(arena, results->runner);
	copy->complete = results->complete;
	copy->tests = arena_array(arena, results->count, sizeof(*copy->tests));
	copy->count = results->count;
	for (size_t i = 0; i < results->count; i++) {
		copy->tests[i].suite = arena_string(arena, results->tests[i].suite);
		copy->tests[i].name = arena_string(arena, results->tests[i].name);
		copy->tests[i].status = results->tests[i].status;
	}
	return copy;
}
