/*
 * An HTTP/1.1 server on the engine's loop: the only user of libmicrohttpd. What it lets through is
 * well-formed: one length, one host, no encoding but chunked, no NUL in a path; whoever dawdles is cut
 * off. All of it runs on the loop's thread.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

struct http;
struct http_exchange;

struct http_settings {
	size_t max_body; /* bytes; more is 413. 0: 16 MiB */
	size_t max_bodies; /* bytes of all bodies on their way; more is 503. 0: 512 MiB, or four of max_body */
	size_t max_answers; /* bytes of all answers over 32 KiB; another is 503. 0: 256 MiB */
	size_t max_streams; /* bytes that wait in all streams; who is furthest behind goes. 0: 256 MiB */
	/* Of each listener; more wait in its backlog. Each takes a descriptor. 0: 12,000 */
	unsigned max_connections;
	/*
	 * Of clients who wait for an answer or read a stream; each takes another descriptor. Of one more it is
	 * noticed when something is written that it has left. 0: as many as there are connections
	 */
	unsigned max_watches;
	/* From the connection, or on a kept one from the request line, to the end of the headers; 0: 10 s */
	unsigned head_ms;
	unsigned body_ms; /* from there to the end of the body; 0: 60 s */
	unsigned idle_ms; /* between an answer and the next request line; 0: 75 s */
	unsigned write_ms; /* without a byte taken by the client while we have some; 0: 30 s */
};

/*
 * An exchange lives from `begin` until the first of: http_answer, http_stream_end, `gone`. After that it may
 * not be touched. When the client leaves and nobody asked for `gone`, one that came to `handle` lives on
 * until it is answered into the void, and one that did not ends silently.
 */
struct http_handlers {
	/* The headers are in, the body is not. May answer now, which refuses the body. */
	void (*begin)(void *ctx, struct http_exchange *exchange);
	/* All is in, and begin did not answer. Answers now or later. */
	void (*handle)(void *ctx, struct http_exchange *exchange);
	void *ctx;
};

/*
 * Each listener is "127.0.0.1:7357", "[::1]:7357" or "unix:/path" (mode 0600; a stale one is replaced). The
 * process must ignore SIGPIPE. When it fails, what it had begun closes in the loop's next turns.
 */
int http_start(struct http **out, uv_loop_t *loop, const char *const *listeners,
	       const struct http_settings *settings, const struct http_handlers *handlers,
	       struct error *err);

/* The address that listener number index has, port 0 resolved: "127.0.0.1:40123". Static until http_stop. */
const char *http_listener(const struct http *http, size_t index);

/* Whether text means a listener that only this machine reaches. -1 with ERROR_USAGE: it means none. */
int http_listener_is_local(const char *text, bool *out, struct error *err);

/* No new connections; idle ones are closed, requests under way go on. */
void http_refuse(struct http *http);

/*
 * Ends what is left (each open exchange gets `gone`); stopped is called once, later, and http is gone then.
 */
void http_stop(struct http *http, void (*stopped)(void *ctx), void *ctx);

struct http_counts {
	unsigned connections, requests_open, streams; /* now */
	uint64_t requests; /* that came to begin */
	uint64_t refused; /* that did not: malformed or never whole; and bodies too long */
	uint64_t bytes_in; /* heads and bodies */
	uint64_t bytes_out; /* bodies */
};
void http_count(const struct http *http, struct http_counts *out);

/* ---- the request; all borrowed from the exchange ---- */

/* GET HEAD POST PUT PATCH DELETE OPTIONS */
const char *http_method(const struct http_exchange *exchange);

/* As sent, percent signs and all, without the query. */
const char *http_path(const struct http_exchange *exchange);

/* A parameter of the query, decoded; NULL: absent. Two of a name: the last. "" when it has no value. */
const char *http_query(const struct http_exchange *exchange, const char *name);
/* The name of the query's parameter at index, counted from 0; NULL: there are no more. */
const char *http_query_name(const struct http_exchange *exchange, size_t index);

/* name in any case; NULL: absent. */
const char *http_header(const struct http_exchange *exchange, const char *name);
const char *http_body(const struct http_exchange *exchange, size_t *len);
/* The body becomes the caller's, into an uninitialised buf; the exchange has none from then on. */
void http_take_body(struct http_exchange *exchange, struct buf *out);
void http_give_body(struct http_exchange *exchange,
		    struct buf *body); /* and back; body is empty then */

/* For the caller's own use. */
void http_set_context(struct http_exchange *exchange, void *context);
void *http_context(const struct http_exchange *exchange);

/*
 * In begin, once: of what the server holds for clients (max_bodies, max_answers) this owner's exchanges may
 * have as much as they leave free for others; of streams, those of the owner with the most go first.
 */
void http_set_owner(struct http_exchange *exchange, const char *name);

/* The client left, or the server stops, before all of the answer was taken. Not called once http_answer was. */
void http_on_gone(struct http_exchange *exchange, void (*gone)(void *ctx), void *ctx);

/* ---- the answer ---- */

/* One more header, before http_answer or http_stream_begin. Values with control characters are dropped. */
void http_add_header(struct http_exchange *exchange, const char *name, const char *value);

/*
 * body is copied; content_type NULL with an empty body. HEAD gets the headers only. Returns the status that
 * is answered: 503 where clients leave too much unread already.
 */
unsigned http_answer(struct http_exchange *exchange, unsigned status, const char *content_type,
		     const char *body, size_t len);

/* An answer without known length. To HEAD it has no body: `gone` follows. */
void http_stream_begin(struct http_exchange *exchange, unsigned status, const char *content_type);

/*
 * What a client gets last that is given up because all streams together hold too much, and it the most: what
 * it has begun to read goes on up to the next boundary, then comes text, then the connection is closed.
 * Both static. Without a farewell the connection is just closed. The caller has `gone`, in the next turn.
 */
void http_stream_farewell(struct http_exchange *exchange, const char *boundary, const char *text);
/* Bytes that the caller keeps to write them later: they count as if they were written. */
void http_stream_keeps(struct http_exchange *exchange, size_t bytes);

/*
 * Queues a copy. A client that takes nothing lets it gather: over 1 MiB what may_drop is dropped (false is
 * returned), over 16 MiB the client is given up (`gone`, later). False as well once it is given up.
 */
bool http_stream_write(struct http_exchange *exchange, const char *data, size_t len, bool may_drop);
/* Bytes that the stream takes without gathering much; 0: the client has yet to take what waits. */
size_t http_stream_room(const struct http_exchange *exchange);
/* room is called, later and again, when the client has taken most of what waited; it may write, and end. */
void http_stream_on_room(struct http_exchange *exchange, void (*room)(void *ctx), void *ctx);
void http_stream_end(struct http_exchange *exchange);

#endif
