/* The table of sandboxes: loaded, found, used, and gone when their time is up. */
#include "engine/service/sandboxes.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/identifier.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/service/instance.h"
#include "engine/service/trial.h"

enum {
	SWEEP_MIN_MS = 20,
	SWEEP_MAX_MS = 60 * 1000,
	CLOCK_SET_MS = 5000, /* by less than that it is not set, but corrected */
	LOOKS = 10, /* a look at a sandbox is written down when it adds a tenth of its time */
};

/* ---- entries ---- */

static struct sandbox_entry *entry_new(struct service *service, const struct sandbox_row *row)
{
	struct sandboxes *sandboxes = &service->sandboxes;
	struct sandbox_entry *entry = memory_zeroed(sizeof(*entry));

	entry->service = service;
	entry->row = *row;
	entry->row.id = memory_string(row->id);
	entry->row.tenant = memory_string(row->tenant);
	entry->row.agent = memory_string(row->agent);
	entry->row.environment = memory_string(row->environment);
	entry->row.head = memory_string(row->head);
	entry->row.last_success = memory_string(row->last_success);
	entry->row.quarantined = memory_string(row->quarantined);
	entry->kept_until = row->expires_ms;
	entry->previous = sandboxes->newest;
	if (entry->previous)
		entry->previous->next = entry;
	else
		sandboxes->oldest = entry;
	sandboxes->newest = entry;
	table_add(&sandboxes->by_id, &entry->by_id, entry->row.id, entry);
	return entry;
}

void sandboxes_drop(struct sandbox_entry *entry)
{
	struct sandboxes *sandboxes = &entry->service->sandboxes;
	struct sandbox_row *row = &entry->row;

	table_remove(&sandboxes->by_id, &entry->by_id);
	if (entry->next)
		entry->next->previous = entry->previous;
	else
		sandboxes->newest = entry->previous;
	if (entry->previous)
		entry->previous->next = entry->next;
	else
		sandboxes->oldest = entry->next;
	free((char *)row->id);
	free((char *)row->tenant);
	free((char *)row->agent);
	free((char *)row->environment);
	free((char *)row->head);
	free((char *)row->last_success);
	free((char *)row->quarantined);
	free(entry);
}

/* ---- time ---- */

/* Who uses it writes the row at the end; what would be written now has the head of before. */
static void move_end(struct sandbox_entry *entry, int64_t by)
{
	entry->row.expires_ms += by;
	entry->kept_until += by;
	if (entry->stored && !entry->removing && entry->users == 0)
		store_put_sandbox(entry->service->store, &entry->row, NULL, NULL);
}

/*
 * The time of day. Ends are kept in it, for they outlive the process; but when it is set, nothing is older or
 * younger than before, so all of them move along.
 */
static int64_t time_of_day(struct service *service)
{
	struct sandboxes *sandboxes = &service->sandboxes;
	double now_ms = clock_ms();
	int64_t now = clock_unix_ms();
	int64_t set_by = now - sandboxes->seen_unix_ms - (int64_t)(now_ms - sandboxes->seen_ms);

	sandboxes->seen_ms = now_ms;
	sandboxes->seen_unix_ms = now;
	if (set_by > -CLOCK_SET_MS && set_by < CLOCK_SET_MS)
		return now;
	log_write(LOG_WARN, "the clock was set by %lld s: the ends of sandboxes move along",
		  (long long)(set_by / 1000));
	for (struct sandbox_entry *it = sandboxes->oldest; it; it = it->next)
		move_end(it, set_by);
	return now;
}

/* ---- the end of one ---- */

static void on_removed(void *ctx, const struct error *err)
{
	struct sandbox_entry *entry = ctx;
	struct service *service = entry->service;
	store_done_fn removed = entry->removed;
	void *removed_ctx = entry->removed_ctx;

	if (err) {
		log_write(LOG_ERROR, "sandbox %s is not removed: %s", entry->row.id, err->text);
		entry->removing = false;
		entry->removed = NULL;
		entry->row.expires_ms = time_of_day(service) + SWEEP_MAX_MS; /* then once more */
	} else {
		sandboxes_drop(entry);
		sweeper_wake(service);
	}
	if (removed)
		removed(removed_ctx, err);
}

