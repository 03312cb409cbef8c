/* One attempt after another to send what is owed: a flight ends when the store knows what came of it. */
#include "engine/service/callback_flight.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/service/callback_policy.h"

enum {
	STORE_AGAIN_MS = 1000, /* after the store would not keep what came of an attempt */
	ANSWER_MAX = 1024, /* nobody reads it */
};

struct flight {
	struct flights *flights;
	struct flight *next, *previous;
	struct arena arena;
	struct delivery_row row; /* what it shall be, in arena */
	struct fetch *fetch; /* NULL: not begun, or the receiver has answered */
	bool taken; /* the row goes */
	bool writing;
	double write_again; /* clock_ms; 0: the store did not fail */
};

/* ---- all of them ---- */

static struct flight *flight_new(struct flights *flights, const struct delivery_row *row)
{
	struct flight *flight = memory_zeroed(sizeof(*flight));
	struct arena *arena = &flight->arena;
	arena_init(arena);
	flight->flights = flights;
	flight->row = (struct delivery_row){
		.execution = arena_string(arena, row->execution),
		.tenant = arena_string(arena, row->tenant),
		.url = arena_string(arena, row->url),
		.attempts = row->attempts,
		.next_ms = row->next_ms,
	};
	flight->next = flights->first;
	if (flight->next)
		flight->next->previous = flight;
	flights->first = flight;
	flights->count++;
	return flight;
}

static void flight_free(struct flight *flight)
{
	struct flights *flights = flight->flights;
	if (flight->previous)
		flight->previous->next = flight->next;
	else
		flights->first = flight->next;
	if (flight->next)
		flight->next->previous = flight->previous;
	flights->count--;
	arena_done(&flight->arena);
	free(flight);
}

bool flights_has(const struct flights *flights, const char *execution)
{
	for (const struct flight *it = flights->first; it; it = it->next)
		if (strcmp(it->row.execution, execution) == 0)
			return true;
	return false;
}

/* One tenant's slow receivers leave the others room. */
bool flights_room(const struct flights *flights, const char *tenant)
{
	unsigned of_tenant = 0;
	for (const struct flight *it = flights->first; it; it = it->next)
		of_tenant += strcmp(it->row.tenant, tenant) == 0;
	return flights->count < flights->settings.at_once &&
	       of_tenant < (flights->settings.at_once + 1) / 2;
}

int flights_init(struct flights *flights, uv_loop_t *loop, struct error *err)
{
	return fetcher_new(&flights->fetcher, loop, err);
}

static void part_ended(void *ctx)
{
	struct flights *flights = ctx;
	if (--flights->parts == 0)
		flights->stopped(flights->stopped_ctx);
}

void flights_stop(struct flights *flights, void (*stopped)(void *ctx), void *ctx)
{
	flights->stopping = true;
	flights->stopped = stopped;
	flights->stopped_ctx = ctx;
	flights->parts = 1;
	for (struct flight *it = flights->first, *next; it; it = next) {
		next = it->next;
		if (it->fetch)
			fetch_cancel(it->fetch);
		if (it->writing)
			flights->parts++;
		else
			flight_free(it);
	}
	fetcher_close(flights->fetcher, part_ended, flights);
}

/* ---- what came of an attempt ---- */

static void tell(enum log_level level, const char *what, const struct flight *flight,
		 const char *why)
{
	const struct log_field fields[] = {
		{"execution", flight->row.execution, 0},
		{"attempt", NULL, flight->row.attempts},
		{"why", why, 0},
		{NULL, NULL, 0},
	};
	log_fields(level, what, fields);
}

static void on_written(void *ctx, const struct error *err)
{
	struct flight *flight = ctx;
	struct flights *flights = flight->flights;
	flight->writing = false;
	if (flights->stopping) {
		flight_free(flight);
		part_ended(flights);
		return;
	}
	if (err && err->code == ERROR_NOT_FOUND) {
		flight->taken = true; /* forgotten with its execution */
	} else if (err) {
		if (flight->write_again == 0)
			tell(LOG_WARN, "callback not recorded", flight, err->text);
		flight->write_again = clock_ms() + STORE_AGAIN_MS;
		flights->delayed(flights->ctx);
		return;
	}
	struct delivery_row row = flight->row;
	struct arena arena = flight->arena; /* has row's strings */
	bool taken = flight->taken;
	arena_init(&flight->arena);
	flight_free(flight);
	flights->landed(flights->ctx, &row, taken);
	arena_done(&arena);
}

static void write_down(struct flight *flight)
{
	struct store *store = flight->flights->store;
	struct delivery_row changed = flight->row;
	changed.url = NULL; /* changes the row, and never makes it anew */
	flight->writing = true;
	if (flight->taken)
		store_remove_delivery(store, flight->row.execution, on_written, flight);
	else
		store_put_delivery(store, &changed, on_written, flight);
}

