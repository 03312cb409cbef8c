/* Which addresses are the public internet and which are special; no name is ever looked up here. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>

enum address_reach {
	ADDRESS_PUBLIC, /* anybody may be sent there */
	ADDRESS_PRIVATE, /* only when the administrator named the host */
	ADDRESS_NEVER, /* not even then: link-local, cloud metadata, multicast */
};

enum { ADDRESS_TEXT = 64 };

/*
 * Sources: the IANA IPv4 and IPv6 special-purpose address registries (RFC 6890 and its updates),
 * and what cloud providers document for their metadata services. An address that carries an IPv4
 * address inside (mapped, NAT64, 6to4, Teredo) is never freer than the one inside. what becomes a
 * static word for messages: "private", "loopback", "cloud metadata".
 */
enum address_reach address_reach(const struct sockaddr *address, const char **what);

/* The numeric form, without port; "an unknown address" for other families. */
void address_text(const struct sockaddr *address, char out[ADDRESS_TEXT]);

#endif
