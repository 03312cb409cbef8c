/* What outlives a run, in SQLite: one table of executions, one of the status of their tests. */
#include "engine/store/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"

enum {
	SCHEMA_VERSION = 1, /* PRAGMA user_version; 0: a new file */
	BUSY_MS = 2000, /* how long another engine's transaction is waited for */
};

struct store {
	sqlite3 *db;
	char *path;
};

/* statements[n] leads from version n to n + 1. */
static const char *const migrations[SCHEMA_VERSION] = {
	"CREATE TABLE executions ("
	"  number INTEGER PRIMARY KEY," /* newest is highest */
	"  id TEXT NOT NULL,"
	"  workspace TEXT NOT NULL,"
	"  at TEXT NOT NULL,"
	"  verdict TEXT NOT NULL,"
	"  reason TEXT,"
	"  environment TEXT,"
	"  runner TEXT," /* NULL: no results */
	"  complete INTEGER NOT NULL,"
	"  wall_ms REAL NOT NULL);"
	"CREATE INDEX executions_of_workspace ON executions (workspace, number);"
	"CREATE TABLE tests ("
	"  execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,"
	"  place INTEGER NOT NULL,"
	"  suite TEXT,"
	"  name TEXT,"
	"  status INTEGER NOT NULL," /* enum test_status */
	"  PRIMARY KEY (execution, place)) WITHOUT ROWID;",
};

static int fail(const struct store *store, const char *doing, struct error *err)
{
	int code = sqlite3_errcode(store->db);
	const char *words = sqlite3_errmsg(store->db);
	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERROR_UNAVAILABLE,
				 "store: %s %s: another process holds it locked", doing,
				 store->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return error_set(err, ERROR_UNAVAILABLE, "store: %s %s: %s", doing, store->path,
				 words);
	case SQLITE_FULL:
		return error_set(err, ERROR_NO_SPACE, "store: %s %s: the disk is full", doing,
				 store->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(err, ERROR_IO,
				 "store: %s %s: %s; move the file away to begin a new history",
				 doing, store->path, words);
	default: return error_set(err, ERROR_IO, "store: %s %s: %s", doing, store->path, words);
	}
}

static int run(struct store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

/* ---- opening ---- */

static int read_version(struct store *store, int *version)
{
	sqlite3_stmt *statement = NULL;
	int rc = -1;
	if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW) {
		*version = sqlite3_column_int(statement, 0);
		rc = 0;
	}
	sqlite3_finalize(statement);
	return rc;
}

/*
 * Within a transaction, for another engine may be at the same: whoever comes second finds it done.
 */
static int migrate(struct store *store, struct error *err)
{
	int version;
	if (run(store, "BEGIN IMMEDIATE") != 0)
		return fail(store, "prepare", err);
	if (read_version(store, &version) != 0)
		goto undo;
	for (; version < SCHEMA_VERSION; version++)
		if (run(store, migrations[version]) != 0)
			goto undo;
	char pragma[64];
	sqlite3_snprintf(sizeof(pragma), pragma, "PRAGMA user_version = %d", version);
	if (run(store, pragma) != 0 || run(store, "COMMIT") != 0)
		goto undo;
	return 0;
undo:
	fail(store, "prepare", err);
	run(store, "ROLLBACK");
	return -1;
}

/*
 * Changing to WAL asks for the whole file at once, and SQLite answers "locked" without asking the
 * busy handler when two try it together: so it is tried again for as long as one would wait.
 */
static int set_wal(struct store *store)
{
	int rc = -1;
	for (int waited = 0; rc != 0 && waited <= BUSY_MS; waited += 10) {
		rc = run(store, "PRAGMA journal_mode = WAL");
		if (rc == 0 || sqlite3_errcode(store->db) != SQLITE_BUSY)
			break;
		sqlite3_sleep(10);
	}
	return rc;
}

