/*
 * What outlives a process: sandboxes, revisions, snapshots, executions and the status of their
 * tests; the only user of SQLite (statement.c).
 *
 * Reads are made at once, on a connection of their own that never waits for the writer. Writes
 * are made at once too, until store_attach: from then on they gather and are committed together
 * on a thread, in order, and done is called from the loop when they are on the disk. A read sees
 * what was committed.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <uv.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"
#include "engine/store/rows.h"

struct store;

/* path ":memory:" for tests (not with store_attach). Makes or migrates the schema. */
int store_open(struct store **out, const char *path, struct error *err);
void store_close(struct store *store);

/* ---- of one workspace, for `assay run` ---- */

/*
 * The results of the newest execution of workspace that has any: only name, suite and status of
 * each test are kept. *id is NULL when there is none. A sandbox's workspace is called
 * "sandbox:ID".
 */
int store_last_results(struct store *store, const char *workspace, struct arena *arena,
		       const char **id, struct results *out, struct error *err);

/*
 * Adds an execution and drops all but the newest `keep` of that workspace. One transaction, at
 * once.
 */
int store_record(struct store *store, const char *workspace, const struct execution *execution,
		 unsigned keep, struct error *err);

/* ---- the service's writes ---- */

/*
 * err NULL: it is on the disk. Otherwise nothing of that write is (the others of its batch may
 * be).
 *
 * A write with a done outlives a power failure once it is told; one without, the death of the
 * process. Before store_attach done is called before the writing function returns, and is as
 * safe as without.
 */
typedef void (*store_done_fn)(void *ctx, const struct error *err);

/* From here on, writes are committed on a thread; no store_record then. */
int store_attach(struct store *store, uv_loop_t *loop, struct error *err);

/*
 * Commits what has gathered, and what done callbacks add to it; then detached is called and the
 * store may be closed.
 */
void store_detach(struct store *store, void (*detached)(void *ctx), void *ctx);

/*
 * Each queues one write, all of it or nothing, in order; done (may be NULL) is called once,
 * later. What a row points at must be there: ERROR_NOT_FOUND for a revision or sandbox that is
 * not.
 */
void store_put_sandbox(struct store *store, const struct sandbox_row *row, store_done_fn done,
		       void *ctx); /* new, or another head, environment or time */
void store_remove_sandbox(struct store *store, const char *id, store_done_fn done,
			  void *ctx); /* with its snapshots; its executions stay */
/* ERROR_CONFLICT: its sandbox has one of that name. */
void store_put_snapshot(struct store *store, const struct snapshot_row *row, store_done_fn done,
			void *ctx);
void store_remove_snapshot(struct store *store, const char *id, store_done_fn done, void *ctx);

/*
 * The execution is accepted: idempotency (may be NULL) with it. ERROR_CONFLICT: the key is
 * taken.
 */
void store_accept(struct store *store, const struct execution_row *row,
		  const struct idempotency_row *idempotency, store_done_fn done, void *ctx);

/*
 * What one execution leaves, in one transaction. NULL: there is none. A sandbox that was removed
 * meanwhile stays removed; ERROR_CONFLICT: the execution is final already.
 */
struct store_final {
	const struct execution_row *execution; /* state final, report set */
	const struct results *results; /* for the next delta in its sandbox */
	const struct revision_row *revision;
	const struct sandbox_row *sandbox; /* with its new head */
	const struct delivery_row *delivery;
};
void store_finish(struct store *store, const struct store_final *final, store_done_fn done,
		  void *ctx);

/*
 * attempts, next_ms and last_error of a delivery; NULL row fields are kept. With tenant and url
 * it may be a new one, else ERROR_NOT_FOUND when there is none.
 */
void store_put_delivery(struct store *store, const struct delivery_row *row, store_done_fn done,
			void *ctx);
void store_remove_delivery(struct store *store, const char *execution, store_done_fn done,
			   void *ctx);

/* A write that changes nothing that is read: whether the disk takes any. */
void store_probe(struct store *store, store_done_fn done, void *ctx);

/* How much one store_trim or store_collect forgets: when it told of so many, there may be more. */
enum { STORE_AT_ONCE = 1000 };

/*
 * What may be forgotten: final executions (with tests, keys) beyond any of these; 0: no bound.
 * Those that a delivery is owed for stay.
 */
struct store_retention {
	uint64_t executions; /* of one tenant */
	uint64_t bytes; /* of all reports and whole outputs of one tenant */
	int64_t before_ms; /* finished earlier */
};
/* gone, when not NULL, is told each id and log folder, from the loop, before done. */
void store_trim(struct store *store, const struct store_retention *retention,
		void (*gone)(void *ctx, const char *execution, const char *log_dir),
		store_done_fn done, void *ctx);

/*
 * Forgets the revisions that no head, last success, snapshot, or descendant of theirs in use
 * needs. gone is told each, from the loop, before done. Finding them looks at every revision,
 * about 2 us each, during which other writes wait.
 */
void store_collect(struct store *store, void (*gone)(void *ctx, const char *revision),
		   store_done_fn done, void *ctx);

/* ---- the service's reads; NULL out with 0: there is none ---- */

/* row is good until it returns; it may not write. Oldest first. */
typedef void (*store_sandbox_fn)(void *ctx, const struct sandbox_row *row);
int store_each_sandbox(struct store *store, store_sandbox_fn each, void *ctx, struct error *err);

/* Newest first, NULL-terminated; empty for id NULL. ERROR_NOT_FOUND: an id that is not there. */
int store_chain(struct store *store, struct arena *arena, const char *id, const char *const **out,
		struct error *err);
int store_revision_exists(struct store *store, const char *id, bool *out, struct error *err);

int store_snapshots(struct store *store, struct arena *arena, const char *sandbox,
		    struct snapshot_row **out, size_t *count, struct error *err); /* oldest first */
/* By id or by name. */
int store_snapshot(struct store *store, struct arena *arena, const char *sandbox, const char *word,
		   const struct snapshot_row **out, struct error *err);

struct history_query {
	const char *tenant; /* never NULL */
	const char *sandbox, *agent, *verdict; /* NULL: any */
	const char *before; /* an execution's id: older ones; NULL: from the newest */
	unsigned limit;
};
/* In the order of acceptance, newest first. ERROR_NOT_FOUND: before is not the tenant's. */
int store_history(struct store *store, struct arena *arena, const struct history_query *query,
		  struct execution_row **out, size_t *count, struct error *err);
int store_execution(struct store *store, struct arena *arena, const char *tenant, const char *id,
		    const struct execution_row **out, struct error *err);
/* Of any tenant's execution: its folder of whole outputs. */
int store_log_dir(struct store *store, struct arena *arena, const char *id, const char **out,
		  struct error *err);
/* Accepted and never finished, with their sandboxes: what a process that died left. */
int store_unfinished(struct store *store, struct arena *arena, struct execution_row **out,
		     size_t *count, struct error *err);
int store_idempotency(struct store *store, struct arena *arena, const char *tenant, const char *key,
		      const struct idempotency_row **out, struct error *err);
int store_deliveries(struct store *store, struct arena *arena, struct delivery_row **out,
		     size_t *count, struct error *err); /* soonest first */

struct store_usage {
	uint64_t sandboxes, revision_bytes, executions;
	uint64_t report_bytes; /* with the whole outputs that lie beside the reports */
};
/* tenant NULL: of all. */
int store_usage(struct store *store, const char *tenant, struct store_usage *out,
		struct error *err);

#endif
