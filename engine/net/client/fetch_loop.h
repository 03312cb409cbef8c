/* libcurl's multi interface on libuv, for fetch.c alone. */
#ifndef NET_FETCH_LOOP_H
#define NET_FETCH_LOOP_H

#include <uv.h>

#include "engine/base/error.h"
#include "engine/net/client/fetch_library.h"

/* A handle has ended and is still the multi's; may add and remove handles, and close the loop. */
typedef void (*fetch_ended_fn)(CURL *easy, CURLcode code);

struct fetch_loop {
	uv_loop_t *uv;
	CURLM *multi; /* add handles, remove them: the rest goes by itself */
	uv_timer_t timer;
	struct watch *watches;
	unsigned handles; /* that libuv has not closed yet */
	fetch_ended_fn ended;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

int fetch_loop_init(struct fetch_loop *loop, uv_loop_t *uv, fetch_ended_fn ended,
		    struct error *err);

/* No handle is left in it; closed is called later. */
void fetch_loop_close(struct fetch_loop *loop, void (*closed)(void *ctx), void *ctx);

/*
 * CURLOPT_CLOSESOCKETFUNCTION of every handle, ctx the loop: some versions of libcurl close a socket before
 * they say CURL_POLL_REMOVE.
 */
int fetch_loop_close_socket(void *ctx, curl_socket_t fd);

#endif
