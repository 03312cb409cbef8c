/*
 * Any bytes as a request head: whole or in pieces must give the same, and what is accepted must be
 * read alike by a second, simpler reader once it is made anew. Seeds: tests/data/proxy_request.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/net/proxy/proxy_request.h"

static void check_origin(const struct proxy_request *request)
{
	struct buf head;
	buf_init(&head, 0);
	proxy_request_to_origin(request, &head);
	/* exactly one empty line, at the end; no CR, LF or NUL elsewhere */
	const char *end = memmem(head.data, head.len, "\r\n\r\n", 4);
	if (!end || end + 4 != head.data + head.len || strlen(head.data) != head.len)
		abort();
	for (size_t i = 0; i < head.len; i++)
		if ((head.data[i] == '\r') != (head.data[i + 1] == '\n'))
			abort();
	/* and read again as a request to a proxy, it is the same request */
	struct proxy_request *again = malloc(sizeof(*again));
	struct buf text;
	size_t used;
	buf_init(&text, 0);
	const char *path = strchr(head.data, '/');
	buf_append(&text, head.data, (size_t)(path - head.data));
	buf_printf(&text, "http://%s:%u", request->host, request->port);
	buf_puts(&text, path);
	proxy_request_init(again);
	enum proxy_request_state state = proxy_request_feed(again, text.data, text.len, &used);
	if (state == PROXY_COMPLETE &&
	    (again->port != request->port || strcmp(again->path, request->path) != 0 ||
	     strcmp(again->host, request->host) != 0))
		abort();
	if (state != PROXY_COMPLETE && again->status != 431)
		abort();
	free(again);
	buf_done(&text);
	buf_done(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_request *whole = malloc(sizeof(*whole)), *pieces = malloc(sizeof(*pieces));
	size_t used, at = 0;
	proxy_request_init(whole);
	proxy_request_init(pieces);
	enum proxy_request_state state = proxy_request_feed(whole, (const char *)data, size, &used);
	enum proxy_request_state piece_state = PROXY_MORE;
	while (at < size && piece_state == PROXY_MORE) {
		size_t len = 1 + data[at] % 7, piece_used;
		if (len > size - at)
			len = size - at;
		char *copy = malloc(len);
		memcpy(copy, data + at, len);
		piece_state = proxy_request_feed(pieces, copy, len, &piece_used);
		free(copy);
		at += piece_used;
	}
	if (state != piece_state || used != at)
		abort();
	if (state == PROXY_REFUSED &&
	    (whole->status != pieces->status || strcmp(whole->why, pieces->why) != 0))
		abort();
	if (state == PROXY_COMPLETE && whole->method != PROXY_CONNECT)
		check_origin(whole);
	free(whole);
	free(pieces);
	return 0;
}
