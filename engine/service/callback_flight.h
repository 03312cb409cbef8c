/* The attempts under way to send what is owed, for callback.c alone. */
#ifndef SERVICE_CALLBACK_FLIGHT_H
#define SERVICE_CALLBACK_FLIGHT_H

#include <stdbool.h>

#include "engine/net/client/fetch.h"
#include "engine/service/callback.h"

struct flight;

struct flights {
	struct store *store;
	struct callback_settings settings; /* no zero field */
	struct callback_counts counts;
	/* The store knows what came of it: row is what it holds, or taken: it holds none any more. */
	void (*landed)(void *ctx, const struct delivery_row *row, bool taken);
	/* Somebody shall call flights_write_again soon. */
	void (*delayed)(void *ctx);
	void *ctx;

	/* callback_flight.c's own */
	struct fetcher *fetcher;
	struct flight *first;
	unsigned count;
	unsigned parts; /* of the end that are awaited */
	bool stopping;
	void (*stopped)(void *ctx);
	void *stopped_ctx;
};

/* The public fields are set. */
int flights_init(struct flights *flights, uv_loop_t *loop, struct error *err);

/* Cuts off what is under way; stopped is called later. */
void flights_stop(struct flights *flights, void (*stopped)(void *ctx), void *ctx);

bool flights_has(const struct flights *flights, const char *execution);
bool flights_room(const struct flights *flights, const char *tenant);
void flights_start(struct flights *flights, const struct delivery_row *row);

/* Tries again what the store would not keep; milliseconds until the next such try, or INFINITY. */
double flights_write_again(struct flights *flights);

#endif
