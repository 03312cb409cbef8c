/*
 * One client of the proxy: read the head, ask the gate, look the name up, ask the gate again,
 * connect to the very address that was checked, relay. One timer watches whichever step is under
 * way.
 */
#include "engine/net/proxy/proxy_connection.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/net/proxy/proxy_answer.h"
#include "engine/net/proxy/proxy_request.h"
#include "engine/net/proxy/relay.h"

enum { ADDRESSES_TRIED = 4 };

/* Outlives its connection when that is closed first: the thread pool cannot be interrupted. */
struct lookup {
	uv_getaddrinfo_t request;
	struct proxy_connection *owner; /* NULL: nobody waits any more */
};

struct proxy_connection {
	struct proxy_gate *gate;
	proxy_connection_closed_fn closed;
	void *ctx;

	uv_tcp_t client, server;
	uv_timer_t timer;
	unsigned open; /* handles that are not closed yet */
	bool has_server;
	bool closing;

	struct proxy_request request;
	char input[PROXY_HEAD_MAX];
	const char *early; /* what followed the head in the same read */
	size_t early_len;

	struct lookup *lookup;
	struct addrinfo *addresses; /* all of them, checked */
	const struct addrinfo *address; /* the one being tried */
	unsigned tried;
	uv_connect_t connect;
	int connect_error;

	struct proxy_answer answer;
	struct relay relay;
};

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct proxy_connection *c = handle->data;
	if (--c->open > 0)
		return;
	if (c->addresses)
		uv_freeaddrinfo(c->addresses);
	c->closed(c->ctx, c);
	free(c);
}

static void close_handle(struct proxy_connection *c, uv_handle_t *handle)
{
	handle->data = c; /* the relay or the answer had it */
	if (!uv_is_closing(handle))
		uv_close(handle, on_closed);
}

/*
 * With a reset the peer learns of a failure: an end of file would make a part look like the whole.
 */
static void close_socket(struct proxy_connection *c, uv_tcp_t *socket, bool reset)
{
	/* libuv refuses a reset while a shutdown is under way */
	if (reset && !uv_is_closing((uv_handle_t *)socket) &&
	    uv_tcp_close_reset(socket, on_closed) == 0)
		socket->data = c;
	else
		close_handle(c, (uv_handle_t *)socket);
}

static void end_connection(struct proxy_connection *c, bool reset)
{
	if (c->closing)
		return;
	c->closing = c->relay.over = c->answer.over = true;
	if (c->lookup) {
		c->lookup->owner = NULL;
		uv_cancel((uv_req_t *)&c->lookup->request); /* works if it is still queued */
		c->lookup = NULL;
	}
	close_handle(c, (uv_handle_t *)&c->timer);
	close_socket(c, &c->client, reset);
	if (c->has_server)
		close_socket(c, &c->server, reset);
}

void proxy_connection_close(struct proxy_connection *c)
{
	end_connection(c, false);
}

static void connection_abort(struct proxy_connection *c)
{
	end_connection(c, true);
}

/* ---- an answer of our own ---- */

static void on_answered(void *ctx)
{
	proxy_connection_close(ctx);
}

static void on_linger_over(uv_timer_t *timer)
{
	proxy_connection_close(timer->data);
}

/* Says what the gate remembered last, then closes. */
static void refuse(struct proxy_connection *c, int status)
{
	uv_timer_start(&c->timer, on_linger_over, PROXY_ANSWER_LINGER_MS, 0);
	proxy_answer_start(&c->answer, (uv_stream_t *)&c->client, status,
			   c->gate->stats.last_refusal, c->request.method == PROXY_HEAD,
			   on_answered, c);
}

/* ---- the relay ---- */

static int relay_moving(void *ctx, bool up, size_t bytes)
{
	struct proxy_connection *c = ctx;
	return proxy_gate_bytes(c->gate, up, bytes);
}

static void relay_ended(void *ctx, bool clean)
{
	if (clean)
		proxy_connection_close(ctx);
	else
		connection_abort(ctx);
}

static void on_idle(uv_timer_t *timer)
{
	struct proxy_connection *c = timer->data;
	uint64_t idle = uv_now(timer->loop) - c->relay.active_at;
	if (idle >= c->gate->rules.idle_ms)
		connection_abort(c);
	else
		uv_timer_start(timer, on_idle, c->gate->rules.idle_ms - idle, 0);
}

static void begin_relay(struct proxy_connection *c)
{
	static const struct relay_events events = {relay_moving, relay_ended};
	static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	uv_timer_start(&c->timer, on_idle, c->gate->rules.idle_ms, 0);
	uv_stream_t *client = (uv_stream_t *)&c->client, *server = (uv_stream_t *)&c->server;
	if (c->request.method == PROXY_CONNECT) {
		struct relay_first first = {.to_client = established,
					    .to_client_len = sizeof(established) - 1,
					    .to_server = c->early,
					    .to_server_len = c->early_len};
		relay_start(&c->relay, client, server, &first, &events, c);
		return;
	}
	struct buf head;
	buf_init(&head, RELAY_BUFFER);
	proxy_request_to_origin(&c->request, &head);
	struct relay_first first = {
		.to_server = head.data, .to_server_len = head.len, .only_answer = true};
	relay_start(&c->relay, client, server, &first, &events, c);
	buf_done(&head);
}

/* ---- the way to the server ---- */

static void try_address(struct proxy_connection *c);

static void connect_failed(struct proxy_connection *c)
{
	proxy_gate_failed(c->gate, "%s:%u could not be reached: %s", c->request.host,
			  c->request.port, uv_strerror(c->connect_error));
	refuse(c, 502);
}

