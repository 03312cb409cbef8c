/* The way out of a sandbox as jobs know it (struct egress_ops), done by the allow-list proxy. */
#ifndef NET_EGRESS_H
#define NET_EGRESS_H

#include <stdint.h>

#include "engine/pipeline/job.h"

/* What went through all that have ended. */
struct egress_totals {
	uint64_t installs, requests, refused; /* refused: by a rule */
	uint64_t bytes_up, bytes_down;
};

/* The ctx of egress_proxy; borrowed while an egress is open. Zero fields mean the default. */
struct egress_settings {
	const char *const *private_hosts; /* config's private_registries; NULL: none */
	uint64_t max_bytes; /* both directions of one install together; 2 GiB */
	unsigned max_connections; /* at once; 32 */
	unsigned max_requests; /* of one install; 20,000 */
	struct egress_totals totals; /* counted by egress_proxy */
};

extern const struct egress_ops egress_proxy;

#endif
