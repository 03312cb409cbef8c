/* What a caller asks an exchange about its request. */
#include <string.h>

#include "engine/net/http_syntax.h"
#include "engine/net/server/http_server.h"

const char *http_method(const struct http_exchange *exchange)
{
	return exchange->head.method;
}

const char *http_path(const struct http_exchange *exchange)
{
	return exchange->head.target;
}

const char *http_header(const struct http_exchange *exchange, const char *name)
{
	const struct http_field *field = http_gate_field(&exchange->head, name);
	return field ? field->value : NULL;
}

const char *http_body(const struct http_exchange *exchange, size_t *len)
{
	*len = exchange->body.len;
	return exchange->body.data;
}

void http_take_body(struct http_exchange *exchange, struct buf *out)
{
	*out = exchange->body;
	exchange->body_taken = exchange->body.len;
	buf_init(&exchange->body, out->max);
}

void http_give_body(struct http_exchange *exchange, struct buf *body)
{
	exchange->body_taken = 0;
	exchange->body = *body;
	buf_init(body, 0);
}

void http_set_context(struct http_exchange *exchange, void *context)
{
	exchange->context = context;
}

void *http_context(const struct http_exchange *exchange)
{
	return exchange->context;
}

void http_on_gone(struct http_exchange *exchange, void (*gone)(void *ctx), void *ctx)
{
	exchange->gone = gone;
	exchange->gone_ctx = ctx;
}

/* ---- the query ---- */

static int hex(char c)
{
	return http_is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* application/x-www-form-urlencoded; the gate has seen that each % has its two digits and none is NUL. */
static const char *decode(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_copy(arena, text, len), *to = out;
	for (const char *c = out; *c; c++) {
		if (*c == '%') {
			*to++ = (char)(hex(c[1]) * 16 + hex(c[2]));
			c += 2;
		} else {
			*to++ = *c == '+' ? ' ' : *c;
		}
	}
	*to = '\0';
	return out;
}

static void read_parameters(struct http_exchange *exchange)
{
	exchange->parameters_read = true;
	for (const char *at = exchange->query; at && *at;) {
		size_t len = strcspn(at, "&");
		const char *equals = memchr(at, '=', len);
		size_t name_len = equals ? (size_t)(equals - at) : len;
		struct http_pair *pair = arena_alloc(&exchange->arena, sizeof(*pair));
		pair->name = decode(&exchange->arena, at, name_len);
		pair->value = equals ? decode(&exchange->arena, equals + 1, len - name_len - 1)
				     : "";
		pair->next = exchange->parameters;
		exchange->parameters = pair;
		at += len + (at[len] == '&');
	}
}

static const struct http_pair *parameters(const struct http_exchange *exchange)
{
	/* they are read when first asked for, which the caller cannot see */
	struct http_exchange *own = (struct http_exchange *)exchange;
	if (!own->parameters_read)
		read_parameters(own);
	return own->parameters;
}

const char *http_query(const struct http_exchange *exchange, const char *name)
{
	for (const struct http_pair *pair = parameters(exchange); pair; pair = pair->next)
		if (strcmp(pair->name, name) == 0)
			return pair->value;
	return NULL;
}

const char *http_query_name(const struct http_exchange *exchange, size_t index)
{
	const struct http_pair *pair = parameters(exchange);
	for (; pair && index > 0; index--)
		pair = pair->next;
	return pair ? pair->name : NULL;
}
