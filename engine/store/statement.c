/* Connections, prepared statements and rows: SQLite as the other files of this folder see it. */
#include "engine/store/statement.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

/* ---- connections ---- */

int database_open(struct database *database, const char *path, int busy_ms, struct error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	*database = (struct database){.path = path};
	if (sqlite3_open_v2(path, &database->handle, flags, NULL) != SQLITE_OK) {
		database_fail(database, "open", err);
		database_close(database);
		return -1;
	}
	database_wait(database, busy_ms);
	return 0;
}

void database_close(struct database *database)
{
	for (size_t i = 0; i < database->count; i++)
		sqlite3_finalize(database->prepared[i].statement);
	sqlite3_close(database->handle);
	*database = (struct database){.handle = NULL};
}

void database_wait(struct database *database, int busy_ms)
{
	sqlite3_busy_timeout(database->handle, busy_ms);
}

int database_run(struct database *database, const char *sql)
{
	return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

int database_set_durable(struct database *database, bool durable)
{
	if (database->durable == durable)
		return 0;
	if (database_run(database, durable ? "PRAGMA synchronous = FULL"
					   : "PRAGMA synchronous = NORMAL") != 0)
		return -1;
	database->durable = durable;
	return 0;
}

bool database_in_transaction(const struct database *database)
{
	return !sqlite3_get_autocommit(database->handle);
}

int64_t database_changes(const struct database *database)
{
	return sqlite3_changes64(database->handle);
}

int64_t database_last_row(const struct database *database)
{
	return sqlite3_last_insert_rowid(database->handle);
}

/* ---- failures ---- */

/*
 * SQLite answers SQLITE_FULL for a write only; a quota or a full shared-memory file is an I/O
 * error.
 */
static bool is_full(const struct database *database, int code)
{
	int system = sqlite3_system_errno(database->handle);
	return code == SQLITE_FULL ||
	       (code == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT));
}

int database_fail(const struct database *database, const char *doing, struct error *err)
{
	int code = sqlite3_errcode(database->handle);
	const char *words = sqlite3_errmsg(database->handle), *path = database->path;
	if (is_full(database, code))
		return error_set(err, ERROR_NO_SPACE, "store: %s %s: the disk is full", doing,
				 path);
	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERROR_UNAVAILABLE,
				 "store: %s %s: another process holds it locked", doing, path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return error_set(err, ERROR_UNAVAILABLE, "store: %s %s: %s", doing, path, words);
	case SQLITE_NOMEM:
		return error_set(err, ERROR_NO_SPACE, "store: %s %s: %s", doing, path, words);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(err, ERROR_IO,
				 "store: %s %s: %s; move the file away to begin a new history",
				 doing, path, words);
	case SQLITE_CONSTRAINT:
		return error_set(err, ERROR_CONFLICT, "store: %s %s: %s", doing, path, words);
	default: return error_set(err, ERROR_IO, "store: %s %s: %s", doing, path, words);
	}
}

bool database_is_busy(const struct database *database)
{
	return sqlite3_errcode(database->handle) == SQLITE_BUSY;
}

bool database_is_taken(const struct database *database)
{
	int code = sqlite3_extended_errcode(database->handle);
	return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
}

bool database_is_orphan(const struct database *database)
{
	return sqlite3_extended_errcode(database->handle) == SQLITE_CONSTRAINT_FOREIGNKEY;
}

/* ---- statements ---- */

struct sqlite3_stmt *statement_get(struct database *database, const char *sql)
{
	for (size_t i = 0; i < database->count; i++)
		if (database->prepared[i].sql == sql)
			return database->prepared[i].statement;
	if (database->count == STATEMENTS_MAX)
		return NULL;
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
			       NULL) != SQLITE_OK)
		return NULL;
	database->prepared[database->count].sql = sql;
	database->prepared[database->count++].statement = statement;
	return statement;
}

