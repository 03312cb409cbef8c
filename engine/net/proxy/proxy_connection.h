/* One client of the proxy, from accept to the last closed handle. */
#ifndef NET_PROXY_CONNECTION_H
#define NET_PROXY_CONNECTION_H

#include <uv.h>

#include "engine/net/proxy/proxy_gate.h"

struct proxy_connection;

typedef void (*proxy_connection_closed_fn)(void *ctx, struct proxy_connection *connection);

/*
 * Accepts from listener, whose connection callback has announced somebody. closed is called when
 * the connection is about to vanish, also when it failed at once. gate must outlive it.
 */
struct proxy_connection *proxy_connection_accept(struct proxy_gate *gate, uv_stream_t *listener,
						 proxy_connection_closed_fn closed, void *ctx);

/* Ends it wherever it stands; closed follows from the loop. May be called more than once. */
void proxy_connection_close(struct proxy_connection *connection);

#endif
