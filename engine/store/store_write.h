/*
 * What the files of the store share: its two connections, and writes that wait to be committed
 * together.
 */
#ifndef STORE_STORE_WRITE_H
#define STORE_STORE_WRITE_H

#include "engine/store/statement.h"
#include "engine/store/store.h"

struct write;

/*
 * Makes the write, within a transaction, on the writer's thread; -1 undoes all of it. May be
 * called again when the transaction it was part of was lost.
 */
typedef int (*write_apply_fn)(struct database *writer, struct write *write, struct error *err);

/* One write and copies of all that it was given. */
struct write {
	struct write *next;
	struct arena arena;
	write_apply_fn apply;
	void (*after)(struct write *write); /* from the loop, once it is committed; may be NULL */
	void *what; /* in the arena */
	store_done_fn done; /* may be NULL */
	void *ctx;
	struct error err; /* as it ended */
};

struct store {
	char *path;
	struct database writer; /* the thread's while `working`, else the loop's */
	struct database own; /* the reader's, once attached */
	struct database *reader; /* the loop's: &own, or &writer when not attached */
	uv_loop_t *loop; /* NULL: not attached */
	uv_work_t work;
	bool working; /* a batch is on the thread, or its callbacks are being called */
	struct write *batch; /* what is on the thread, in order */
	struct write *first, *last; /* what has gathered */
	void (*detached)(void *ctx); /* NULL: nobody asked */
	void *detached_ctx;
};

struct write *write_new(write_apply_fn apply, store_done_fn done, void *ctx);

/* Commits it: at once when the store is not attached, with whatever gathers when it is. */
void write_submit(struct store *store, struct write *write);

/* The write of one row: what is a copy of it. */
void write_row(struct store *store, write_apply_fn apply, const struct row_kind *kind,
	       const void *row, store_done_fn done, void *ctx);
/* ... of one id. */
void write_id(struct store *store, write_apply_fn apply, const char *id, store_done_fn done,
	      void *ctx);

/* ---- parts of writes that one file does for another: 0, or -1 and err ---- */

int runs_keep(struct database *writer, const char *sandbox, const struct execution_row *execution,
	      const struct results *results);
int runs_forget(struct database *writer, const char *sandbox, const char *execution);
struct results *runs_copy(struct arena *arena, const struct results *results);

int revision_put(struct database *writer, const struct revision_row *row, struct error *err);
/* ERROR_NOT_FOUND when id is not NULL and not there. */
int revision_needed(struct database *writer, const char *id, struct error *err);
int sandbox_update(struct database *writer, const struct sandbox_row *row, struct error *err);
int delivery_put(struct database *writer, const struct delivery_row *row, struct error *err);

extern const struct row_kind sandbox_kind, revision_kind, delivery_kind;

#endif
