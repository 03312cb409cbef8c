/*
 * Which request heads are refused, though libmicrohttpd takes them: whatever two readers could read
 * differently (RFC 9112 sections 2.2, 3.2, 5, 6.1, 6.3). Pure. Two things it cannot see, so that a proxy in
 * front must not let them through: a NUL in the place of a CR, and a lone LF after a chunk's size.
 */
#ifndef NET_HTTP_GATE_H
#define NET_HTTP_GATE_H

#include <stddef.h>

enum { HTTP_FIELDS_MAX = 100 };

struct http_field {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/*
 * A head as the library leaves it in its buffer: from the method to the end of the empty line, with a NUL
 * in the place of each colon, CR and LF that it took for one; and where it found what.
 */
struct http_head {
	const char *start;
	size_t len;
	const char *method; /* at start, NUL-terminated */
	const char *target; /* a copy from before the library took it apart, NUL-terminated */
	size_t target_at; /* where it stood */
	const char *version; /* NUL-terminated */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t count; /* over HTTP_FIELDS_MAX: there were more */
};

struct http_refusal {
	unsigned status;
	const char *code; /* of the API's errors */
	const char *why; /* a sentence for the client */
};

/* 0, or -1 with the refusal. Reads nothing outside of what head describes. */
int http_gate_check(const struct http_head *head, struct http_refusal *refusal);

/* The field of that name, in any case; NULL: none. */
const struct http_field *http_gate_field(const struct http_head *head, const char *name);

#endif
