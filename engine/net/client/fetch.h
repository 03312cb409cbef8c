/*
 * HTTP requests of our own, on the engine's loop: the only user of libcurl (fetch*.c). What an outsider
 * named as a target is checked after its name was resolved, for each connection that is made. The process
 * must ignore SIGPIPE.
 */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include <uv.h>

#include "engine/base/error.h"

struct fetcher;
struct fetch;

struct fetch_request {
	const char *method; /* NULL: POST with a body, else GET */
	const char *url; /* http: or https: */
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
	const char *body;
	size_t len;
	unsigned timeout_ms; /* altogether; 0: 30 s */
	size_t max_answer; /* bytes of the answer that are kept, the rest is not waited for; 0: 64 KiB */
	/* Hosts that may be loopback, private or special-purpose; others are refused there. */
	const char *const *private_hosts;
};

struct fetch_answer {
	unsigned status;
	const char *body;
	size_t len;
	const char *retry_after; /* the header, NULL: none */
};

/* answer NULL: there is none, and err says why. Both are gone when done returns. */
typedef void (*fetch_done_fn)(void *ctx, const struct fetch_answer *answer,
			      const struct error *err);

int fetcher_new(struct fetcher **out, uv_loop_t *loop, struct error *err);

/* Cancels what is under way. closed is called later, and fetcher is gone then. */
void fetcher_close(struct fetcher *fetcher, void (*closed)(void *ctx), void *ctx);

/* Redirects are not followed. The request is copied. 0: done is called once, later; -1: never. */
int fetch_start(struct fetch **out, struct fetcher *fetcher, const struct fetch_request *request,
		fetch_done_fn done, void *ctx, struct error *err);

/* done is not called any more. */
void fetch_cancel(struct fetch *fetch);

/*
 * What a request to url would be refused for, as far as it can be known without asking anybody: ERROR_USAGE for
 * the URL itself (scheme, host, credentials in it), ERROR_DENIED when its host is an address that may not be
 * asked. Names are looked up by the request.
 */
int fetch_check(const char *url, const char *const *private_hosts, struct error *err);

#endif
