/* The proxy's limits: bytes, requests, connections, and time at each step. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "tests/proxy_world.h"

static void bytes_are_limited(void **state)
{
	(void)state;
	struct world world;
	char text[1024], request[256];
	int client, server;
	world_init(&world);
	world.rules.max_bytes = 100000;
	world_start(&world);
	world_tunnel(&world, &client, &server);
	static char block[60000];
	assert_int_equal(send(server, block, sizeof(block), MSG_NOSIGNAL), sizeof(block));
	assert_int_equal(recv(client, block, sizeof(block), MSG_WAITALL), sizeof(block));
	assert_int_equal(send(client, block, sizeof(block), MSG_NOSIGNAL), sizeof(block));
	ssize_t count;
	while ((count = recv(server, block, sizeof(block), 0)) > 0)
		continue;
	assert_int_equal(count, -1); /* a reset, not an end */
	close(client);
	close(server);
	client = world_client(&world);
	snprintf(request, sizeof(request), "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", world.target,
		 world.target);
	say(client, request);
	hear(client, NULL, text, sizeof(text));
	assert_non_null(strstr(text, "403 Forbidden"));
	assert_non_null(strstr(text, "more than the 100000 bytes"));
	close(client);
	world_stop(&world);
	assert_non_null(strstr(world.stats.last_refusal, "more than the 100000 bytes"));
}

static void requests_are_limited(void **state)
{
	(void)state;
	struct world world;
	char text[1024], request[256];
	world_init(&world);
	world.rules.max_requests = 2;
	world_start(&world);
	for (int i = 0; i < 2; i++) {
		int client, server;
		world_tunnel(&world, &client, &server);
		close(client);
		close(server);
	}
	int client = world_client(&world);
	snprintf(request, sizeof(request), "CONNECT %s HTTP/1.0\r\n\r\n", world.target);
	say(client, request);
	hear(client, NULL, text, sizeof(text));
	assert_non_null(strstr(text, "has made the 2 requests that one may make"));
	close(client);
	world_stop(&world);
}

static void connections_beyond_the_limit_wait(void **state)
{
	(void)state;
	struct world world;
	char text[1024];
	int clients[2], servers[2];
	world_init(&world);
	world.rules.max_connections = 2;
	world_start(&world);
	for (int i = 0; i < 2; i++)
		world_tunnel(&world, &clients[i], &servers[i]);
	int third = world_client(&world), fourth = world_client(&world);
	snprintf(text, sizeof(text), "CONNECT %s HTTP/1.0\r\n\r\n", world.target);
	say(third, text);
	say(fourth, text);
	struct pollfd somebody = {.fd = world.server, .events = POLLIN};
	assert_int_equal(poll(&somebody, 1, 100), 0);
	for (int i = 0; i < 2; i++) {
		close(clients[i]);
		close(servers[i]);
	}
	servers[0] = world_accept(&world);
	servers[1] = world_accept(&world);
	hear(third, "\r\n\r\n", text, sizeof(text));
	hear(fourth, "\r\n\r\n", text, sizeof(text));
	close(third);
	close(fourth);
	close(servers[0]);
	close(servers[1]);
	world_stop(&world);
	assert_int_equal(world.stats.requests, 4);
}

static void a_head_that_drips_is_ended(void **state)
{
	(void)state;
	struct world world;
	char text[1024];
	world_init(&world);
	world.rules.head_ms = 200;
	world_start(&world);
	int client = world_client(&world), silent = world_client(&world);
	double started = clock_ms();
	struct pollfd answer = {.fd = client, .events = POLLIN};
	while (poll(&answer, 1, 10) == 0 && clock_ms() - started < 60 * 1000)
		send(client, "G", 1, MSG_NOSIGNAL);
	hear(client, NULL, text, sizeof(text));
	assert_non_null(strstr(text, "HTTP/1.1 408 "));
	close(client);
	hear_end(silent, false);
	close(silent);
	world_stop(&world);
}

static void an_idle_tunnel_is_ended(void **state)
{
	(void)state;
	struct world world;
	char text[64];
	int client, server;
	world_init(&world);
	world.rules.idle_ms = 2000;
	world_start(&world);
	world_tunnel(&world, &client, &server);
	for (int i = 0; i < 8; i++) { /* as long as something moves, it lives */
		usleep(400 * 1000);
		say(i % 2 ? client : server, "x");
		hear(i % 2 ? server : client, "x", text, sizeof(text));
	}
	hear_end(client, true);
	hear_end(server, true);
	close(client);
	close(server);
	world_stop(&world);
}

static void a_server_that_never_answers_is_given_up(void **state)
{
	(void)state;
	struct world world;
	int fillers[4], port;
	char text[1024];
	int hole = world_black_hole(fillers, &port);
	world_init(&world);
	snprintf(world.target, sizeof(world.target), "127.0.0.1:%d", port);
	world.private_hosts[0] = "127.0.0.1";
	world.rules.connect_ms = 150;
	world_start(&world);
	int client = world_client(&world);
	snprintf(text, sizeof(text), "CONNECT %s HTTP/1.0\r\n\r\n", world.target);
	say(client, text);
	hear(client, NULL, text, sizeof(text));
	assert_non_null(strstr(text, "HTTP/1.1 502 Bad Gateway"));
	assert_non_null(strstr(text, "could not be reached: connection timed out"));
	close(client);
	world_stop(&world);
	world_close_black_hole(hole, fillers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_limited),
		cmocka_unit_test(requests_are_limited),
		cmocka_unit_test(connections_beyond_the_limit_wait),
		cmocka_unit_test(a_head_that_drips_is_ended),
		cmocka_unit_test(an_idle_tunnel_is_ended),
		cmocka_unit_test(a_server_that_never_answers_is_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
