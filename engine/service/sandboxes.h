/*
 * Every sandbox that there is, in memory: loaded once at the start, so that an idle one costs a row and
 * nothing else. What changes here has been committed to the store before.
 */
#ifndef SERVICE_SANDBOXES_H
#define SERVICE_SANDBOXES_H

#include <uv.h>

#include "engine/base/table.h"
#include "engine/service/deferred.h"
#include "engine/store/rows.h"
#include "engine/store/store.h"

struct service;

struct sandbox_entry {
	struct table_entry by_id;
	struct sandbox_entry *next, *previous; /* in order of their age */
	struct service *service;
	struct sandbox_row row; /* strings are the entry's */
	int64_t kept_until; /* expires_ms as the store knows it */
	unsigned users; /* trials and turns, waiting or at work */
	bool stored; /* false: not on the disk yet, so nobody knows of it */
	bool removing;
	store_done_fn removed; /* NULL: its time was up */
	void *removed_ctx;
};

struct sandboxes {
	struct table by_id;
	struct sandbox_entry *oldest, *newest;
	uv_timer_t sweep;
	double seen_ms; /* clock_ms at the last look at the time of day */
	int64_t seen_unix_ms;
};

int sandboxes_open(struct service *service, struct error *err); /* loads them */
void sandboxes_start(struct service *service); /* from here on those whose time is up go */
void sandboxes_close(struct service *service, uv_close_cb closed);
void sandboxes_free(struct service *service);

/* NULL with ERROR_NOT_FOUND: none of this tenant that one may still use. */
struct sandbox_entry *sandboxes_find(struct service *service, const char *tenant, const char *id,
				     struct error *err);

/* ERROR_DENIED: it is quarantined, so nothing may build on what it holds. */
int sandboxes_check_sound(const struct sandbox_entry *entry, struct error *err);

/* A copy of row, with an id of its own, that is not stored yet. ERROR_DENIED: the tenant has enough. */
int sandboxes_add(struct service *service, const struct sandbox_row *row,
		  struct sandbox_entry **out, struct error *err);
void sandboxes_drop(struct sandbox_entry *entry); /* forgets it, in memory */

/* While somebody uses it, it does not go. */
void sandboxes_use(struct sandbox_entry *entry);
void sandboxes_leave(struct sandbox_entry *entry);

/* What it holds now; flatten: the next revision must stand alone. */
int sandboxes_chain(const struct sandbox_entry *entry, struct arena *arena,
		    const char *const **chain, bool *flatten, struct error *err);

/* The row as it is from now on: used, with another head (NULL: the empty workspace). */
struct sandbox_row sandboxes_next(const struct sandbox_entry *entry, const char *head);
/* The store has it. */
void sandboxes_keep(struct sandbox_entry *entry, const struct sandbox_row *row);
/* It was looked at: its time begins anew. */
void sandboxes_touch(struct sandbox_entry *entry);

#endif