double flights_write_again(struct flights *flights)
{
	double now = clock_ms(), wait = INFINITY;
	for (struct flight *it = flights->first; it; it = it->next) {
		if (it->write_again == 0 || it->writing)
			continue;
		if (now >= it->write_again)
			write_down(it);
		else
			wait = fmin(wait, it->write_again - now);
	}
	return wait;
}

static void give_up(struct flight *flight, const char *why)
{
	flight->row.next_ms = DELIVERY_GIVEN_UP;
	flight->flights->counts.given_up++;
	tell(LOG_WARN, "callback given up", flight, why);
}

/* From 0 to 1. */
static double random_share(void)
{
	uint32_t bits = UINT32_MAX;
	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		return 1;
	return (double)bits / UINT32_MAX;
}

static void put_off(struct flight *flight, const char *retry_after)
{
	const struct callback_settings *settings = &flight->flights->settings;
	int64_t now = clock_unix_ms();
	uint64_t wait = callback_wait_ms(flight->row.attempts, settings->first_delay_ms,
					 settings->max_delay_ms, random_share());
	uint64_t asked = callback_retry_after_ms(retry_after, now);
	if (asked > settings->max_delay_ms)
		asked = settings->max_delay_ms;
	flight->row.next_ms = now + (int64_t)(wait > asked ? wait : asked);
}

/* The attempt failed: another one, if there may be one. */
static void failed(struct flight *flight, enum callback_fate fate, const char *why,
		   const char *retry_after)
{
	flight->row.last_error = why;
	if (fate == CALLBACK_NEVER ||
	    flight->row.attempts >= flight->flights->settings.max_attempts) {
		give_up(flight, why);
		return;
	}
	put_off(flight, retry_after);
	tell(LOG_INFO, "callback failed", flight, why);
}

static void on_answer(void *ctx, const struct fetch_answer *answer, const struct error *err)
{
	struct flight *flight = ctx;
	struct flights *flights = flight->flights;
	flight->fetch = NULL;
	flight->row.attempts++;
	flights->counts.attempts++;
	enum callback_fate fate = answer ? callback_fate(answer->status) : CALLBACK_AGAIN;
	if (fate == CALLBACK_TAKEN) {
		flight->taken = true;
		flights->counts.delivered++;
	} else if (answer) {
		failed(flight, fate,
		       arena_printf(&flight->arena, "the receiver answered %u", answer->status),
		       answer->retry_after);
	} else {
		failed(flight, fate, arena_string(&flight->arena, err->text), NULL);
	}
	write_down(flight);
}

/* ---- an attempt ---- */

static int send_report(struct flight *flight, const char *report, struct error *err)
{
	struct flights *flights = flight->flights;
	struct arena *arena = &flight->arena;
	size_t len = strlen(report);
	int64_t timestamp = clock_unix_ms() / 1000;
	char hex[DIGEST_HEX];
	callback_sign(flights->settings.secret, timestamp, report, len, hex);
	const char *const headers[] = {
		"Content-Type: application/json",
		arena_printf(arena, "X-Assay-Execution: %s", flight->row.execution),
		arena_printf(arena, "X-Assay-Timestamp: %" PRId64, timestamp),
		arena_printf(arena, "X-Assay-Attempt: %u", flight->row.attempts + 1),
		arena_printf(arena, "X-Assay-Signature: sha256=%s", hex),
		NULL,
	};
	struct fetch_request request = {
		.url = flight->row.url,
		.headers = headers,
		.body = report,
		.len = len,
		.timeout_ms = flights->settings.timeout_ms,
		.max_answer = ANSWER_MAX,
		.private_hosts = flights->settings.private_hosts,
	};
	return fetch_start(&flight->fetch, flights->fetcher, &request, on_answer, flight, err);
}

void flights_start(struct flights *flights, const struct delivery_row *row)
{
	struct flight *flight = flight_new(flights, row);
	const struct execution_row *execution = NULL;
	struct error err = {0};
	if (store_execution(flights->store, &flight->arena, row->tenant, row->execution, &execution,
			    &err) != 0) {
		flight->row.attempts++;
		failed(flight, CALLBACK_AGAIN, arena_string(&flight->arena, err.text), NULL);
		write_down(flight);
	} else if (!execution || !execution->report) {
		flight->taken = true; /* forgotten meanwhile: there is nothing to send */
		write_down(flight);
	} else if (send_report(flight, execution->report, &err) != 0) {
		flight->row.attempts++;
		failed(flight, CALLBACK_NEVER, arena_string(&flight->arena, err.text), NULL);
		write_down(flight);
	}
}
