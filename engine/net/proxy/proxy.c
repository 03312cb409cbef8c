/* The allow-list proxy: takes clients in from a listening socket, and counts them out again. */
#include "engine/net/proxy/proxy.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/net/proxy/proxy_connection.h"
#include "engine/net/proxy/proxy_gate.h"

struct proxy {
	struct proxy_gate gate;
	uv_tcp_t listener;
	bool listening; /* the listener's handle is not closed yet */
	bool waiting; /* somebody is announced and there was no room */
	bool stopping;
	struct proxy_connection **connections; /* max_connections places, NULL where free */
	unsigned count;
	void (*stopped)(void *ctx);
	void *ctx;
};

static void free_proxy(struct proxy *proxy)
{
	proxy_gate_done(&proxy->gate);
	free(proxy);
}

static void finish_stop(struct proxy *proxy)
{
	if (!proxy->stopping || proxy->listening || proxy->count > 0)
		return;
	void (*stopped)(void *ctx) = proxy->stopped;
	void *ctx = proxy->ctx;
	free_proxy(proxy);
	if (stopped)
		stopped(ctx);
}

static struct proxy_connection **find_place(struct proxy *proxy,
					    const struct proxy_connection *connection)
{
	struct proxy_connection **place = proxy->connections;
	while (*place != connection)
		place++;
	return place;
}

static void accept_one(struct proxy *proxy);

static void on_connection_closed(void *ctx, struct proxy_connection *connection)
{
	struct proxy *proxy = ctx;
	*find_place(proxy, connection) = NULL;
	proxy->count--;
	if (proxy->waiting && !proxy->stopping)
		accept_one(proxy);
	finish_stop(proxy);
}

/* libuv stops listening by itself until the one that was announced is accepted. */
static void accept_one(struct proxy *proxy)
{
	proxy->waiting = proxy->count == proxy->gate.rules.max_connections;
	if (proxy->waiting)
		return;
	struct proxy_connection **place = find_place(proxy, NULL);
	*place = proxy_connection_accept(&proxy->gate, (uv_stream_t *)&proxy->listener,
					 on_connection_closed, proxy);
	proxy->count++;
}

static void on_announced(uv_stream_t *listener, int status)
{
	if (status == 0) /* otherwise one client failed to arrive, and the next will tell */
		accept_one(listener->data);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct proxy *proxy = handle->data;
	proxy->listening = false;
	finish_stop(proxy);
}

int proxy_start(struct proxy **out, uv_loop_t *loop, int listen_fd, const struct proxy_rules *rules,
		struct error *err)
{
	struct proxy *proxy = memory_zeroed(sizeof(*proxy));
	proxy_gate_init(&proxy->gate, rules);
	proxy->connections = arena_array(&proxy->gate.arena, proxy->gate.rules.max_connections,
					 sizeof(*proxy->connections));
	uv_tcp_init(loop, &proxy->listener); /* cannot fail: no descriptor is made */
	proxy->listener.data = proxy;
	proxy->listening = true;
	int rc = uv_tcp_open(&proxy->listener, listen_fd);
	if (rc != 0)
		close(listen_fd); /* later on it is the handle that closes it */
	else
		rc = uv_listen((uv_stream_t *)&proxy->listener, SOMAXCONN, on_announced);
	if (rc != 0) {
		proxy_stop(proxy, NULL, NULL);
		return error_set(err, ERROR_IO, "proxy: %s", uv_strerror(rc));
	}
	*out = proxy;
	return 0;
}

void proxy_stats(const struct proxy *proxy, struct proxy_stats *out)
{
	*out = proxy->gate.stats;
}

void proxy_stop(struct proxy *proxy, void (*stopped)(void *ctx), void *ctx)
{
	proxy->stopping = true;
	proxy->stopped = stopped;
	proxy->ctx = ctx;
	for (unsigned i = 0; i < proxy->gate.rules.max_connections; i++)
		if (proxy->connections[i])
			proxy_connection_close(proxy->connections[i]);
	uv_close((uv_handle_t *)&proxy->listener, on_listener_closed);
}
