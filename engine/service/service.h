/*
 * The service: executions in their order, sandboxes that last, and what is known about both. It knows
 * nothing of HTTP: each dialect (engine/api) translates into these calls, and all of it runs on the loop's
 * thread.
 *
 * Everything is a tenant's: ids of others are ERROR_NOT_FOUND. Calls with a `done` return 0 and call it
 * once, later, or return -1 with err and never do.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <uv.h>

#include "engine/base/identifier.h"
#include "engine/net/proxy/egress.h"
#include "engine/pipeline/job.h"
#include "engine/pipeline/queue.h"
#include "engine/service/callback.h"
#include "engine/service/event_log.h"
#include "engine/store/rows.h"
#include "engine/store/store.h"

struct service;

/* What a tenant may have; 0: no bound. */
struct service_quota {
	unsigned sandboxes;
	uint64_t disk; /* bytes of all revisions; the history has bounds of its own */
	unsigned running; /* executions at once */
};

struct service_settings {
	const char *state_dir;
	uint64_t layers_disk; /* bytes for all dependency layers; 0: no bound */
	const struct sandbox_ops *sandbox;
	const struct ruleset *rules;
	struct check_limits check_limits;
	struct egress_settings egress;
	struct queue_limits queue;
	struct service_quota quota; /* of every tenant */
	struct limits limits; /* the most a request may ask for; zero: as the environment has it */
	uint64_t max_deadline_ms; /* of one execution; 0: 1 h */
	uint64_t default_ttl_ms, max_ttl_ms; /* of sandboxes; 0: 1 h, 24 h */
	struct store_retention retention; /* before_ms is an age here */
	struct event_bounds events; /* how much of what executions tell is kept, and how long */
	const char *callback_secret; /* HMAC key; NULL: callbacks are refused */
	const char *const *callback_hosts; /* that may be private or loopback */
};

/*
 * Opens the store, brings what a dead process left to its end (interrupted executions become final,
 * and their workspaces are as before) and removes what nobody needs. settings are borrowed. When it
 * fails, what it had begun closes in the loop's next turns.
 */
int service_open(struct service **out, uv_loop_t *loop, const struct service_settings *settings,
		 struct error *err);

/* Nothing new is accepted; what waits and runs goes on for at most within_ms, then it is cancelled. */
void service_drain(struct service *service, uint64_t within_ms, void (*drained)(void *ctx),
		   void *ctx);

/* After service_drain: closes everything; closed is called later, and service is gone. */
void service_close(struct service *service, void (*closed)(void *ctx), void *ctx);

/* ---- executions ---- */

/* What is asked; borrowed until service_submit returns. */
struct submission {
	const char *tenant;
	const char *agent; /* NULL: none */
	const char *sandbox; /* id; NULL: a workspace that is forgotten */
	struct job_input input;
	const struct job_input *candidates; /* instead of input: side by side, the best is kept */
	size_t candidate_count;
	const char *environment; /* NULL: the sandbox's, or by language */
	struct limits limits; /* zero fields: the environment's */
	uint64_t deadline_ms; /* 0: none but the service's */
	enum on_failure on_failure;
	bool no_install;
	size_t feedback_bytes; /* 0: default */
	unsigned rerun_failures; /* at most 10 */
	const char *idempotency_key; /* NULL: none */
	const char *request_digest; /* with a key: of what was asked */
	const char *callback_url; /* NULL: none */
};

/* A final execution, as everybody sees it: after a restart it is the same. */
struct outcome {
	const char *id;
	const char *sandbox; /* NULL: none */
	const char *verdict; /* "passed" */
	const char *report; /* JSON of formats.md, NUL-terminated */
	size_t len;
	int64_t accepted_ms, started_ms, finished_ms;
	bool replayed; /* an Idempotency-Key's earlier answer */
	struct event_log *events; /* what it told; NULL: nothing is kept of that any more */
};

/*
 * Who listens to one execution; each may be NULL. First on_accepted is called, always in a later turn: only
 * then may the execution's id be told to anybody. With an error nothing was accepted, and like after on_done
 * the subscription is gone and nothing else is called. Of candidates, the stages of all are told, with
 * "candidate N" in their detail, no output, and one verdict.
 */
struct listener {
	void (*on_accepted)(void *ctx, const struct error *err); /* err NULL: it is on the disk */
	/* There may be events that it has not read. Whoever wants to read on after on_done holds them. */
	void (*on_events)(void *ctx, struct event_log *events);
	void (*on_done)(void *ctx, const struct outcome *outcome); /* gone when it returns */
	void *ctx;
};

struct subscription;

/* What is known of a submission at once. */
struct ticket {
	char id[IDENTIFIER_TEXT]; /* of the execution */
	struct subscription *subscription; /* NULL: nobody listens */
};

