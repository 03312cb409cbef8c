/*
 * The writer: what gathers while one batch is being committed on a thread is the next batch.
 *
 * A batch is one transaction with a savepoint for each write, so that one that cannot be made
 * leaves the others alone. When the transaction itself is lost (the disk is full), its writes
 * are made one by one: each ends as it would have alone.
 */
#include "engine/store/store_write.h"

#include <stdlib.h>

#include "engine/base/memory.h"

enum { BATCH_MAX = 1000 }; /* so that the first of many is not told late */

struct write *write_new(write_apply_fn apply, store_done_fn done, void *ctx)
{
	struct write *write = memory_zeroed(sizeof(*write));
	arena_init(&write->arena);
	write->apply = apply;
	write->done = done;
	write->ctx = ctx;
	return write;
}

/* ---- on the thread ---- */

static int begin(struct database *writer)
{
	return statement_run(statement_get(writer, "BEGIN IMMEDIATE"));
}

static int commit(struct database *writer)
{
	return statement_run(statement_get(writer, "COMMIT"));
}

/* SQLite has given the transaction up by itself after some failures. */
static void roll_back(struct database *writer)
{
	if (database_in_transaction(writer))
		statement_run(statement_get(writer, "ROLLBACK"));
}

static int commit_alone(struct database *writer, struct write *write)
{
	write->err = (struct error){.code = ERROR_NONE};
	if (begin(writer) != 0)
		return database_fail(writer, "write", &write->err);
	if (write->apply(writer, write, &write->err) == 0) {
		if (commit(writer) == 0)
			return 0;
		database_fail(writer, "write", &write->err);
	}
	roll_back(writer);
	return -1;
}

/* -1: the whole transaction is lost. */
static int apply_within(struct database *writer, struct write *write)
{
	write->err = (struct error){.code = ERROR_NONE};
	if (statement_run(statement_get(writer, "SAVEPOINT one")) != 0)
		return -1;
	if (write->apply(writer, write, &write->err) != 0 &&
	    (!database_in_transaction(writer) ||
	     statement_run(statement_get(writer, "ROLLBACK TO one")) != 0))
		return -1;
	return statement_run(statement_get(writer, "RELEASE one"));
}

static int commit_together(struct database *writer, struct write *batch)
{
	if (begin(writer) != 0)
		return -1;
	for (struct write *write = batch; write; write = write->next) {
		if (apply_within(writer, write) == 0)
			continue;
		roll_back(writer);
		return -1;
	}
	if (commit(writer) == 0)
		return 0;
	roll_back(writer);
	return -1;
}

/*
 * Whoever waits for a write (done) may tell somebody outside, so it must outlive a power
 * failure: one fsync for the whole batch. What nobody waits for is as safe with the next such
 * batch.
 */
static bool is_awaited(const struct write *batch)
{
	while (batch && !batch->done)
		batch = batch->next;
	return batch != NULL;
}

/* This one and those behind it end like the connection's last call. */
static void fail_from(const struct database *writer, struct write *write)
{
	for (; write; write = write->next)
		database_fail(writer, "write", &write->err);
}

/* A lock that was waited for in vain ends all: each of them would wait as long again. */
static void commit_batch(struct database *writer, struct write *batch)
{
	if (batch->next) {
		if (commit_together(writer, batch) == 0)
			return;
		if (database_is_busy(writer)) {
			fail_from(writer, batch);
			return;
		}
	}
	for (struct write *write = batch; write; write = write->next) {
		if (commit_alone(writer, write) != 0 && database_is_busy(writer)) {
			fail_from(writer, write->next);
			return;
		}
	}
}

static void work(uv_work_t *request)
{
	struct store *store = request->data;
	if (!store->batch) /* the last: closing the file on the loop has nothing left to do then */
		database_run(&store->writer, "PRAGMA wal_checkpoint(TRUNCATE)");
	else if (database_set_durable(&store->writer, is_awaited(store->batch)) == 0)
		commit_batch(&store->writer, store->batch);
	else
		fail_from(&store->writer, store->batch);
}

/* ---- on the loop ---- */

static void tell(struct write *write)
{
	bool failed = error_is_set(&write->err);
	if (write->after && !failed)
		write->after(write);
	if (write->done)
		write->done(write->ctx, failed ? &write->err : NULL);
	arena_done(&write->arena);
	free(write);
}

static void go_on(struct store *store);

static void worked(uv_work_t *request, int status)
{
	(void)status; /* is never cancelled */
	struct store *store = request->data;
	bool last = !store->batch;
	while (store->batch) {
		struct write *write = store->batch;
		store->batch = write->next;
		tell(write);
	}
	store->working = false;
	if (!last || store->first) {
		go_on(store);
		return;
	}
	store->loop = NULL;
	store->reader = &store->writer;
	database_close(&store->own);
	database_set_durable(&store->writer, false);
	void (*detached)(void *ctx) = store->detached;
	store->detached = NULL;
	detached(store->detached_ctx);
}

static void take_batch(struct store *store)
{
	struct write *end = store->first;
	for (int count = 1; end && end->next && count < BATCH_MAX; count++)
		end = end->next;
	store->batch = store->first;
	store->first = end ? end->next : NULL;
	if (!store->first)
		store->last = NULL;
	if (end)
		end->next = NULL;
}

static void go_on(struct store *store)
{
	if (store->working || (!store->first && !store->detached))
		return;
	take_batch(store);
	store->working = true;
	store->work.data = store;
	uv_queue_work(store->loop, &store->work, work, worked);
}

void write_submit(struct store *store, struct write *write)
{
	if (!store->loop) {
		commit_alone(&store->writer, write);
		tell(write);
		return;
	}
	if (store->last)
		store->last->next = write;
	else
		store->first = write;
	store->last = write;
	go_on(store);
}

void store_detach(struct store *store, void (*detached)(void *ctx), void *ctx)
{
	store->detached = detached;
	store->detached_ctx = ctx;
	go_on(store);
}

/* ---- writes of one thing ---- */

void write_row(struct store *store, write_apply_fn apply, const struct row_kind *kind,
	       const void *row, store_done_fn done, void *ctx)
{
	struct write *write = write_new(apply, done, ctx);
	write->what = row_copy(&write->arena, kind, row);
	write_submit(store, write);
}

void write_id(struct store *store, write_apply_fn apply, const char *id, store_done_fn done,
	      void *ctx)
{
	struct write *write = write_new(apply, done, ctx);
	write->what = arena_string(&write->arena, id);
	write_submit(store, write);
}

static int apply_probe(struct database *writer, struct write *write, struct error *err)
{
	(void)write;
	/* any number: SQLite writes the page that holds it, the same number or not */
	return database_run(writer, "PRAGMA application_id = 1095979841") == 0
		       ? 0
		       : database_fail(writer, "write", err);
}

void store_probe(struct store *store, store_done_fn done, void *ctx)
{
	write_submit(store, write_new(apply_probe, done, ctx));
}