static void on_attempt_closed(uv_handle_t *handle)
{
	struct proxy_connection *c = handle->data;
	if (c->closing) {
		on_closed(handle);
		return;
	}
	c->open--;
	c->has_server = false;
	c->address = c->address->ai_next;
	if (c->address && ++c->tried < ADDRESSES_TRIED)
		try_address(c);
	else
		connect_failed(c);
}

static void give_up_address(struct proxy_connection *c, int error)
{
	c->connect_error = error;
	uv_timer_stop(&c->timer);
	if (!uv_is_closing((uv_handle_t *)&c->server))
		uv_close((uv_handle_t *)&c->server, on_attempt_closed);
}

static void on_connect_late(uv_timer_t *timer)
{
	give_up_address(timer->data, UV_ETIMEDOUT);
}

static void on_connected(uv_connect_t *request, int status)
{
	struct proxy_connection *c = request->data;
	if (c->closing || uv_is_closing((uv_handle_t *)&c->server))
		return;
	if (status < 0) {
		give_up_address(c, status);
		return;
	}
	uv_tcp_nodelay(&c->server, 1);
	begin_relay(c);
}

static void try_address(struct proxy_connection *c)
{
	uv_tcp_init(c->client.loop, &c->server);
	c->has_server = true;
	c->open++;
	c->server.data = c->connect.data = c;
	uv_timer_start(&c->timer, on_connect_late, c->gate->rules.connect_ms, 0);
	int rc = uv_tcp_connect(&c->connect, &c->server, c->address->ai_addr, on_connected);
	if (rc != 0)
		give_up_address(c, rc);
}

static void looked_up(struct proxy_connection *c, int status)
{
	const struct proxy_request *request = &c->request;
	uv_timer_stop(&c->timer);
	if (status != 0 || !c->addresses) {
		proxy_gate_failed(c->gate, "%s:%u could not be looked up: %s", request->host,
				  request->port, status ? uv_strerror(status) : "no address");
		refuse(c, 502);
	} else if (proxy_gate_addresses(c->gate, request->host, request->port, c->addresses) != 0) {
		refuse(c, 403);
	} else {
		c->address = c->addresses;
		try_address(c);
	}
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
	struct lookup *lookup = request->data;
	struct proxy_connection *c = lookup->owner;
	free(lookup);
	if (!c) {
		uv_freeaddrinfo(addresses);
		return;
	}
	c->lookup = NULL;
	c->addresses = addresses;
	looked_up(c, status);
}

static void on_lookup_late(uv_timer_t *timer)
{
	struct proxy_connection *c = timer->data;
	c->lookup->owner = NULL;
	c->lookup = NULL;
	looked_up(c, UV_ETIMEDOUT);
}

static void look_up(struct proxy_connection *c)
{
	struct lookup *lookup = memory_zeroed(sizeof(*lookup));
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	char port[8];
	snprintf(port, sizeof(port), "%u", c->request.port);
	lookup->owner = c;
	lookup->request.data = lookup;
	int rc = uv_getaddrinfo(c->client.loop, &lookup->request, on_looked_up, c->request.host,
				port, &hints);
	if (rc != 0) {
		free(lookup);
		looked_up(c, rc);
		return;
	}
	c->lookup = lookup;
	uv_timer_start(&c->timer, on_lookup_late, c->gate->rules.lookup_ms, 0);
}

/* ---- the head ---- */

static void refuse_head(struct proxy_connection *c)
{
	proxy_gate_refuse(c->gate, "a request to the proxy was malformed: %s", c->request.why);
	refuse(c, c->request.status);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)suggested;
	struct proxy_connection *c = handle->data;
	*buf = uv_buf_init(c->input, sizeof(c->input));
}

static void on_head(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	struct proxy_connection *c = stream->data;
	if (count < 0) {
		proxy_connection_close(c); /* the client left without asking */
		return;
	}
	size_t used;
	switch (proxy_request_feed(&c->request, buf->base, (size_t)count, &used)) {
	case PROXY_MORE: return;
	case PROXY_REFUSED: refuse_head(c); return;
	case PROXY_COMPLETE: break;
	}
	uv_read_stop(stream);
	c->early = buf->base + used;
	c->early_len = (size_t)count - used;
	if (proxy_gate_request(c->gate, c->request.host, c->request.port) != 0)
		refuse(c, 403);
	else
		look_up(c);
}

static void on_head_late(uv_timer_t *timer)
{
	struct proxy_connection *c = timer->data;
	if (c->request.head_len == 0) {
		proxy_connection_close(c); /* connected ahead of need and never used */
		return;
	}
	c->request.status = 408;
	c->request.why = "its head did not come in time";
	refuse_head(c);
}

struct proxy_connection *proxy_connection_accept(struct proxy_gate *gate, uv_stream_t *listener,
						 proxy_connection_closed_fn closed, void *ctx)
{
	struct proxy_connection *c = memory_zeroed(sizeof(*c));
	uv_timer_init(listener->loop, &c->timer); /* neither can fail: no descriptor is made */
	uv_tcp_init(listener->loop, &c->client);
	c->gate = gate;
	c->closed = closed;
	c->ctx = ctx;
	c->open = 2;
	c->client.data = c->timer.data = c;
	proxy_request_init(&c->request);
	uv_timer_start(&c->timer, on_head_late, gate->rules.head_ms, 0);
	if (uv_accept(listener, (uv_stream_t *)&c->client) != 0 ||
	    uv_tcp_nodelay(&c->client, 1) != 0 ||
	    uv_read_start((uv_stream_t *)&c->client, on_alloc, on_head) != 0)
		proxy_connection_close(c);
	return c;
}
