/*
 * A connection to one SQLite file with the statements that were prepared on it, and rows that
 * are bound and read by a table of their fields; the only user of SQLite's own interface.
 *
 * Failures stay readable on the connection until its next call: database_fail makes an error of
 * them.
 */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

enum { STATEMENTS_MAX = 64 };

struct database {
	struct sqlite3 *handle; /* NULL: closed */
	const char *path; /* borrowed */
	bool durable;
	size_t count;
	struct {
		const char *sql;
		struct sqlite3_stmt *statement;
	} prepared[STATEMENTS_MAX];
};

/*
 * path is borrowed until database_close. busy_ms: how long other processes' locks are waited
 * for.
 */
int database_open(struct database *database, const char *path, int busy_ms, struct error *err);
void database_close(struct database *database); /* closed already: no error */
void database_wait(struct database *database, int busy_ms);

/* Statements without parameters and rows. */
int database_run(struct database *database, const char *sql);

/* Whether a commit waits for the disk (power may fail) or not (only the process may die). */
int database_set_durable(struct database *database, bool durable);

bool database_in_transaction(const struct database *database);
int64_t database_changes(const struct database *database); /* rows, of the last statement */
int64_t database_last_row(const struct database *database);

/* Says what failed last: "store: <doing> <path>: ...". Returns -1. */
int database_fail(const struct database *database, const char *doing, struct error *err);
bool database_is_busy(const struct database *database); /* it failed for a lock */
bool database_is_taken(const struct database *database); /* ... for a key that is there */
bool database_is_orphan(const struct database *database); /* ... for one that is not */

/*
 * The prepared statement for sql, which must be the same static string each time. NULL when it
 * cannot be prepared: then whatever is done with it fails too, so that only the last step needs
 * a look.
 */
struct sqlite3_stmt *statement_get(struct database *database, const char *sql);

/* Texts are borrowed until statement_end or statement_run. Places count from 1. */
void statement_bind_text(struct sqlite3_stmt *statement, int place, const char *text);
void statement_bind_int(struct sqlite3_stmt *statement, int place, int64_t value);
void statement_bind_real(struct sqlite3_stmt *statement, int place, double value);

int statement_step(struct sqlite3_stmt *statement); /* 1: a row, 0: no more, -1: failed */
void statement_end(struct sqlite3_stmt *statement); /* ready for its next use */
int statement_run(struct sqlite3_stmt *statement); /* all steps and the end: 0 or -1 */
/* Runs what has one parameter. */
int statement_run_for(struct database *database, const char *sql, const char *text);

/*
 * Of the row that statement_step came to. Columns count from 0; arena NULL: good until the next
 * step.
 */
const char *statement_text(struct sqlite3_stmt *statement, int column, struct arena *arena);
int64_t statement_int(struct sqlite3_stmt *statement, int column);

/* ---- rows as structs ---- */

enum field_kind {
	FIELD_TEXT, /* const char *, NULL allowed */
	FIELD_INT, /* 64 bits */
	FIELD_WORD, /* unsigned or an enum */
	FIELD_BOOL,
	FIELD_REAL, /* double */
};

struct field {
	size_t offset;
	enum field_kind kind;
};

/* How a struct of rows.h lies in columns: in the order of its fields. */
struct row_kind {
	size_t size;
	const struct field *fields;
	size_t count;
};

#define ROW_KIND(name, row)                                                                        \
	const struct row_kind name = {sizeof(struct row), row##_fields,                            \
				      sizeof(row##_fields) / sizeof(row##_fields[0])}

void *row_copy(struct arena *arena, const struct row_kind *kind, const void *row); /* NULL: NULL */
void row_bind(struct sqlite3_stmt *statement, const struct row_kind *kind, const void *row);
void row_read(struct sqlite3_stmt *statement, const struct row_kind *kind, struct arena *arena,
	      void *out);

/* All rows of a statement whose parameters are bound, in the arena. */
int rows_read(struct database *database, struct sqlite3_stmt *statement,
	      const struct row_kind *kind, struct arena *arena, void *out, size_t *count,
	      struct error *err);
/* The first one; *out (a pointer) NULL: there is none. */
int rows_first(struct database *database, struct sqlite3_stmt *statement,
	       const struct row_kind *kind, struct arena *arena, void *out, struct error *err);

#endif
