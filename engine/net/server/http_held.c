/*
 * What the server holds for clients, all together and for each owner: an owner may have as much as it leaves
 * free, so that however much one of them sends and does not read, there is room for the next.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/net/server/http_server.h"

static size_t bound(const struct http *http, enum http_holding what)
{
	switch (what) {
	case HOLDING_BODIES: return http->settings.max_bodies;
	case HOLDING_ANSWERS: return http->settings.max_answers;
	default: return http->settings.max_streams;
	}
}

void http_held_add(struct http_exchange *exchange, enum http_holding what, size_t bytes)
{
	exchange->http->held[what] += bytes;
	if (exchange->owner)
		exchange->owner->held[what] += bytes;
}

void http_held_remove(struct http_exchange *exchange, enum http_holding what, size_t bytes)
{
	exchange->http->held[what] -= bytes;
	if (exchange->owner)
		exchange->owner->held[what] -= bytes;
}

bool http_held_fits(const struct http_exchange *exchange, enum http_holding what, size_t bytes)
{
	size_t most = bound(exchange->http, what), all = exchange->http->held[what];
	size_t room = all < most ? most - all : 0;
	size_t own = exchange->owner ? exchange->owner->held[what] : 0;

	return bytes <= room && own <= room - bytes;
}

void http_set_owner(struct http_exchange *exchange, const char *name)
{
	struct http *http = exchange->http;
	struct http_owner *owner = table_find(&http->owners, name);
	size_t size = strlen(name) + 1;

	if (!owner) {
		owner = memory_zeroed(sizeof(*owner) + size);
		memcpy(owner->name, name, size);
		table_add(&http->owners, &owner->by_name, owner->name, owner);
	}
	owner->exchanges++;
	exchange->owner = owner;
}

void http_held_leave(struct http_exchange *exchange)
{
	struct http_owner *owner = exchange->owner;

	exchange->owner = NULL;
	if (!owner || --owner->exchanges > 0)
		return;
	table_remove(&exchange->http->owners, &owner->by_name);
	free(owner);
}
