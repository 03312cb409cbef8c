/* An answer of the proxy's own, sent so that it arrives: written, ended, and the client awaited. */
#ifndef NET_PROXY_ANSWER_H
#define NET_PROXY_ANSWER_H

#include <stdbool.h>
#include <uv.h>

#include "engine/net/proxy/proxy.h"

enum { PROXY_ANSWER_LINGER_MS = 1000 }; /* how long a client may take to read it and leave */

struct proxy_answer {
	uv_write_t write;
	uv_shutdown_t shutdown;
	void (*done)(void *ctx);
	void *ctx;
	bool over;
	char text[PROXY_REFUSAL + 256];
	char dropped[4096]; /* what the client still sends */
};

/*
 * Sends status with why as its body (without one when head_only) on client, whose data becomes
 * answer's. done is called once, perhaps before this returns, when the client has left or cannot be
 * reached. The caller ends it after PROXY_ANSWER_LINGER_MS at the latest: set over, close client.
 */
void proxy_answer_start(struct proxy_answer *answer, uv_stream_t *client, int status,
			const char *why, bool head_only, void (*done)(void *ctx), void *ctx);

#endif