static void remove_idle(struct sandbox_entry *entry)
{
	if (entry->removing && entry->users == 0)
		store_remove_sandbox(entry->service->store, entry->row.id, on_removed, entry);
}

int service_sandbox_remove(struct service *service, const char *tenant, const char *id,
			   store_done_fn done, void *ctx, struct error *err)
{
	struct sandbox_entry *entry = sandboxes_find(service, tenant, id, err);

	if (!entry)
		return -1;
	entry->removing = true;
	entry->removed = done;
	entry->removed_ctx = ctx;
	trials_cancel_in(service, entry);
	remove_idle(entry);
	return 0;
}

/* One timer for all of them, set to the first whose time will be up. */
static void on_sweep(uv_timer_t *timer)
{
	struct service *service = timer->data;
	struct sandbox_entry *entry = service->sandboxes.oldest;
	int64_t now = time_of_day(service), soonest = now + SWEEP_MAX_MS;

	for (; entry; entry = entry->next) {
		if (entry->users > 0 || entry->removing || !entry->stored)
			continue;
		if (entry->row.expires_ms <= now) {
			entry->removing = true;
			remove_idle(entry);
		} else if (entry->row.expires_ms < soonest) {
			soonest = entry->row.expires_ms;
		}
	}
	int64_t wait = soonest - now < SWEEP_MIN_MS ? SWEEP_MIN_MS : soonest - now;
	uv_timer_start(timer, on_sweep, (uint64_t)wait, 0);
}

/* Whoever may end before the timer was set to. */
static void sweep_by(struct service *service, int64_t when)
{
	uv_timer_t *timer = &service->sandboxes.sweep;
	int64_t wait = when - time_of_day(service);

	if (wait < SWEEP_MIN_MS)
		wait = SWEEP_MIN_MS;
	if (uv_is_active((uv_handle_t *)timer) && (uint64_t)wait < uv_timer_get_due_in(timer))
		uv_timer_start(timer, on_sweep, (uint64_t)wait, 0);
}

/* ---- use ---- */

struct sandbox_entry *sandboxes_find(struct service *service, const char *tenant, const char *id,
				     struct error *err)
{
	struct sandbox_entry *entry = id ? table_find(&service->sandboxes.by_id, id) : NULL;

	if (entry && entry->stored && !entry->removing && strcmp(entry->row.tenant, tenant) == 0)
		return entry;
	error_set(err, ERROR_NOT_FOUND,
		  "there is no sandbox \"%.60s\" (it may have been removed when its time was up)",
		  id ? id : "");
	return NULL;
}

int sandboxes_check_sound(const struct sandbox_entry *entry, struct error *err)
{
	if (!entry->row.quarantined)
		return 0;
	return error_set(err, ERROR_DENIED,
			 "the sandbox is quarantined, for %s: roll back to another snapshot, fork "
			 "one, or remove the sandbox",
			 entry->row.quarantined);
}

void sandboxes_use(struct sandbox_entry *entry)
{
	entry->users++;
}

void sandboxes_leave(struct sandbox_entry *entry)
{
	if (--entry->users > 0)
		return;
	if (entry->removing)
		remove_idle(entry);
	else
		sweep_by(entry->service, entry->row.expires_ms);
}

int sandboxes_chain(const struct sandbox_entry *entry, struct arena *arena,
		    const char *const **chain, bool *flatten, struct error *err)
{
	size_t length = 0;

	if (store_chain(entry->service->store, arena, entry->row.head, chain, err) != 0)
		return -1;
	while ((*chain)[length])
		length++;
	*flatten = length >= SANDBOX_CHAIN_MAX - 1;
	return 0;
}

struct sandbox_row sandboxes_next(const struct sandbox_entry *entry, const char *head)
{
	int64_t now = time_of_day(entry->service);
	struct sandbox_row row = entry->row;

	row.head = head;
	row.used_ms = now;
	row.expires_ms = row.used_ms + (int64_t)row.ttl_ms;
	return row;
}

