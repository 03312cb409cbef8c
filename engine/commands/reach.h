/* Can this host reach a registry? Asked of the resolver and with one connection, nothing is sent. */
#ifndef COMMANDS_REACH_H
#define COMMANDS_REACH_H

#include <stddef.h>

#include "engine/net/address.h"

enum reach_state {
	REACH_OK, /* a connection was made */
	REACH_UNRESOLVED, /* the name has no address, or nobody says */
	REACH_REFUSED, /* an address, and no connection to it */
	REACH_SLOW, /* no answer in time */
};

struct reach {
	const char *target; /* "host:port", given */
	enum reach_state state;
	enum address_reach kind; /* the least public of the name's addresses */
	const char *kind_word; /* "private"; static */
	char address[ADDRESS_TEXT]; /* the one that kind is about, "" while unresolved */
	char why[128]; /* when not REACH_OK */
};

/* Asks for all at once, within_ms altogether. */
void reach_all(struct reach *items, size_t count, unsigned within_ms);

#endif
