/* What the proxy lets through: the rules, what was counted against them, and the last refusal. */
#ifndef NET_PROXY_GATE_H
#define NET_PROXY_GATE_H

#include <netdb.h>
#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/net/proxy/proxy.h"

struct proxy_gate {
	struct arena arena;
	struct proxy_rules rules; /* a copy, defaults filled in */
	struct proxy_stats stats;
};

void proxy_gate_init(struct proxy_gate *gate, const struct proxy_rules *rules);
void proxy_gate_done(struct proxy_gate *gate);

/* These answer 0, or -1 after putting the reason into stats.last_refusal. */

/* Counts the request; host is in lower case. */
int proxy_gate_request(struct proxy_gate *gate, const char *host, unsigned port);

/* Every address that the name has must be allowed: a mixed answer smells of rebinding. */
int proxy_gate_addresses(struct proxy_gate *gate, const char *host, unsigned port,
			 const struct addrinfo *addresses);

/* Counts bytes that are about to be passed on. */
int proxy_gate_bytes(struct proxy_gate *gate, bool up, size_t count);

/* A refusal by rule that the gate does not know itself: a request that is malformed. */
int proxy_gate_refuse(struct proxy_gate *gate, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Remembers why a host could not be reached, without counting it as refused. */
void proxy_gate_failed(struct proxy_gate *gate, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
