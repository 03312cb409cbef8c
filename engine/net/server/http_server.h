/*
 * What the parts of the HTTP server share and nobody else sees. A listener is one libmicrohttpd daemon on
 * the loop; a socket is one client's connection to it; an exchange is one request on it.
 */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/table.h"
#include "engine/net/server/http.h"
#include "engine/net/server/http_gate.h"
#include "engine/net/server/http_library.h"

/* ---- deadlines: http_deadline.c ---- */

enum http_phase {
	PHASE_NONE, /* the server's own turn: no deadline */
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_IDLE,
	PHASE_WRITE,
	PHASE_COUNT
};

struct http_socket;

struct http_deadline {
	enum http_phase phase;
	uint64_t due; /* ms of the loop's clock */
	struct http_socket *prev, *next; /* in the queue of its phase, the earliest first */
	/* WRITE: what the last look found. */
	uint64_t written;
	int unsent;
	unsigned unchanged; /* looks in a row that found the same */
};

struct http_deadlines {
	uv_timer_t timer;
	uint64_t timer_due; /* 0: not set */
	unsigned ms[PHASE_COUNT];
	struct http_socket *first[PHASE_COUNT], *last[PHASE_COUNT];
};

/* Takes the lengths from the server's settings. */
void http_deadline_init(struct http *http);
/* Leaves the phase that socket is in for this one. */
void http_deadline_enter(struct http_socket *socket, enum http_phase phase);

/* ---- listeners: http_listen.c ---- */

enum { LISTENER_TEXT = 128 }; /* a socket's path has 107 characters at most */

struct http_listener {
	struct http *http;
	int fd; /* -1: none, or the daemon's */
	char address[LISTENER_TEXT];
	char path[LISTENER_TEXT]; /* of a unix socket that was bound, else "" */
	dev_t device;
	ino_t inode;

	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t timer;
};

/* Fills address, fd and path: bound, listening, not blocking, closed on exec. */
int http_listen_bind(struct http_listener *listener, const char *text, struct error *err);
/* Removes the unix socket, if it is still the one that was bound. */
void http_listen_unlink(struct http_listener *listener);

/* ---- a socket ---- */

struct http_socket {
	struct http_listener *listener;
	struct http_exchange *exchange; /* NULL between two */
	int fd;
	struct http_deadline deadline;
	struct http_socket *prev, *next; /* of all of the server */
};

/* Nothing more is read or written; the library closes it in one of its next runs. */
void http_socket_cut(struct http_socket *socket);

/* ---- the client of a suspended exchange: http_watch.c ---- */

struct http_watch;

/* left is called once, when the client closes its side. NULL: there are as many as there may be. */
struct http_watch *http_watch_start(struct http_socket *socket, void (*left)(void *ctx), void *ctx);
void http_watch_stop(struct http_watch *watch);

/* ---- an exchange ---- */

struct http_pair {
	const char *name, *value;
	struct http_pair *next;
};

struct http_stream {
	struct buf queue;
	size_t taken; /* bytes of the queue that the library has */
	bool ended;
	void (*room)(void *ctx); /* NULL: nobody waits for some */
	void *room_ctx;
	size_t kept; /* bytes that the caller keeps for it */
	bool given_up; /* the rest of the queue, and the connection is closed */
	const char *boundary, *farewell; /* NULL: none */
};

/*
 * It has two lives: the caller's, from begin to the answer or gone, and the library's, from the request line
 * to the last byte of the answer. It is freed when both are over.
 */
struct http_exchange {
	struct http *http; /* NULL: the library's life is over */
	struct http_socket *socket;
	struct MHD_Connection *connection;
	struct arena arena;

	const char *target_in_place; /* the library's, until the head is in */
	struct http_head head; /* all of it in the arena */
	const char *query; /* NULL: none; head.target is the path then */
	struct http_pair *parameters; /* the query's, the last first; see parameters_read */
	bool parameters_read;
	struct buf body;
	size_t body_taken; /* bytes that the caller took, which count until the client has its answer */
	uint64_t body_seen; /* bytes, of which body holds at most max_body */
	bool crowded_out; /* the other bodies left no room for this one */
	struct http_owner *owner; /* NULL: nobody in particular */

