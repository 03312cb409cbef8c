/* How connections of the proxy end: halves, resets, much data, and stops at any moment. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/proxy_world.h"

/* ---- halves and resets ---- */

static void the_client_may_end_first(void **state)
{
	(void)state;
	struct world world;
	char text[64];
	int client, server;
	world_open(&world, &client, &server);
	say(client, "last words");
	shutdown(client, SHUT_WR);
	hear(server, NULL, text, sizeof(text));
	assert_string_equal(text, "last words");
	usleep(20 * 1000);
	say(server, "still ");
	usleep(20 * 1000);
	say(server, "here");
	close(server);
	hear(client, NULL, text, sizeof(text));
	assert_string_equal(text, "still here");
	close(client);
	world_stop(&world);
}

static void the_server_may_end_first(void **state)
{
	(void)state;
	struct world world;
	char text[64];
	int client, server;
	world_open(&world, &client, &server);
	say(server, "close_notify");
	shutdown(server, SHUT_WR);
	hear(client, NULL, text, sizeof(text));
	assert_string_equal(text, "close_notify");
	say(client, "one more");
	hear(server, "one more", text, sizeof(text));
	close(client);
	hear_end(server, false);
	close(server);
	world_stop(&world);
}

static void a_server_that_breaks_off_is_no_end_of_file(void **state)
{
	(void)state;
	struct world world;
	char text[64];
	int client, server;
	world_open(&world, &client, &server);
	say(server, "half of ");
	hear(client, "half of ", text, sizeof(text));
	reset_socket(server);
	hear_end(client, true);
	close(client);
	world_stop(&world);
}

static void a_client_that_vanishes_frees_the_server(void **state)
{
	(void)state;
	struct world world;
	char text[64];
	int client, server;
	world_open(&world, &client, &server);
	say(server, "x");
	hear(client, "x", text, sizeof(text));
	reset_socket(client);
	hear_end(server, true);
	close(server);
	world_stop(&world);
}

/* ---- much data ---- */

enum { BIG = 64 << 20 };

static unsigned char pattern(size_t at)
{
	return (unsigned char)(at * 2654435761u >> 24);
}

static void *send_big(void *ctx)
{
	int fd = *(int *)ctx;
	static unsigned char block[1 << 16];
	for (size_t at = 0; at < BIG; at += sizeof(block)) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = pattern(at + i);
		for (size_t sent = 0; sent < sizeof(block);) {
			ssize_t count = send(fd, block + sent, sizeof(block) - sent, MSG_NOSIGNAL);
			if (count <= 0)
				return NULL;
			sent += (size_t)count;
		}
	}
	shutdown(fd, SHUT_WR);
	return NULL;
}

static size_t receive_all(int fd)
{
	static unsigned char block[1 << 16];
	size_t at = 0;
	for (;;) {
		ssize_t count = recv(fd, block, sizeof(block), 0);
		assert_true(count >= 0);
		if (count == 0)
			return at;
		for (ssize_t i = 0; i < count; i++, at++)
			if (block[i] != pattern(at))
				fail_msg("byte %zu differs", at);
	}
}

