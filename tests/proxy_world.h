/*
 * A proxy on a loop in a thread of its own, with a server socket that it may reach, so that a test
 * can be written as one plain sequence of blocking calls. Loopback only.
 */
#ifndef TESTS_PROXY_WORLD_H
#define TESTS_PROXY_WORLD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "engine/net/proxy/proxy.h"

struct world {
	uv_loop_t loop;
	uv_async_t ask; /* to stop */
	pthread_t thread;
	struct proxy *proxy;
	struct proxy_stats stats; /* valid after world_stop */
	bool stopped;
	int server; /* listening; its port stands in target */
	int proxy_port;
	char target[64]; /* "localhost:PORT", on the list of hosts */
	const char *hosts[8];
	const char *private_hosts[4];
	struct proxy_rules rules; /* but for the hosts, to be changed before the start */
	int descriptors; /* open before the world began */
};

/* Prepares, starts, and ends: world_stop checks that every handle and descriptor is gone. */
void world_init(struct world *world);
void world_start(struct world *world);
void world_stop(struct world *world);

/* A blocking socket with time-outs of five seconds, connected to the proxy. */
int world_client(struct world *world);
/* The next connection that the proxy makes to the server. */
int world_accept(struct world *world);
/* CONNECT to the target, answered with 200: client and server ends of one tunnel. */
void world_tunnel(struct world *world, int *client, int *server);

/* Prepares, starts, and opens one tunnel. */
void world_open(struct world *world, int *client, int *server);

void say(int fd, const char *text);
/* Reads until text ends with `end`, or to the end of file when end is NULL; NUL-terminates. */
void hear(int fd, const char *end, char *text, size_t size);
/* The next read gives the end of file (want_reset: a reset). */
void hear_end(int fd, bool want_reset);
void reset_socket(int fd);

/* A socket whose backlog is full: whoever connects next waits for an answer that never comes. */
int world_black_hole(int fillers[4], int *port);
void world_close_black_hole(int hole, const int fillers[4]);

int count_descriptors(void);

#endif
