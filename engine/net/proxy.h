/*
 * The allow-list proxy: the only way out of a sandbox, and only during an install. HTTP CONNECT and
 * absolute-form GET/HEAD (RFC 9110 section 9.3.6, RFC 9112 section 3.2.2) on a given listening socket.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <uv.h>

#include "engine/base/error.h"

struct proxy;

struct proxy_rules {
	const char *const *hosts;         /* "host:port" that may be reached; NULL-terminated */
	const char *const *private_hosts; /* host names whose addresses may be private: the
					     administrator's exception for a company mirror */
	uint64_t max_bytes;               /* both directions of all connections together */
	unsigned max_connections;         /* at once */
	unsigned max_requests;            /* in all */
};

struct proxy_stats {
	unsigned requests, refused;
	uint64_t bytes_up, bytes_down;
	char last_refusal[256]; /* "x.example:443: not in the environment's registries" */
};

/*
 * Serves listen_fd (owned by the proxy from here on, also on failure) until proxy_stop. rules are
 * copied.
 */
int proxy_start(struct proxy **out, uv_loop_t *loop, int listen_fd,
		const struct proxy_rules *rules, struct error *err);

void proxy_stats(const struct proxy *proxy, struct proxy_stats *out);

/* Closes every connection; stopped is called when the last handle is gone, then proxy is too. */
void proxy_stop(struct proxy *proxy, void (*stopped)(void *ctx), void *ctx);

#endif