/* Small socket buffers at both ends of a tunnel, so that only the proxy could hold much. */
static void shrink_buffers(int fd)
{
	int size = 16 * 1024;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void big_transfers_arrive_whole_both_ways(void **state)
{
	(void)state;
	for (int up = 0; up < 2; up++) {
		struct world world;
		pthread_t sender;
		int client, server;
		world_init(&world);
		world_start(&world);
		world_tunnel(&world, &client, &server);
		pthread_create(&sender, NULL, send_big, up ? &client : &server);
		assert_int_equal(receive_all(up ? server : client), BIG);
		pthread_join(sender, NULL);
		close(client);
		close(server);
		world_stop(&world);
		assert_int_equal(
			up ? world.stats.bytes_up : world.stats.bytes_down,
			BIG + (up ? 0 : strlen("HTTP/1.1 200 Connection established\r\n\r\n")));
	}
}

/* A reader that sleeps stops the writer: nothing piles up between them. */
static void a_slow_reader_stops_the_sender(void **state)
{
	(void)state;
	struct world world;
	int client, server;
	world_open(&world, &client, &server);
	shrink_buffers(client);
	static char block[1 << 16];
	size_t sent = 0;
	struct pollfd ready = {.fd = server, .events = POLLOUT};
	while (sent < BIG && poll(&ready, 1, 300) == 1) {
		ssize_t count = send(server, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += count > 0 ? (size_t)count : 0;
	}
	/* what the kernel's socket buffers on the way take (4 + 6 MiB at most each) */
	assert_true(sent < BIG / 2);
	close(client);
	close(server);
	world_stop(&world);
}

/* ---- stop ---- */

enum moment {
	NEVER_ASKED,
	HALF_A_HEAD,
	LOOKING_UP,
	CONNECTING,
	RELAYING,
	BLOCKED,
	REFUSED,
	MOMENTS
};

static void reach_moment(struct world *world, enum moment moment, int *client, int *server)
{
	char text[1024];
	*server = -1;
	if (moment == RELAYING || moment == BLOCKED) {
		world_tunnel(world, client, server);
		static char block[1 << 16];
		while (moment == BLOCKED && send(*server, block, sizeof(block), MSG_DONTWAIT) > 0)
			usleep(1000);
		return;
	}
	*client = world_client(world);
	snprintf(text, sizeof(text), "CONNECT %s HTTP/1.0\r\n\r\n",
		 moment == REFUSED ? "other.example:1" : world->target);
	if (moment == HALF_A_HEAD)
		text[10] = '\0';
	if (moment != NEVER_ASKED)
		say(*client, text);
	if (moment == REFUSED)
		hear(*client, NULL, text, sizeof(text));
	else if (moment != LOOKING_UP)
		usleep(50 * 1000);
}

static void a_stop_ends_everything_at_any_moment(void **state)
{
	(void)state;
	for (enum moment moment = 0; moment < MOMENTS; moment++) {
		struct world world;
		int fillers[4], port, client, server;
		int hole = world_black_hole(fillers, &port);
		world_init(&world);
		if (moment == CONNECTING) {
			snprintf(world.target, sizeof(world.target), "127.0.0.1:%d", port);
			world.private_hosts[0] = "127.0.0.1";
		}
		world_start(&world);
		reach_moment(&world, moment, &client, &server);
		uv_async_send(&world.ask);
		pthread_join(world.thread, NULL);
		close(client);
		if (server >= 0)
			close(server);
		assert_true(world.stopped);
		assert_int_equal(uv_loop_close(&world.loop), 0);
		close(world.server);
		assert_int_equal(count_descriptors(), world.descriptors);
		world_close_black_hole(hole, fillers);
	}
}

/*
 * The pool is busy with other work, so that a look-up stays queued for as long as the test wants.
 */
static atomic_bool occupied;

static void occupy(uv_work_t *work)
{
	(void)work;
	while (occupied)
		usleep(1000);
}

static void a_look_up_that_hangs_holds_nobody(void **state)
{
	(void)state;
	for (int stop_first = 0; stop_first < 2; stop_first++) {
		struct world world;
		uv_work_t work[8];
		char text[1024];
		world_init(&world);
		world.rules.lookup_ms = 50;
		world_start(&world);
		uv_loop_t other;
		uv_loop_init(&other);
		occupied = true;
		for (int i = 0; i < 8; i++)
			uv_queue_work(&other, &work[i], occupy, NULL);
		int client = world_client(&world);
		snprintf(text, sizeof(text), "CONNECT %s HTTP/1.0\r\n\r\n", world.target);
		say(client, text);
		if (!stop_first) {
			hear(client, NULL, text, sizeof(text));
			assert_non_null(strstr(text, "502 Bad Gateway"));
			assert_non_null(
				strstr(text, "could not be looked up: connection timed out"));
		} else {
			usleep(20 * 1000);
		}
		close(client);
		occupied = false;
		uv_run(&other, UV_RUN_DEFAULT);
		uv_loop_close(&other);
		world_stop(&world);
	}
}

/* Many clients at once that behave in every way; the world's end finds what they left. */
static void a_crowd_leaves_nothing_behind(void **state)
{
	(void)state;
	struct world world;
	char text[1024];
	world_init(&world);
	world.rules.max_connections = 8;
	world.rules.head_ms = 100;
	world_start(&world);
	srand(7);
	for (int round = 0; round < 40; round++) {
		int clients[6];
		for (int i = 0; i < 6; i++) {
			clients[i] = world_client(&world);
			snprintf(text, sizeof(text), "CONNECT %s HTTP/1.0\r\n\r\n",
				 rand() % 4 ? world.target : "other.example:1");
			text[rand() % 4 ? strlen(text) : 7] = '\0';
			say(clients[i], text);
		}
		for (int i = 0; i < 6; i++) {
			struct pollfd somebody = {.fd = world.server, .events = POLLIN};
			if (poll(&somebody, 1, rand() % 3) == 1) {
				int server = world_accept(&world);
				send(server, "hello", 5, MSG_NOSIGNAL);
				if (rand() % 2)
					reset_socket(server);
				else
					close(server);
			}
			if (rand() % 2)
				reset_socket(clients[i]);
			else
				close(clients[i]);
		}
	}
	world_stop(&world);
}

static void a_bad_socket_is_an_error(void **state)
{
	(void)state;
	struct proxy *proxy;
	struct proxy_rules rules = {.max_bytes = 0};
	uv_loop_t loop;
	struct error err = {0};
	int before = count_descriptors(), pipes[2];
	uv_loop_init(&loop);
	assert_int_equal(pipe(pipes), 0);
	close(pipes[1]);
	assert_int_equal(proxy_start(&proxy, &loop, pipes[0], &rules, &err), -1);
	assert_non_null(strstr(err.text, "proxy: "));
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_may_end_first),
		cmocka_unit_test(the_server_may_end_first),
		cmocka_unit_test(a_server_that_breaks_off_is_no_end_of_file),
		cmocka_unit_test(a_client_that_vanishes_frees_the_server),
		cmocka_unit_test(big_transfers_arrive_whole_both_ways),
		cmocka_unit_test(a_slow_reader_stops_the_sender),
		cmocka_unit_test(a_stop_ends_everything_at_any_moment),
		cmocka_unit_test(a_look_up_that_hangs_holds_nobody),
		cmocka_unit_test(a_crowd_leaves_nothing_behind),
		cmocka_unit_test(a_bad_socket_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
