/*
 * Answers that are owed to somebody's URL: each is sent until it was taken or given up, over restarts too.
 * At least once: a receiver tells repeats by X-Assay-Execution.
 *
 *     POST <callback_url>
 *     Content-Type: application/json
 *     X-Assay-Execution: ID
 *     X-Assay-Timestamp: seconds since 1970
 *     X-Assay-Attempt: 1
 *     X-Assay-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp "." body)>
 *
 * 2xx is "taken", 410 is "never again"; after anything else it comes again, later and later.
 */
#ifndef SERVICE_CALLBACK_H
#define SERVICE_CALLBACK_H

#include <stdint.h>
#include <uv.h>

#include "engine/base/error.h"
#include "engine/store/store.h"

struct callbacks;

/* Borrowed until callbacks_stop has stopped. */
struct callback_settings {
	const char *secret; /* HMAC key, never NULL */
	const char *const *private_hosts; /* that may be private or loopback; NULL: none */
	unsigned max_attempts; /* 0: 10 */
	unsigned first_delay_ms; /* 0: 1000; doubles; each wait is drawn at random below it */
	unsigned max_delay_ms; /* 0: 5 min; also of what Retry-After asks for */
	unsigned at_once; /* 0: 8; of one tenant at most half of them */
	unsigned timeout_ms; /* of one attempt; 0: 10 s */
};

/* The store is attached to the loop. */
int callbacks_start(struct callbacks **out, uv_loop_t *loop, struct store *store,
		    const struct callback_settings *settings, struct error *err);

void callbacks_wake(struct callbacks *callbacks); /* a delivery was stored */

/* What is under way is cut off and stays owed; stopped is called later, and callbacks is gone then. */
void callbacks_stop(struct callbacks *callbacks, void (*stopped)(void *ctx), void *ctx);

unsigned callbacks_owed(const struct callbacks *callbacks);

struct callback_counts { /* since the start */
	uint64_t attempts, delivered, given_up;
};
void callbacks_count(const struct callbacks *callbacks, struct callback_counts *out);

#endif
