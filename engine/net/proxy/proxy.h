/*
 * The allow-list proxy: the only way out of a sandbox, and only during an install. HTTP CONNECT and
 * absolute-form GET/HEAD (RFC 9110 section 9.3.6, RFC 9112 section 3.2.2) on a given listening
 * socket, which may belong to another network namespace: connections outwards are made in the
 * engine's own.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <uv.h>

#include "engine/base/error.h"

struct proxy;

/* Zero fields mean the default that stands beside them. */
struct proxy_rules {
	const char *const *hosts; /* "host:port" that may be reached; NULL-terminated */
	const char *const *private_hosts; /* host names whose addresses may be private: the
					     administrator's exception for a company mirror */
	uint64_t max_bytes; /* both directions of all connections together; 2 GiB */
	unsigned max_connections; /* at once, later ones wait in the backlog; 32 */
	unsigned max_requests; /* in all; 20,000 */
	unsigned head_ms; /* from accept to the end of the request head; 10 s */
	unsigned lookup_ms; /* for the name; 15 s */
	unsigned connect_ms; /* for each address of it; 5 s */
	unsigned idle_ms; /* without a byte in either direction; 120 s */
};

enum { PROXY_REFUSAL = 512 };

struct proxy_stats {
	unsigned requests;
	unsigned refused; /* by a rule: failures to reach a host are not counted */
	uint64_t bytes_up, bytes_down;
	/* Why a request was last not served, a sentence that names the host; "" when all were. */
	char last_refusal[PROXY_REFUSAL];
};

/*
 * Serves listen_fd (owned by the proxy from here on, also on failure) until proxy_stop. rules are
 * copied. The process must ignore SIGPIPE, for libuv writes without MSG_NOSIGNAL.
 */
int proxy_start(struct proxy **out, uv_loop_t *loop, int listen_fd, const struct proxy_rules *rules,
		struct error *err);

void proxy_stats(const struct proxy *proxy, struct proxy_stats *out);

/*
 * Closes every connection; stopped is called when the last handle is gone, then proxy is too. A
 * name look-up that sits in libuv's thread pool is let go rather than waited for: it frees itself
 * when the resolver gives up, and until then only keeps the loop alive.
 */
void proxy_stop(struct proxy *proxy, void (*stopped)(void *ctx), void *ctx);

#endif
