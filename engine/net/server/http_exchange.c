/* One exchange, as the library calls: request line, head, body, answer, end. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/net/server/http_server.h"

enum { DROP_MAX = 64 << 10 }; /* bytes of a refused body that are read all the same */

static struct http_socket *socket_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info->socket_context;
}

/* The request line is in. The library is about to take uri apart, so that this is the time for a copy. */
void *http_exchange_open(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct http_listener *listener = cls;
	struct http_exchange *exchange = memory_zeroed(sizeof(*exchange));
	exchange->http = listener->http;
	exchange->connection = connection;
	exchange->socket = socket_of(connection);
	exchange->socket->exchange = exchange;
	exchange->over = true;
	arena_init(&exchange->arena);
	buf_init(&exchange->body, exchange->http->settings.max_body);
	buf_init(&exchange->answer, 0);
	exchange->target_in_place = uri;
	exchange->head.target = arena_string(&exchange->arena, uri);
	http_deadline_enter(exchange->socket, PHASE_HEAD);
	return exchange;
}

void http_exchange_release(struct http_exchange *exchange)
{
	if (!exchange->over || exchange->http)
		return;
	if (exchange->stream)
		buf_done(&exchange->stream->queue);
	free(exchange->stream);
	buf_done(&exchange->body);
	buf_done(&exchange->answer);
	arena_done(&exchange->arena);
	free(exchange);
}

/* The library has sent the answer, or the connection has ended. */
void http_exchange_close(void *cls, struct MHD_Connection *connection, void **context,
			 enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	struct http_exchange *exchange = *context;
	if (!exchange)
		return;
	struct http *http = exchange->http;
	*context = NULL;
	http_watch_stop(exchange->watch);
	exchange->watch = NULL;
	if (exchange->response)
		MHD_destroy_response(exchange->response);
	exchange->response = NULL;
	exchange->socket->exchange = NULL;
	http_deadline_enter(exchange->socket, PHASE_IDLE);
	if (http->refusing)
		http_socket_cut(exchange->socket);
	http->counts.requests_open -= exchange->begun;
	http->counts.refused += !exchange->read; /* by the library, or its head never ended */
	http->counts.streams -= exchange->stream != NULL;
	http_held_remove(exchange, HOLDING_BODIES, exchange->body.len + exchange->body_taken);
	/* who still holds the exchange need not know that nobody will read from it */
	buf_done(&exchange->answer);
	if (exchange->stream) {
		buf_done(&exchange->stream->queue);
		exchange->stream->kept = 0;
	}
	http_unread_count(exchange);
	http_held_leave(exchange);
	exchange->http = NULL;
	exchange->connection = NULL;
	exchange->socket = NULL;
	bool tell = !exchange->over && exchange->gone;
	/* a caller that was not given the whole request, and did not ask, keeps no account of it */
	if (tell || !exchange->handled)
		exchange->over = true;
	if (tell)
		exchange->gone(exchange->gone_ctx);
	http_exchange_release(exchange);
}

void http_exchange_cut(struct http_exchange *exchange)
{
	exchange->cut = true;
	http_socket_cut(exchange->socket);
	http_exchange_resume(exchange);
}

static void on_left(void *ctx)
{
	http_exchange_cut(ctx);
}

void http_exchange_suspend(struct http_exchange *exchange)
{
	http_deadline_enter(exchange->socket, PHASE_NONE);
	MHD_suspend_connection(exchange->connection);
	exchange->suspended = true;
	if (!exchange->watch)
		exchange->watch = http_watch_start(exchange->socket, on_left, exchange);
}

void http_exchange_resume(struct http_exchange *exchange)
{
	if (!exchange->suspended)
		return;
	exchange->suspended = false;
	MHD_resume_connection(exchange->connection);
	http_deadline_enter(exchange->socket, PHASE_WRITE);
	http_kick(exchange->socket->listener);
}

/* ---- the head ---- */

static enum MHD_Result add_field(void *cls, enum MHD_ValueKind kind, const char *name,
				 size_t name_len, const char *value, size_t value_len)
{
	(void)kind;
	struct http_head *head = cls;
	if (head->count == HTTP_FIELDS_MAX) {
		head->count++;
		return MHD_NO;
	}
	head->fields[head->count++] = (struct http_field){name, name_len, value, value_len};
	return MHD_YES;
}

/* From the library's buffer into the arena; the gate has seen that all of it is in one piece. */
static void keep_head(struct http_exchange *exchange)
{
	struct http_head *head = &exchange->head;
	const char *copy = arena_copy(&exchange->arena, head->start, head->len);
	for (size_t i = 0; i < head->count; i++) {
		struct http_field *field = &head->fields[i];
		field->name = copy + (field->name - head->start);
		field->value = copy + (field->value - head->start);
	}
	head->version = copy + (head->version - head->start);
	head->method = head->start = copy;
	char *path = arena_string(&exchange->arena, head->target);
	char *question = strchr(path, '?');
	if (question)
		*question = '\0';
	head->target = path;
	exchange->query = question ? question + 1 : NULL;
}