	bool read; /* the head is in */
	bool begun; /* the caller was told of it */
	bool over; /* the caller knows nothing of it, or does not care any more */
	bool handled;
	bool suspended;
	bool cut; /* to be closed as soon as the library asks */
	struct http_watch *watch;
	void *context;
	void (*gone)(void *ctx);
	void *gone_ctx;

	struct http_pair *extra; /* headers of the answer, the last first */
	struct MHD_Response *response; /* made, not handed over yet */
	unsigned status;
	uint64_t written; /* bytes of the answer that the library took through a reader */
	struct buf answer; /* what a reader reads */
	struct http_stream *stream;
	size_t holds; /* bytes of either that the server counts */
};

/* libmicrohttpd's callbacks; cls is the listener. */
void *http_exchange_open(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_exchange_run(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **exchange);
void http_exchange_close(void *cls, struct MHD_Connection *connection, void **exchange,
			 enum MHD_RequestTerminationCode code);

/* Frees it when both its lives are over. */
void http_exchange_release(struct http_exchange *exchange);
/* Ends it and its connection; gone follows, later. */
void http_exchange_cut(struct http_exchange *exchange);
/* Has the library ask again. */
void http_exchange_resume(struct http_exchange *exchange);
/* Until http_exchange_resume the library leaves it alone. */
void http_exchange_suspend(struct http_exchange *exchange);

/* Our own refusal: JSON as the API's, and the connection is closed. */
void http_answer_refuse(struct http_exchange *exchange, const struct http_refusal *refusal);
/* Hands the response over; MHD_NO: the connection cannot take one. */
enum MHD_Result http_answer_queue(struct http_exchange *exchange);
/* Takes the response and gives it its headers; the library gets it when it asks. */
void http_answer_made(struct http_exchange *exchange, unsigned status, const char *content_type,
		      struct MHD_Response *response);

/* ---- what is held for clients: http_held.c ---- */

enum http_holding { HOLDING_BODIES, HOLDING_ANSWERS, HOLDING_STREAMS, HOLDING_COUNT };

/* Whoever http_set_owner named, while there are exchanges of theirs. */
struct http_owner {
	struct table_entry by_name;
	size_t held[HOLDING_COUNT]; /* bytes */
	size_t exchanges;
	char name[];
};

void http_held_add(struct http_exchange *exchange, enum http_holding what, size_t bytes);
void http_held_remove(struct http_exchange *exchange, enum http_holding what, size_t bytes);
/* Whether so many bytes more are within the bound of all, and of the exchange's owner. */
bool http_held_fits(const struct http_exchange *exchange, enum http_holding what, size_t bytes);
/* The exchange holds nothing any more, and has no owner. */
void http_held_leave(struct http_exchange *exchange);

/* ---- what clients have yet to read: http_unread.c ---- */

/* Whether there is room for len bytes more in a stream; whichever streams are furthest behind are given up for it. */
bool http_unread_stream(struct http_exchange *exchange, size_t len);
/* The exchange's buffers have grown or shrunk, or go. */
void http_unread_count(struct http_exchange *exchange);

/* Tells the callers of streams that were given up, in the next turn. */
void http_unread_init(struct http *http);

/* No more of a stream than what is begun, then its farewell. */
void http_stream_give_up(struct http_exchange *exchange);

/* ---- the server ---- */

struct http {
	uv_loop_t *loop;
	struct http_settings settings; /* without zeroes */
	struct http_handlers handlers;
	struct http_listener *listeners;
	size_t listener_count;
	struct http_socket *sockets;
	struct http_deadlines deadlines;
	struct http_counts counts;
	size_t held[HOLDING_COUNT]; /* bytes, of all exchanges */
	struct table owners;
	uv_timer_t stopper, teller;
	size_t handles; /* not closed yet */
	unsigned watches;
	bool refusing, stopping;
	void (*stopped)(void *ctx);
	void *stopped_ctx;
};

/* Has the library run soon: resuming alone does not wake its epoll descriptor. */
void http_kick(struct http_listener *listener);
/* One of http->handles is closed; the last frees the server. */
void http_release_handle(struct http *http);

#endif