void sandboxes_keep(struct sandbox_entry *entry, const struct sandbox_row *row)
{
	char *head = memory_string(row->head), *last_success = memory_string(row->last_success);
	char *quarantined = memory_string(row->quarantined);

	free((char *)entry->row.head); /* row may borrow it */
	free((char *)entry->row.last_success);
	free((char *)entry->row.quarantined);
	entry->row.quarantined = quarantined;
	entry->row.head = head;
	entry->row.last_success = last_success;
	entry->row.succeeded = row->succeeded;
	entry->row.executions = row->executions;
	entry->row.used_ms = row->used_ms;
	entry->row.expires_ms = row->expires_ms;
	entry->kept_until = row->expires_ms;
}

void sandboxes_touch(struct sandbox_entry *entry)
{
	struct sandbox_row row = sandboxes_next(entry, entry->row.head);
	int64_t gained = row.expires_ms - entry->kept_until;

	entry->row.used_ms = row.used_ms;
	entry->row.expires_ms = row.expires_ms;
	if (gained < (int64_t)row.ttl_ms / LOOKS || entry->users > 0)
		return; /* who uses it writes the row at the end */
	entry->kept_until = row.expires_ms;
	store_put_sandbox(entry->service->store, &row, NULL, NULL);
}

const struct sandbox_row *service_sandbox(struct service *service, const char *tenant,
					  const char *id, struct error *err)
{
	struct sandbox_entry *entry = sandboxes_find(service, tenant, id, err);

	return entry ? &entry->row : NULL;
}

void service_each_sandbox(struct service *service, const char *tenant, store_sandbox_fn each,
			  void *ctx)
{
	struct sandbox_entry *entry = service->sandboxes.oldest;

	for (; entry; entry = entry->next) {
		if (entry->stored && !entry->removing && strcmp(entry->row.tenant, tenant) == 0)
			each(ctx, &entry->row);
	}
}

bool service_sandbox_busy(struct service *service, const char *id)
{
	struct sandbox_entry *entry = table_find(&service->sandboxes.by_id, id);

	return entry && entry->users > 0;
}

/* ---- the first and the last of them ---- */

int sandboxes_add(struct service *service, const struct sandbox_row *row,
		  struct sandbox_entry **out, struct error *err)
{
	unsigned most = service->settings.quota.sandboxes, count = 0;
	struct sandbox_entry *entry = service->sandboxes.oldest;
	struct sandbox_row made = *row;
	char id[IDENTIFIER_TEXT];

	for (; most && entry; entry = entry->next)
		count += strcmp(entry->row.tenant, row->tenant) == 0;
	if (most && count >= most)
		return error_set(err, ERROR_DENIED,
				 "%u sandboxes are all that this tenant may have: remove one first",
				 most);
	identifier_make(id, "sb-");
	made.id = id;
	made.created_ms = made.used_ms = time_of_day(service);
	made.expires_ms = made.used_ms + (int64_t)made.ttl_ms;
	*out = entry_new(service, &made);
	sweep_by(service, made.expires_ms);
	return 0;
}

static void load(void *ctx, const struct sandbox_row *row)
{
	entry_new(ctx, row)->stored = true;
}

int sandboxes_open(struct service *service, struct error *err)
{
	service->sandboxes.seen_ms = clock_ms();
	service->sandboxes.seen_unix_ms = clock_unix_ms();
	return store_each_sandbox(service->store, load, service, err);
}

void sandboxes_start(struct service *service)
{
	uv_timer_init(service->loop, &service->sandboxes.sweep);
	service->sandboxes.sweep.data = service;
	uv_timer_start(&service->sandboxes.sweep, on_sweep, 0, 0);
}

void sandboxes_close(struct service *service, uv_close_cb closed)
{
	uv_close((uv_handle_t *)&service->sandboxes.sweep, closed);
}

void sandboxes_free(struct service *service)
{
	struct sandbox_entry *entry = service->sandboxes.oldest;

	while (entry) {
		struct sandbox_entry *next = entry->next;
		sandboxes_drop(entry);
		entry = next;
	}
	table_done(&service->sandboxes.by_id);
}