static int prepare(struct store *store, struct error *err)
{
	int version;
	sqlite3_busy_timeout(store->db, BUSY_MS);
	if (run(store, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON") != 0 ||
	    read_version(store, &version) != 0)
		return fail(store, "open", err);
	if (version > SCHEMA_VERSION)
		return error_set(
			err, ERROR_UNAVAILABLE,
			"store: open %s: it was made by a newer assay (schema %d, this one "
			"knows %d)",
			store->path, version, SCHEMA_VERSION);
	if (version == SCHEMA_VERSION)
		return 0;
	if (set_wal(store) != 0)
		return fail(store, "prepare", err);
	return migrate(store, err);
}

static int make_folder(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	char *folder = strndup(path, (size_t)(slash - path));
	if (!folder)
		memory_exhausted(strlen(path));
	int rc = file_make_dirs(folder, 0700, err);
	free(folder);
	return rc;
}

int store_open(struct store **out, const char *path, struct error *err)
{
	if (strcmp(path, ":memory:") != 0 && make_folder(path, err) != 0)
		return error_wrap(err, "store");
	struct store *store = memory_zeroed(sizeof(*store));
	store->path = strdup(path);
	if (!store->path)
		memory_exhausted(strlen(path));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK) {
		fail(store, "open", err);
		store_close(store);
		return -1;
	}
	if (prepare(store, err) != 0) {
		store_close(store);
		return -1;
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

/* ---- reading ---- */

static const char *column_text(struct arena *arena, sqlite3_stmt *statement, int column)
{
	return arena_string(arena, (const char *)sqlite3_column_text(statement, column));
}

static int bind_text(sqlite3_stmt *statement, int place, const char *text)
{
	return sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

static int read_tests(struct store *store, sqlite3_int64 number, struct arena *arena,
		      struct results *out, struct error *err)
{
	static const char sql[] =
		"SELECT suite, name, status FROM tests WHERE execution = ? ORDER BY place";
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(store, "read", err);
	sqlite3_bind_int64(statement, 1, number);
	int rc;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		struct test *test = arena_grow(arena, &out->tests, out->count++, sizeof(*test));
		test->suite = column_text(arena, statement, 0);
		test->name = column_text(arena, statement, 1);
		test->status = (enum test_status)sqlite3_column_int(statement, 2);
		test->duration_ms = NAN;
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? 0 : fail(store, "read", err);
}

int store_last_results(struct store *store, const char *workspace, struct arena *arena,
		       const char **id, struct results *out, struct error *err)
{
	static const char sql[] = "SELECT number, id, runner, complete FROM executions "
				  "WHERE workspace = ? AND runner IS NOT NULL "
				  "ORDER BY number DESC LIMIT 1";
	sqlite3_stmt *statement;
	*id = NULL;
	*out = (struct results){.runner = NULL};
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(store, "read", err);
	bind_text(statement, 1, workspace);
	int rc = sqlite3_step(statement), read = 0;
	if (rc == SQLITE_ROW) {
		struct results found = {.runner = column_text(arena, statement, 2),
					.complete = sqlite3_column_int(statement, 3) != 0};
		/* while this statement is open, its snapshot is: nobody trims the tests away */
		read = read_tests(store, sqlite3_column_int64(statement, 0), arena, &found, err);
		if (read == 0) {
			*id = column_text(arena, statement, 1);
			*out = found;
		}
	} else if (rc != SQLITE_DONE) {
		read = fail(store, "read", err);
	}
	sqlite3_finalize(statement);
	return read;
}

/* ---- writing ---- */

/* Steps a statement that gives no rows and frees it. */
static int finish(sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int insert_execution(struct store *store, const char *workspace,
			    const struct execution *execution)
{
	static const char sql[] = "INSERT INTO executions (id, workspace, at, verdict, reason, "
				  "environment, runner, complete, wall_ms) "
				  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	const struct results *results = &execution->results;
	char at[CLOCK_TEXT];
	clock_text(at);
	bind_text(statement, 1, execution->id);
	bind_text(statement, 2, workspace);
	bind_text(statement, 3, at);
	bind_text(statement, 4, verdict_name(execution->verdict));
	bind_text(statement, 5, execution->reason);
	bind_text(statement, 6, execution->environment);
	bind_text(statement, 7, results->count > 0 ? results->runner : NULL);
	sqlite3_bind_int(statement, 8, results->complete);
	sqlite3_bind_double(statement, 9, execution->wall_ms);
	return finish(statement);
}

static int insert_tests(struct store *store, const struct results *results)
{
	static const char sql[] = "INSERT INTO tests (execution, place, suite, name, status) "
				  "VALUES (?, ?, ?, ?, ?)";
	sqlite3_int64 number = sqlite3_last_insert_rowid(store->db);
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	int rc = SQLITE_DONE;
	for (size_t i = 0; i < results->count && rc == SQLITE_DONE; i++) {
		sqlite3_reset(statement);
		sqlite3_bind_int64(statement, 1, number);
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)i);
		bind_text(statement, 3, results->tests[i].suite);
		bind_text(statement, 4, results->tests[i].name);
		sqlite3_bind_int(statement, 5, (int)results->tests[i].status);
		rc = sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int trim(struct store *store, const char *workspace, unsigned keep)
{
	static const char sql[] =
		"DELETE FROM executions WHERE workspace = ?1 AND number <= (SELECT number FROM "
		"executions WHERE workspace = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)";
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	bind_text(statement, 1, workspace);
	sqlite3_bind_int64(statement, 2, keep);
	return finish(statement);
}

int store_record(struct store *store, const char *workspace, const struct execution *execution,
		 unsigned keep, struct error *err)
{
	if (run(store, "BEGIN IMMEDIATE") != 0)
		return fail(store, "write", err);
	if (insert_execution(store, workspace, execution) == 0 &&
	    insert_tests(store, &execution->results) == 0 && trim(store, workspace, keep) == 0 &&
	    run(store, "COMMIT") == 0)
		return 0;
	fail(store, "write", err);
	run(store, "ROLLBACK");
	return -1;
}