void statement_bind_text(struct sqlite3_stmt *statement, int place, const char *text)
{
	sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

void statement_bind_int(struct sqlite3_stmt *statement, int place, int64_t value)
{
	sqlite3_bind_int64(statement, place, value);
}

void statement_bind_real(struct sqlite3_stmt *statement, int place, double value)
{
	sqlite3_bind_double(statement, place, value);
}

int statement_step(struct sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

void statement_end(struct sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	if (statement)
		sqlite3_clear_bindings(statement);
}

int statement_run(struct sqlite3_stmt *statement)
{
	int rc;
	do {
		rc = statement_step(statement);
	} while (rc > 0);
	statement_end(statement);
	return rc;
}

int statement_run_for(struct database *database, const char *sql, const char *text)
{
	struct sqlite3_stmt *statement = statement_get(database, sql);
	statement_bind_text(statement, 1, text);
	return statement_run(statement);
}

const char *statement_text(struct sqlite3_stmt *statement, int column, struct arena *arena)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	return arena ? arena_string(arena, text) : text;
}

int64_t statement_int(struct sqlite3_stmt *statement, int column)
{
	return sqlite3_column_int64(statement, column);
}

/* ---- rows as structs ---- */

void *row_copy(struct arena *arena, const struct row_kind *kind, const void *row)
{
	if (!row)
		return NULL;
	char *copy = arena_alloc(arena, kind->size);
	memcpy(copy, row, kind->size);
	for (size_t i = 0; i < kind->count; i++) {
		if (kind->fields[i].kind != FIELD_TEXT)
			continue;
		const char **text = (const char **)(void *)(copy + kind->fields[i].offset);
		*text = arena_string(arena, *text);
	}
	return copy;
}

void row_bind(struct sqlite3_stmt *statement, const struct row_kind *kind, const void *row)
{
	for (size_t i = 0; i < kind->count; i++) {
		const void *field = (const char *)row + kind->fields[i].offset;
		int place = (int)i + 1;
		switch (kind->fields[i].kind) {
		case FIELD_TEXT:
			statement_bind_text(statement, place, *(const char *const *)field);
			break;
		case FIELD_INT:
			statement_bind_int(statement, place, *(const int64_t *)field);
			break;
		case FIELD_WORD:
			statement_bind_int(statement, place, *(const unsigned *)field);
			break;
		case FIELD_BOOL: statement_bind_int(statement, place, *(const bool *)field); break;
		case FIELD_REAL:
			statement_bind_real(statement, place, *(const double *)field);
			break;
		}
	}
}

void row_read(struct sqlite3_stmt *statement, const struct row_kind *kind, struct arena *arena,
	      void *out)
{
	for (size_t i = 0; i < kind->count; i++) {
		void *field = (char *)out + kind->fields[i].offset;
		int column = (int)i;
		switch (kind->fields[i].kind) {
		case FIELD_TEXT:
			*(const char **)field = statement_text(statement, column, arena);
			break;
		case FIELD_INT: *(int64_t *)field = statement_int(statement, column); break;
		case FIELD_WORD:
			*(unsigned *)field = (unsigned)statement_int(statement, column);
			break;
		case FIELD_BOOL: *(bool *)field = statement_int(statement, column) != 0; break;
		case FIELD_REAL: *(double *)field = sqlite3_column_double(statement, column); break;
		}
	}
}

int rows_read(struct database *database, struct sqlite3_stmt *statement,
	      const struct row_kind *kind, struct arena *arena, void *out, size_t *count,
	      struct error *err)
{
	void *rows = NULL;
	size_t found = 0;
	int rc;
	while ((rc = statement_step(statement)) > 0)
		row_read(statement, kind, arena, arena_grow(arena, &rows, found++, kind->size));
	statement_end(statement);
	if (rc != 0)
		rows = NULL;
	memcpy(out, &rows, sizeof(rows));
	*count = rc == 0 ? found : 0;
	return rc == 0 ? 0 : database_fail(database, "read", err);
}

int rows_first(struct database *database, struct sqlite3_stmt *statement,
	       const struct row_kind *kind, struct arena *arena, void *out, struct error *err)
{
	void *row = NULL;
	int rc = statement_step(statement);
	if (rc > 0) {
		row = arena_alloc(arena, kind->size);
		row_read(statement, kind, arena, row);
	}
	statement_end(statement);
	memcpy(out, &row, sizeof(row));
	return rc >= 0 ? 0 : database_fail(database, "read", err);
}
