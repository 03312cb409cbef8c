/*
 * Sends the answers that are owed, each when its time has come. The store's rows are the truth; what is
 * kept here is a copy of them.
 */
#include "engine/service/callback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/service/callback_flight.h"

enum {
	READ_AGAIN_MS = 1000, /* after the store could not be read */
	LOOK_MS = 60 * 1000, /* for a clock that was set */
	REREAD_SHARE = 10, /* at most this part of the time goes into reading the rows */
};

struct callbacks {
	struct flights flights;
	uv_timer_t timer;
	struct arena arena; /* rows */
	struct delivery_row *rows; /* execution NULL: gone since */
	size_t count;
	bool stale; /* the store has others */
	double read_again; /* clock_ms, not before */
	bool stopping;
	unsigned parts; /* of the end that are awaited */
	void (*stopped)(void *ctx);
	void *stopped_ctx;
};

static void look(struct callbacks *callbacks);

static void on_timer(uv_timer_t *timer)
{
	look(timer->data);
}

/* A look later, whoever asks from whichever call. */
static void look_soon(struct callbacks *callbacks)
{
	if (!callbacks->stopping)
		uv_timer_start(&callbacks->timer, on_timer, 0, 0);
}

/* ---- the end ---- */

static void part_ended(void *ctx)
{
	struct callbacks *callbacks = ctx;
	if (--callbacks->parts > 0)
		return;
	void (*stopped)(void *ctx) = callbacks->stopped;
	void *stopped_ctx = callbacks->stopped_ctx;
	arena_done(&callbacks->arena);
	free(callbacks);
	stopped(stopped_ctx);
}

static void on_timer_closed(uv_handle_t *handle)
{
	part_ended(handle->data);
}

void callbacks_stop(struct callbacks *callbacks, void (*stopped)(void *ctx), void *ctx)
{
	callbacks->stopping = true;
	callbacks->stopped = stopped;
	callbacks->stopped_ctx = ctx;
	callbacks->parts = 2;
	flights_stop(&callbacks->flights, part_ended, callbacks);
	uv_close((uv_handle_t *)&callbacks->timer, on_timer_closed);
}

/* ---- what came of an attempt ---- */

/* Brings the copy of the row up to what the store now holds. */
static void on_landed(void *ctx, const struct delivery_row *row, bool taken)
{
	struct callbacks *callbacks = ctx;
	look_soon(callbacks);
	for (size_t i = 0; i < callbacks->count; i++) {
		struct delivery_row *copy = &callbacks->rows[i];
		if (!copy->execution || strcmp(copy->execution, row->execution) != 0)
			continue;
		copy->attempts = row->attempts;
		copy->next_ms = row->next_ms;
		if (taken)
			copy->execution = NULL;
		return;
	}
}

static void on_delayed(void *ctx)
{
	look_soon(ctx);
}

/* ---- what is owed, and when ---- */

static bool is_owed(const struct delivery_row *row)
{
	return row->execution && row->next_ms != DELIVERY_GIVEN_UP;
}

unsigned callbacks_owed(const struct callbacks *callbacks)
{
	unsigned owed = 0;
	for (size_t i = 0; i < callbacks->count; i++)
		owed += is_owed(&callbacks->rows[i]);
	return owed;
}

void callbacks_count(const struct callbacks *callbacks, struct callback_counts *out)
{
	*out = callbacks->flights.counts;
}

static int read_rows(struct callbacks *callbacks, struct error *err)
{
	struct arena arena;
	struct delivery_row *rows;
	size_t count;
	double before = clock_ms();
	arena_init(&arena);
	int result = store_deliveries(callbacks->flights.store, &arena, &rows, &count, err);
	if (result == 0) {
		arena_done(&callbacks->arena);
		callbacks->arena = arena;
		callbacks->rows = rows;
		callbacks->count = count;
		callbacks->stale = false;
	} else {
		arena_done(&arena);
	}
	double now = clock_ms();
	callbacks->read_again = now + (now - before) * REREAD_SHARE;
	return result;
}

/* No wait is longer than the longest: whatever asks for more was put off before the clock was set back. */
static bool is_due(const struct callbacks *callbacks, const struct delivery_row *row, int64_t now)
{
	return row->next_ms <= now ||
	       row->next_ms - now > (int64_t)callbacks->flights.settings.max_delay_ms;
}

/* Starts what is due; the milliseconds until something else is. */
static uint64_t start_due(struct callbacks *callbacks)
{
	int64_t now = clock_unix_ms(), soonest = now + LOOK_MS;
	for (size_t i = 0; i < callbacks->count; i++) {
		const struct delivery_row *row = &callbacks->rows[i];
		if (!is_owed(row) || flights_has(&callbacks->flights, row->execution))
			continue;
		if (!is_due(callbacks, row, now)) {
			if (row->next_ms < soonest)
				soonest = row->next_ms;
		} else if (flights_room(&callbacks->flights, row->tenant)) {
			flights_start(&callbacks->flights, row);
		} /* otherwise the end of a flight makes room, and looks again */
	}
	return (uint64_t)(soonest - now);
}

static void look(struct callbacks *callbacks)
{
	struct error err = {0};
	double now = clock_ms(), wait = LOOK_MS;
	if (callbacks->stale && now >= callbacks->read_again && read_rows(callbacks, &err) != 0) {
		log_write(LOG_WARN, "callbacks: %s", err.text);
		callbacks->read_again = now + READ_AGAIN_MS;
	}
	wait = fmin(wait, flights_write_again(&callbacks->flights));
	wait = fmin(wait, (double)start_due(callbacks));
	if (callbacks->stale)
		wait = fmin(wait, callbacks->read_again - now);
	uv_timer_start(&callbacks->timer, on_timer, wait > 0 ? (uint64_t)wait + 1 : 0, 0);
}

void callbacks_wake(struct callbacks *callbacks)
{
	callbacks->stale = true;
	look_soon(callbacks);
}

/* ---- the start ---- */

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

int callbacks_start(struct callbacks **out, uv_loop_t *loop, struct store *store,
		    const struct callback_settings *settings, struct error *err)
{
	if (!settings->secret)
		return error_set(err, ERROR_USAGE, "callbacks need a secret to sign them with");
	struct callbacks *callbacks = memory_zeroed(sizeof(*callbacks));
	struct flights *flights = &callbacks->flights;
	flights->store = store;
	flights->settings = *settings;
	flights->landed = on_landed;
	flights->delayed = on_delayed;
	flights->ctx = callbacks;
	struct callback_settings *own = &flights->settings;
	own->max_attempts = or_default(own->max_attempts, 10);
	own->first_delay_ms = or_default(own->first_delay_ms, 1000);
	own->max_delay_ms = or_default(own->max_delay_ms, 5 * 60 * 1000);
	own->at_once = or_default(own->at_once, 8);
	own->timeout_ms = or_default(own->timeout_ms, 10 * 1000);
	arena_init(&callbacks->arena);
	if (read_rows(callbacks, err) != 0 || flights_init(flights, loop, err) != 0) {
		arena_done(&callbacks->arena);
		free(callbacks);
		return error_wrap(err, "callbacks");
	}
	uv_timer_init(loop, &callbacks->timer);
	callbacks->timer.data = callbacks;
	look_soon(callbacks);
	*out = callbacks;
	return 0;
}
