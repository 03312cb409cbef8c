/* Two connected sockets, and every byte and end of file of each passed on to the other. */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* The most that waits in each direction: reading goes on only when all of it is written. */
enum { RELAY_BUFFER = 65536 };

struct relay;

struct relay_pipe { /* one direction */
	struct relay *relay;
	uv_stream_t *from, *to;
	bool up;
	bool discard; /* what is read goes nowhere */
	bool ended; /* the end of file was passed on */
	uv_write_t write;
	uv_shutdown_t shutdown;
	char buffer[RELAY_BUFFER];
};

struct relay_events {
	int (*moving)(void *ctx, bool up, size_t bytes); /* -1: no more may be moved */
	/*
	 * Called once. clean: both sides came to their own end and all was delivered. Otherwise a
	 * side failed, and the other should be reset, lest it take a part for the whole.
	 */
	void (*ended)(void *ctx, bool clean);
};

struct relay {
	struct relay_pipe up, down; /* up: from client to server */
	const struct relay_events *events;
	void *ctx;
	bool over;
	uint64_t active_at; /* uv_now of the last byte */
};

struct relay_first { /* what goes out before anything is read; at most RELAY_BUFFER each */
	const char *to_server;
	size_t to_server_len;
	const char *to_client;
	size_t to_client_len;
	bool only_answer; /* the client has nothing more to say: the rest of it is dropped */
};

/*
 * relay is zeroed memory of the caller, who keeps the sockets and closes them after ended. ended
 * may come before this returns.
 */
void relay_start(struct relay *relay, uv_stream_t *client, uv_stream_t *server,
		 const struct relay_first *first, const struct relay_events *events, void *ctx);

#endif
