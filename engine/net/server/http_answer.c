/* Answers: a response is made when the caller gives it and handed over when the library asks. */
#include <stdlib.h>
#include <string.h>

#include "engine/net/http_syntax.h"
#include "engine/net/server/http_server.h"

/* Bytes; longer answers go through a reader, which shows how far the client has come. */
enum { ANSWER_READ = 32 << 10, READ_BLOCK = 64 << 10 };

static bool is_clean(const char *value)
{
	for (const char *c = value; *c; c++)
		if (http_is_control(*c))
			return false;
	return true;
}

void http_add_header(struct http_exchange *exchange, const char *name, const char *value)
{
	if (!is_clean(value))
		return;
	struct http_pair *pair = arena_alloc(&exchange->arena, sizeof(*pair));
	*pair = (struct http_pair){arena_string(&exchange->arena, name),
				   arena_string(&exchange->arena, value), exchange->extra};
	exchange->extra = pair;
}

void http_answer_made(struct http_exchange *exchange, unsigned status, const char *content_type,
		      struct MHD_Response *response)
{
	if (!response) {
		http_exchange_cut(exchange);
		return;
	}
	if (content_type)
		MHD_add_response_header(response, "Content-Type", content_type);
	for (struct http_pair *pair = exchange->extra; pair; pair = pair->next)
		MHD_add_response_header(response, pair->name, pair->value);
	if (exchange->http->refusing)
		MHD_add_response_header(response, "Connection", "close");
	exchange->response = response;
	exchange->status = status;
	if (exchange->suspended)
		http_exchange_resume(exchange);
}

static ssize_t read_answer(void *cls, uint64_t pos, char *out, size_t max)
{
	struct http_exchange *exchange = cls;
	size_t left = exchange->answer.len - (size_t)pos;
	size_t len = left < max ? left : max;
	memcpy(out, exchange->answer.data + pos, len);
	exchange->written += len;
	return (ssize_t)len;
}

static struct MHD_Response *make_response(struct http_exchange *exchange, const char *body,
					  size_t len)
{
	exchange->http->counts.bytes_out += len;
	if (len <= ANSWER_READ)
		return MHD_create_response_from_buffer(len, len ? (void *)body : NULL,
						       MHD_RESPMEM_MUST_COPY);
	buf_append(&exchange->answer, body, len);
	http_unread_count(exchange);
	return MHD_create_response_from_callback(exchange->answer.len, READ_BLOCK, read_answer,
						 exchange, NULL);
}

unsigned http_answer(struct http_exchange *exchange, unsigned status, const char *content_type,
		     const char *body, size_t len)
{
	static const struct http_refusal unread = {
		503, "busy",
		"Clients leave too many answers unread: ask for this one again in a moment."};

	exchange->over = true;
	if (exchange->http && !exchange->cut) {
		http_watch_stop(exchange->watch);
		exchange->watch = NULL;
		if (len > ANSWER_READ && !http_held_fits(exchange, HOLDING_ANSWERS, len)) {
			status = unread.status;
			http_answer_refuse(exchange, &unread);
		} else {
			http_answer_made(exchange, status, content_type,
					 make_response(exchange, body, len));
		}
	}
	http_exchange_release(exchange);
	return status;
}

void http_answer_refuse(struct http_exchange *exchange, const struct http_refusal *refusal)
{
	struct buf body;
	buf_init(&body, 4096);
	buf_printf(&body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"field\":null}}\n",
		   refusal->code, refusal->why);
	if (refusal->status == 503)
		http_add_header(exchange, "Retry-After", "1");
	if (refusal->status == 405)
		http_add_header(exchange, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
	if (!exchange->http->refusing)
		http_add_header(exchange, "Connection", "close");
	exchange->http->counts.refused++;
	http_answer_made(exchange, refusal->status, "application/json",
			 make_response(exchange, body.data, body.len));
	buf_done(&body);
}

enum MHD_Result http_answer_queue(struct http_exchange *exchange)
{
	struct MHD_Response *response = exchange->response;
	exchange->response = NULL;
	http_deadline_enter(exchange->socket, PHASE_WRITE);
	enum MHD_Result rc = MHD_queue_response(exchange->connection, exchange->status, response);
	MHD_destroy_response(response);
	return rc;
}
