/*
 * What outlives a process, as rows. Times are milliseconds since 1970 (UTC). Strings of rows
 * that are read live in the arena that was given; those of rows that are written are copied
 * before the call returns.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A workspace that lasts: a name for the newest revision of a chain. */
struct sandbox_row {
	const char *id;
	const char *tenant;
	const char *agent; /* a label of the client's, NULL: none */
	const char *environment; /* NULL: each execution's own */
	const char *head; /* newest revision, NULL: empty */
	const char *last_success; /* the revision of the last passed execution, NULL: none yet */
	bool succeeded; /* there was one: with last_success NULL it left an empty workspace */
	uint64_t executions;
	uint64_t ttl_ms; /* from each use to the end */
	int64_t created_ms, used_ms, expires_ms;
	const char *quarantined; /* why what it holds cannot be trusted, NULL: it can */
};

/* An immutable layer; its parents are a chain that ends with one that has none. */
struct revision_row {
	const char *id;
	const char *parent; /* NULL: it stands alone */
	const char *tenant;
	uint64_t bytes;
	int64_t created_ms;
};

struct snapshot_row {
	const char *id;
	const char *sandbox;
	const char *name; /* unique in its sandbox */
	const char *description; /* NULL: none */
	const char *revision; /* NULL: the empty workspace */
	int64_t created_ms;
};

enum execution_state { EXECUTION_ACCEPTED, EXECUTION_FINAL };

struct execution_row {
	const char *id;
	const char *tenant;
	const char *sandbox; /* NULL: none that lasts */
	const char *agent; /* NULL: none */
	enum execution_state state;
	const char *callback_url; /* who is owed the answer, NULL: nobody */
	int64_t accepted_ms, started_ms, finished_ms; /* 0: not yet */
	const char *verdict; /* all from here on NULL or 0 until it is final */
	const char *reason;
	const char *environment;
	double wall_ms;
	const char *log_dir; /* whole outputs, NULL: none */
	uint64_t log_bytes; /* in it; only written, as part of the history that a tenant has */
	const char *report; /* JSON, the answer as it was given; NULL in listings */
};

/* One answer to one Idempotency-Key. */
struct idempotency_row {
	const char *tenant;
	const char *key;
	const char *request; /* digest of what was asked */
	const char *execution;
	int64_t created_ms;
};

/* next_ms of a delivery that was given up: it stays to say why, and goes with its execution. */
#define DELIVERY_GIVEN_UP INT64_MAX

/* An answer that is owed to a callback_url. */
struct delivery_row {
	const char *execution;
	const char *tenant;
	const char *url;
	unsigned attempts;
	int64_t next_ms; /* not before */
	const char *last_error; /* NULL: none yet */
};

#endif
