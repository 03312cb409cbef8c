/* An answer without known length: a queue between whoever writes and a client that takes its time. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/net/server/http_server.h"

enum {
	BLOCK = 4 << 10, /* bytes that the library sets aside for each stream */
	QUEUE_DROP = 1 << 20, /* bytes that wait: what may be dropped is */
	QUEUE_MAX = 16 << 20, /* the client is given up */
	QUEUE_FULL = 256 << 10, /* whoever asks hears that there is no room */
	QUEUE_LOW = 64 << 10, /* and that there is some again */
	QUEUE_KEEP = 64 << 10, /* an empty queue keeps that much memory */
	REST_MAX = 64 << 10, /* of what is begun when a client is given up */
};

static size_t waiting(const struct http_stream *stream)
{
	return stream->queue.len - stream->taken;
}

static void forget_taken(struct http_exchange *exchange)
{
	struct http_stream *stream = exchange->stream;
	struct buf *queue = &stream->queue;
	if (stream->taken == queue->len && queue->capacity > QUEUE_KEEP) {
		buf_done(queue);
		buf_init(queue, 2 * QUEUE_MAX);
	} else if (stream->taken == queue->len) {
		buf_clear(queue);
	} else {
		memmove(queue->data, queue->data + stream->taken, waiting(stream) + 1);
		queue->len = waiting(stream);
	}
	stream->taken = 0;
	http_unread_count(exchange);
}

/*
 * An end of a connection in the middle of an answer, or at the end of one that only its connection's end
 * delimits: when a reader says so, libmicrohttpd 0.9.75 marks the connection as closed and forgets to clean
 * it up. So we close it for writing, and have the library find that out with a byte that goes nowhere.
 */
static ssize_t end_connection(struct http_exchange *exchange, char *out)
{
	http_socket_cut(exchange->socket);
	*out = '\n';
	return 1;
}

static bool is_http10(const struct http_exchange *exchange)
{
	return strcmp(exchange->head.version, "HTTP/1.0") == 0;
}

static ssize_t read_stream(void *cls, uint64_t pos, char *out, size_t max)
{
	(void)pos;
	struct http_exchange *exchange = cls;
	struct http_stream *stream = exchange->stream;
	if (stream->room && !stream->ended && !stream->given_up && !exchange->cut &&
	    waiting(stream) < QUEUE_LOW)
		stream->room(stream->room_ctx);
	if (exchange->cut)
		return end_connection(exchange, out);
	size_t len = waiting(stream) < max ? waiting(stream) : max;
	if (len == 0 && (stream->given_up || (stream->ended && is_http10(exchange))))
		return end_connection(exchange, out);
	if (len == 0 && stream->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (len == 0) {
		http_exchange_suspend(exchange);
		return 0;
	}
	memcpy(out, stream->queue.data + stream->taken, len);
	stream->taken += len;
	/* moved seldom: each byte at most once on average */
	if (stream->taken >= stream->queue.len / 2)
		forget_taken(exchange);
	exchange->written += len;
	exchange->http->counts.bytes_out += len;
	return (ssize_t)len;
}

void http_stream_begin(struct http_exchange *exchange, unsigned status, const char *content_type)
{
	struct http_stream *stream = memory_zeroed(sizeof(*stream));
	buf_init(&stream->queue, 2 * QUEUE_MAX);
	exchange->stream = stream;
	if (!exchange->http)
		return;
	exchange->http->counts.streams++;
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK, read_stream, exchange, NULL);
	/* to HEAD the library would send the last chunk of a body that is not there */
	if (response && strcmp(http_method(exchange), "HEAD") == 0)
		http_library_set_flags(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT);
	http_answer_made(exchange, status, content_type, response);
}

bool http_stream_write(struct http_exchange *exchange, const char *data, size_t len, bool may_drop)
{
	struct http_stream *stream = exchange->stream;
	if (!exchange->http || exchange->cut || stream->given_up)
		return false;
	if (may_drop && waiting(stream) + len > QUEUE_DROP)
		return false;
	if (len > QUEUE_MAX || waiting(stream) + len > QUEUE_MAX) {
		http_exchange_cut(exchange);
		return false;
	}
	if (!http_unread_stream(exchange, len))
		return false;
	buf_append(&stream->queue, data, len);
	http_unread_count(exchange);
	http_exchange_resume(exchange);
	return true;
}

size_t http_stream_room(const struct http_exchange *exchange)
{
	size_t have = waiting(exchange->stream);
	return have < QUEUE_FULL ? QUEUE_FULL - have : 0;
}

void http_stream_on_room(struct http_exchange *exchange, void (*room)(void *ctx), void *ctx)
{
	exchange->stream->room = room;
	exchange->stream->room_ctx = ctx;
}

void http_stream_farewell(struct http_exchange *exchange, const char *boundary, const char *text)
{
	exchange->stream->boundary = boundary;
	exchange->stream->farewell = text;
}

/* What the library has may end in the middle of something: of that, the rest up to the boundary. */
static size_t begun(const struct http_stream *stream, bool *ends)
{
	const char *rest = stream->queue.data + stream->taken;
	size_t len = waiting(stream) < REST_MAX ? waiting(stream) : REST_MAX;
	const char *end = len ? memmem(rest, len, stream->boundary, strlen(stream->boundary))
			      : NULL;
	*ends = end || len == 0;
	return end ? (size_t)(end - rest) + strlen(stream->boundary) : 0;
}

void http_stream_give_up(struct http_exchange *exchange)
{
	struct http_stream *stream = exchange->stream;
	struct buf old = stream->queue;
	bool ends = false;
	size_t rest = stream->farewell ? begun(stream, &ends) : 0;
	buf_init(&stream->queue, 2 * QUEUE_MAX);
	if (ends) {
		buf_append(&stream->queue, old.data + stream->taken, rest);
		buf_puts(&stream->queue, stream->farewell);
	}
	buf_done(&old);
	stream->taken = stream->kept = 0;
	stream->given_up = true;
	http_unread_count(exchange);
	http_exchange_resume(exchange);
}

void http_stream_end(struct http_exchange *exchange)
{
	exchange->over = true;
	exchange->stream->ended = true;
	if (exchange->http)
		http_exchange_resume(exchange);
	http_exchange_release(exchange);
}
