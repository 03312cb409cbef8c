/* Whom a request may be sent to: the host of its URL and the addresses that this has. */
#ifndef NET_FETCH_TARGET_H
#define NET_FETCH_TARGET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "engine/base/error.h"

enum { FETCH_HOST = 1025 };

struct fetch_target {
	char host[FETCH_HOST]; /* an IPv6 address without brackets */
	bool may_be_private; /* the host is one of private_hosts */
};

/* private_hosts: NULL-terminated; NULL: none. ERROR_USAGE: a URL that may not be asked at all. */
int fetch_target_read(struct fetch_target *out, const char *url, const char *const *private_hosts,
		      struct error *err);

/* ERROR_DENIED when that address, to which the host was resolved, may not be asked. */
int fetch_target_allows(const struct fetch_target *target, const struct sockaddr *address,
			struct error *err);

#endif