/*
 * Accepts, queues and runs. listener may be NULL. With an Idempotency-Key that is known, the ticket is for
 * that execution and nothing runs. Fails with ERROR_BUSY (the queue is full), ERROR_CONFLICT (the key
 * belongs to another request), ERROR_DENIED (a quota), ERROR_NOT_FOUND (sandbox, environment),
 * ERROR_USAGE, ERROR_NO_SPACE, ERROR_UNAVAILABLE (it is shutting down).
 */
int service_submit(struct service *service, const struct submission *submission,
		   const struct listener *listener, struct ticket *out, struct error *err);

/* Listens to one that is under way or over (on_done then comes soon, for the caller's next turn). */
int service_listen(struct service *service, const char *tenant, const char *id,
		   const struct listener *listener, struct subscription **subscription,
		   struct error *err);

/* Stops listening; nothing is called any more. */
void service_unlisten(struct subscription *subscription);

/* Ends it early: its workspace is as before, its verdict cancelled. One that is final is no error. */
int service_cancel(struct service *service, const char *tenant, const char *id, struct error *err);

/* Waiting, running, or final. */
enum execution_phase { EXECUTION_WAITING, EXECUTION_RUNNING, EXECUTION_OVER };
int service_phase(struct service *service, const char *tenant, const char *id,
		  enum execution_phase *out, struct error *err);

/* For queries that only read (history, reports, usage). */
struct store *service_store(struct service *service);

/* ---- sandboxes ---- */

struct sandbox_request {
	const char *tenant;
	const char *agent; /* NULL: none */
	const char *environment; /* NULL: each execution's own */
	uint64_t ttl_ms; /* 0: default; counted from now and again from each use */
};

/* row lives until the next turn of the loop. */
typedef void (*sandbox_row_fn)(void *ctx, const struct sandbox_row *row, const struct error *err);

int service_sandbox_create(struct service *service, const struct sandbox_request *request,
			   sandbox_row_fn done, void *ctx, struct error *err);
/* A row of the service's own, good until the next turn of the loop; NULL with err: not found. */
const struct sandbox_row *service_sandbox(struct service *service, const char *tenant,
					  const char *id, struct error *err);
void service_each_sandbox(struct service *service, const char *tenant, store_sandbox_fn each,
			  void *ctx); /* oldest first */
bool service_sandbox_busy(struct service *service, const char *id); /* something runs in it */
/* What runs in it is cancelled first. */
int service_sandbox_remove(struct service *service, const char *tenant, const char *id,
			   store_done_fn done, void *ctx, struct error *err);
/* A new sandbox that starts from a snapshot of this one (id or name; NULL: from where it is). */
int service_sandbox_fork(struct service *service, const char *tenant, const char *id,
			 const char *snapshot, sandbox_row_fn done, void *ctx, struct error *err);

/* row lives until the next turn of the loop. */
typedef void (*snapshot_row_fn)(void *ctx, const struct snapshot_row *row, const struct error *err);

/* name NULL: made. ERROR_CONFLICT: the name is taken. */
int service_snapshot(struct service *service, const char *tenant, const char *id, const char *name,
		     const char *description, snapshot_row_fn done, void *ctx, struct error *err);

#define SERVICE_LAST_SUCCESS "last-success" /* in place of a snapshot's id or name */

/*
 * changes: the files that were reverted; verified: all revisions that the sandbox stands on now hold what
 * was committed. Where one holds something else (spoiled) the sandbox is quarantined: nothing runs in it
 * and nothing is written until it stands on something else.
 */
typedef void (*rollback_fn)(void *ctx, const struct changes *changes, const struct error *err);

/* ERROR_BUSY while something runs in it. */
int service_rollback(struct service *service, const char *tenant, const char *id,
		     const char *snapshot, rollback_fn done, void *ctx, struct error *err);

/* ---- a sandbox's files ---- */

/* A folder descriptor for reading the workspace as it is now; the caller closes it. */
int service_workspace(struct service *service, const char *tenant, const char *id, int *dirfd,
		      struct error *err);

/* Writes and removes files as one revision, all or nothing, in turn with executions. Borrowed until done. */
int service_write(struct service *service, const char *tenant, const char *id,
		  const struct file *files, size_t count, store_done_fn done, void *ctx,
		  struct error *err);

/* ---- how it is ---- */

struct service_state {
	struct queue_state queue;
	bool draining;
	unsigned sandboxes, subscriptions, deliveries; /* deliveries: callbacks still owed */
	struct callback_counts callbacks;
	struct egress_totals egress;
	const struct layers_kept *layers; /* as of the last look; NULL: there was none yet */
};
void service_look(const struct service *service, struct service_state *out);

/* Told of every final execution: metrics. execution NULL: it never ran. */
typedef void (*service_final_fn)(void *ctx, const struct outcome *outcome,
				 const struct execution *execution, double waited_ms);
void service_on_final(struct service *service, service_final_fn fn, void *ctx);

#endif
