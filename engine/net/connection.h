/* One client of the proxy, from accept to the last closed handle. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include <uv.h>

#include "engine/net/gate.h"

struct connection;

typedef void (*connection_closed_fn)(void *ctx, struct connection *connection);

/*
 * Accepts from listener, whose connection callback has announced somebody. closed is called when
 * the connection is about to vanish, also when it failed at once. gate must outlive it.
 */
struct connection *connection_accept(struct gate *gate, uv_stream_t *listener,
				     connection_closed_fn closed, void *ctx);

/* Ends it wherever it stands; closed follows from the loop. May be called more than once. */
void connection_close(struct connection *connection);

#endif
