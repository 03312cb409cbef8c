/*
 * The head of one HTTP/1 request to a proxy, read strictly and byte by byte as it arrives: what two
 * readers could read differently is refused, never mended (RFC 9112 sections 2.2, 3.2, 5 and 11.2).
 */
#ifndef NET_PROXY_REQUEST_H
#define NET_PROXY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

enum {
	PROXY_HEAD_MAX = 16384, /* bytes, request line and headers with their line ends */
	PROXY_HEADERS_MAX = 64,
	PROXY_HOST_MAX = 253, /* RFC 1035 section 2.3.4, without the last dot */
};

enum proxy_method { PROXY_CONNECT, PROXY_GET, PROXY_HEAD };

struct proxy_header {
	const char *name; /* as sent */
	const char *value; /* without the spaces around it; may hold bytes beyond ASCII */
};

struct proxy_request {
	enum proxy_method method;
	char host[PROXY_HOST_MAX + 1]; /* in lower case: a name or an IPv4 address */
	unsigned port; /* 1 to 65535 */
	const char *path; /* "/x?y"; NULL for CONNECT */
	bool http10;
	struct proxy_header headers[PROXY_HEADERS_MAX];
	size_t header_count;

	/* Set by PROXY_REFUSED: what to answer, and a sentence without full stop. */
	int status;
	const char *why;

	/* The parser's own. */
	char head[PROXY_HEAD_MAX + 1];
	size_t head_len;
	size_t line_start;
	size_t lines;
	bool after_cr;
	bool has_host;
};

enum proxy_request_state { PROXY_MORE, PROXY_COMPLETE, PROXY_REFUSED };

void proxy_request_init(struct proxy_request *request);

/*
 * Reads up to the end of the head; *used says how many bytes that took. Pointers in request lead
 * into request itself, which must not be moved. Not to be called again after COMPLETE or REFUSED.
 */
enum proxy_request_state proxy_request_feed(struct proxy_request *request, const char *data,
					    size_t len, size_t *used);

/*
 * The same request as one to the origin server, made anew: origin-form target, our own Host and
 * Connection, headers that belong to this hop alone left out (RFC 9110 section 7.6.1).
 */
void proxy_request_to_origin(const struct proxy_request *request, struct buf *out);

#endif