static int read_head(struct http_exchange *exchange, const char *method, const char *version,
		     struct http_refusal *refusal)
{
	struct http_head *head = &exchange->head;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	head->start = head->method = method;
	head->version = version;
	head->len = info ? info->header_size : 0;
	head->target_at = (size_t)((uintptr_t)exchange->target_in_place - (uintptr_t)method);
	MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, add_field, head);
	exchange->http->counts.bytes_in += head->len;
	if (http_gate_check(head, refusal) != 0)
		return -1;
	keep_head(exchange);
	const char *length = http_header(exchange, "Content-Length");
	if (length && strtoull(length, NULL, 10) > exchange->http->settings.max_body) {
		*refusal = (struct http_refusal){413, "too_large",
						 "The body is longer than this server takes."};
		return -1;
	}
	return 0;
}

static void begin(struct http_exchange *exchange, const char *method, const char *version)
{
	struct http *http = exchange->http;
	struct http_refusal refusal;
	exchange->read = true;
	http_deadline_enter(exchange->socket, PHASE_BODY);
	if (read_head(exchange, method, version, &refusal) != 0) {
		http_answer_refuse(exchange, &refusal);
		return;
	}
	exchange->begun = true;
	exchange->over = false;
	http->counts.requests++;
	http->counts.requests_open++;
	http->handlers.begin(http->handlers.ctx, exchange);
}

/* ---- the body ---- */

/*
 * An answer before the body makes the library close the connection, body or no body. A short one that is on
 * its way already is read and dropped instead, for then the connection can be kept.
 */
static bool must_answer_now(const struct http_exchange *exchange)
{
	const char *length = http_header(exchange, "Content-Length");
	return !exchange->begun || http_header(exchange, "Transfer-Encoding") ||
	       (length &&
		(strtoull(length, NULL, 10) > DROP_MAX || http_header(exchange, "Expect")));
}

static void drop_body(struct http_exchange *exchange)
{
	http_held_remove(exchange, HOLDING_BODIES, exchange->body.len);
	buf_done(&exchange->body);
}

/* What is over a limit is read and dropped, so that the client comes to hear of it, up to twice. */
static enum MHD_Result take_body(struct http_exchange *exchange, const char *data, size_t len)
{
	struct http *http = exchange->http;
	size_t max = http->settings.max_body;
	http->counts.bytes_in += len;
	exchange->body_seen += len;
	if (exchange->body_seen / 2 > max)
		return MHD_NO;
	if (!http_held_fits(exchange, HOLDING_BODIES, len))
		exchange->crowded_out = true;
	if (exchange->body_seen > max || exchange->response || exchange->crowded_out) {
		drop_body(exchange);
		return MHD_YES;
	}
	buf_append(&exchange->body, data, len);
	http_held_add(exchange, HOLDING_BODIES, len);
	return MHD_YES;
}

/* NULL: all of it is here. */
static const struct http_refusal *body_refusal(const struct http_exchange *exchange)
{
	static const struct http_refusal too_large = {413, "too_large",
						      "The body is longer than this server takes."};
	static const struct http_refusal crowded_out = {
		503, "busy", "Too many bodies are on their way: try again in a moment."};

	if (exchange->body_seen > exchange->http->settings.max_body)
		return &too_large;
	return exchange->crowded_out ? &crowded_out : NULL;
}

static enum MHD_Result handle(struct http_exchange *exchange)
{
	struct http *http = exchange->http;
	const struct http_refusal *refusal = body_refusal(exchange);
	if (!exchange->response && refusal) {
		/* the caller still waits for the rest, and is told that it will not come */
		http_answer_refuse(exchange, refusal);
		return http_answer_queue(exchange);
	}
	http_deadline_enter(exchange->socket, PHASE_NONE);
	if (!exchange->response && !exchange->handled) {
		exchange->handled = true;
		http->handlers.handle(http->handlers.ctx, exchange);
	}
	if (exchange->response)
		return http_answer_queue(exchange);
	if (exchange->cut)
		return MHD_NO;
	http_exchange_suspend(exchange);
	return MHD_YES;
}

enum MHD_Result http_exchange_run(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **context)
{
	(void)cls;
	(void)connection;
	(void)url;
	struct http_exchange *exchange = *context;
	if (exchange->cut)
		return MHD_NO;
	if (!exchange->read) {
		begin(exchange, method, version);
		if (exchange->response && must_answer_now(exchange))
			return http_answer_queue(exchange);
		return MHD_YES;
	}
	if (*len > 0) {
		enum MHD_Result rc = take_body(exchange, data, *len);
		*len = 0;
		return rc;
	}
	return handle(exchange);
}
