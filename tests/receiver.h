/*
 * An HTTP server on loopback that answers as a test says: each connection has a thread of its own, which
 * reads one request and hands it to the test's function. Blocking, so that odd behaviour is easy to write.
 */
#ifndef TESTS_RECEIVER_H
#define TESTS_RECEIVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct receiver;

/* text: head and body, NUL-terminated; body points into it. fd is closed when it returns. */
typedef void (*receiver_fn)(struct receiver *receiver, int fd, const char *text, const char *body);

struct receiver {
	int listener;
	int port;
	char url[64]; /* "http://127.0.0.1:PORT" */
	receiver_fn serve;
	void *ctx; /* the test's */
	pthread_t thread;
	pthread_mutex_t lock; /* of all below, and for the test's own use */
	pthread_cond_t changed;
	unsigned open, requests;
	bool stopping;
};

/* port 0: a free one. */
void receiver_start(struct receiver *receiver, int port, receiver_fn serve, void *ctx);
void receiver_stop(struct receiver *receiver); /* waits for every connection to end */

void receiver_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Until the other side is gone, or the receiver stops. */
void receiver_hold(struct receiver *receiver, int fd);
/* The value of a header of the request's head, "" when it is absent. */
void receiver_header(const char *text, const char *name, char *value, size_t size);

#endif
