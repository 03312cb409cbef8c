/* What the proxy lets through: the rules, what was counted against them, and the last refusal. */
#ifndef NET_GATE_H
#define NET_GATE_H

#include <netdb.h>
#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/net/proxy.h"

struct gate {
	struct arena arena;
	struct proxy_rules rules; /* a copy, defaults filled in */
	struct proxy_stats stats;
};

void gate_init(struct gate *gate, const struct proxy_rules *rules);
void gate_done(struct gate *gate);

/* These answer 0, or -1 after putting the reason into stats.last_refusal. */

/* Counts the request; host is in lower case. */
int gate_request(struct gate *gate, const char *host, unsigned port);

/* Every address that the name has must be allowed: a mixed answer smells of rebinding. */
int gate_addresses(struct gate *gate, const char *host, unsigned port,
		   const struct addrinfo *addresses);

/* Counts bytes that are about to be passed on. */
int gate_bytes(struct gate *gate, bool up, size_t count);

/* A refusal by rule that the gate does not know itself: a request that is malformed. */
int gate_refuse(struct gate *gate, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Remembers why a host could not be reached, without counting it as refused. */
void gate_failed(struct gate *gate, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
