/*
 * An HTTP server on a loop in a thread of its own, so that a test can be written as one plain sequence of
 * blocking calls. Loopback only. Its paths say how they are answered:
 *
 *     GET /health       200 in begin               POST /execute  200 in handle, with the body
 *     /later            200 in a later turn        /never         not answered; counts who is gone
 *     /forgotten        not answered, and nobody is told; world_answer_forgotten answers
 *     /midway           the same, from begin on
 *     /early            413 in begin               /big           200 in handle, BIG bytes
 *     /show             200 in handle: method, path, parameter "q", header "X-Show"
 *     /stream           a stream that world_write, world_end and /flood feed
 *
 * The header X-Owner names the exchange's owner.
 */
#ifndef TESTS_HTTP_WORLD_H
#define TESTS_HTTP_WORLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "engine/net/server/http.h"
#include "tests/proxy_world.h"

#define HOST "Host: h\r\n"
#define GET_HEALTH "GET /health HTTP/1.1\r\n" HOST "\r\n"

enum { BIG = 8 << 20, WORLD_STREAMS = 8 };

struct http_world {
	uv_loop_t loop;
	uv_async_t ask;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	void (*asked)(struct http_world *world); /* to run on the loop's thread */
	bool stopped;
	int descriptors; /* open before the world began */

	struct http *http;
	struct http_settings settings; /* change before start */
	const char *listeners[4]; /* NULL-terminated; none: 127.0.0.1:0 */
	struct http_exchange *forgotten;
	struct http_exchange *streams[WORLD_STREAMS]; /* NULL: gone or ended */
	size_t stream_count;
	struct http_counts counts; /* what world_count found */
	atomic_uint begun, handled, gone;

	/* of world_write */
	size_t write_len, write_count;
	bool may_drop;
	size_t writes_taken;
};

void http_world_init(struct http_world *world);
void http_world_start(struct http_world *world);
/* Checks that every handle and descriptor is gone. */
void http_world_stop(struct http_world *world);
/* The same, once every connection has ended. */
void http_world_finish(struct http_world *world);

/* Runs what on the loop's thread and waits for it. */
void http_world_ask(struct http_world *world, void (*what)(struct http_world *world));

/* A blocking socket with time-outs of five seconds, connected to a listener. */
int http_world_client(struct http_world *world, size_t listener);
int http_world_connect(struct http_world *world, size_t listener); /* or -errno */

/* Reads one answer with Content-Length into text, head and body; its status. */
int http_world_hear(int fd, char *text, size_t size);
/* Says request and wants an answer of that status and body (NULL: any). */
void http_world_expect(int fd, const char *request, int status, const char *body);

/* Writes count pieces of len bytes ('s') to the newest stream; says how many were taken. */
size_t http_world_write(struct http_world *world, size_t len, size_t count, bool may_drop);
void http_world_end(struct http_world *world); /* the newest stream */
void http_world_refuse(struct http_world *world);
void http_world_answer_forgotten(struct http_world *world);
struct http_counts http_world_count(struct http_world *world);

/* Waits up to ten seconds for a number to become what it must. */
void http_world_await(atomic_uint *number, unsigned want);
void http_world_await_connections(struct http_world *world, unsigned want);

#endif
