/* An answer without known length: a queue between whoever writes and a client that takes its time. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/net/http_server.h"

enum {
	QUEUE_DROP = 1 << 20, /* bytes that wait: what may be dropped is */
	QUEUE_MAX = 16 << 20, /* the client is given up */
	QUEUE_KEEP = 64 << 10, /* an empty queue keeps that much memory */
};

static size_t waiting(const struct http_stream *stream)
{
	return stream->queue.len - stream->taken;
}

static void forget_taken(struct http_stream *stream)
{
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
}

static ssize_t read_stream(void *cls, uint64_t pos, char *out, size_t max)
{
	(void)pos;
	struct http_exchange *exchange = cls;
	struct http_stream *stream = exchange->stream;
	if (exchange->cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	size_t len = waiting(stream) < max ? waiting(stream) : max;
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
		forget_taken(stream);
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
	http_answer_made(exchange, status, content_type,
			 MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_stream,
							   exchange, NULL));
}

bool http_stream_write(struct http_exchange *exchange, const char *data, size_t len, bool may_drop)
{
	struct http_stream *stream = exchange->stream;
	if (!exchange->http || exchange->cut)
		return false;
	if (may_drop && waiting(stream) + len > QUEUE_DROP)
		return false;
	if (len > QUEUE_MAX || waiting(stream) + len > QUEUE_MAX) {
		http_exchange_cut(exchange);
		return false;
	}
	buf_append(&stream->queue, data, len);
	http_exchange_resume(exchange);
	return true;
}

void http_stream_end(struct http_exchange *exchange)
{
	exchange->over = true;
	exchange->stream->ended = true;
	if (exchange->http)
		http_exchange_resume(exchange);
	http_exchange_release(exchange);
}
