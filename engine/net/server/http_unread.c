/*
 * What clients have yet to read: answers and streams each share a bound, so that any number of clients that
 * ask and do not read fill neither the memory nor the other's share.
 */
#include "engine/net/server/http_server.h"

void http_unread_count(struct http_exchange *exchange)
{
	const struct http_stream *stream = exchange->stream;
	if (!exchange->http)
		return;
	size_t holds = stream ? stream->queue.capacity + stream->kept : exchange->answer.capacity;
	enum http_holding what = stream ? HOLDING_STREAMS : HOLDING_ANSWERS;
	http_held_remove(exchange, what, exchange->holds);
	http_held_add(exchange, what, holds);
	exchange->holds = holds;
}

/* All that the stream's owner has unread, so that who has many of them does not cost others theirs. */
static size_t behind(const struct http_exchange *exchange)
{
	return exchange->owner ? exchange->owner->held[HOLDING_STREAMS] : exchange->holds;
}

static bool is_further_behind(const struct http_exchange *a, const struct http_exchange *b)
{
	return behind(a) != behind(b) ? behind(a) > behind(b) : a->holds > b->holds;
}

/* NULL: none holds anything that could be let go. */
static struct http_exchange *furthest_behind(const struct http *http)
{
	struct http_exchange *found = NULL;
	for (struct http_socket *socket = http->sockets; socket; socket = socket->next) {
		struct http_exchange *it = socket->exchange;
		if (it && it->stream && !it->stream->given_up && !it->cut && it->holds > 0 &&
		    (!found || is_further_behind(it, found)))
			found = it;
	}
	return found;
}

/* Not where they are given up: that may be in the middle of any caller's own work. */
static void on_teller(uv_timer_t *timer)
{
	struct http *http = timer->data;
	for (struct http_socket *socket = http->sockets; socket; socket = socket->next) {
		struct http_exchange *it = socket->exchange;
		if (!it || !it->stream || !it->stream->given_up || it->over)
			continue;
		it->over = true;
		if (it->gone)
			it->gone(it->gone_ctx);
	}
}

static bool make_room(struct http_exchange *exchange, size_t more)
{
	struct http *http = exchange->http;
	while (more > 0 && http->held[HOLDING_STREAMS] + more > http->settings.max_streams) {
		struct http_exchange *behind = furthest_behind(http);
		if (!behind)
			behind = exchange;
		http_stream_give_up(behind);
		if (!http->stopping)
			uv_timer_start(&http->teller, on_teller, 0, 0);
		if (behind == exchange)
			return false;
	}
	return true;
}

bool http_unread_stream(struct http_exchange *exchange, size_t len)
{
	/* a queue that must grow doubles */
	const struct buf *queue = &exchange->stream->queue;
	return make_room(exchange, queue->len + len < queue->capacity ? 0 : queue->capacity + len);
}

void http_stream_keeps(struct http_exchange *exchange, size_t bytes)
{
	struct http_stream *stream = exchange->stream;
	if (!exchange->http || exchange->cut || stream->given_up)
		return;
	size_t more = bytes > stream->kept ? bytes - stream->kept : 0;
	if (!make_room(exchange, more))
		return;
	stream->kept = bytes;
	http_unread_count(exchange);
}

void http_unread_init(struct http *http)
{
	uv_timer_init(http->loop, &http->teller);
	http->teller.data = http;
	http->handles++;
}
