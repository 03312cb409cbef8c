/* What the proxy passes on, what it refuses, and what it says then. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/net/proxy/egress.h"
#include "tests/proxy_world.h"

/* Sends a request head with the target put in for every %s, returns the whole answer. */
static void ask(struct world *world, const char *request, char *text, size_t size)
{
	int client = world_client(world);
	say(client, request);
	hear(client, NULL, text, size);
	close(client);
}

static void connect_target(char *request, size_t size, const char *target)
{
	snprintf(request, size, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target);
}

static void tunnels_carry_both_ways(void **state)
{
	(void)state;
	struct world world;
	char text[256];
	int client, server;
	world_open(&world, &client, &server);
	for (int i = 0; i < 3; i++) {
		say(client, "ping\n");
		hear(server, "\n", text, sizeof(text));
		assert_string_equal(text, "ping\n");
		say(server, "pong\n");
		hear(client, "\n", text, sizeof(text));
		assert_string_equal(text, "pong\n");
	}
	close(server);
	hear_end(client, false);
	close(client);
	world_stop(&world);
	assert_int_equal(world.stats.requests, 1);
	assert_int_equal(world.stats.refused, 0);
	assert_int_equal(world.stats.bytes_up, 15);
	assert_string_equal(world.stats.last_refusal, "");
}

static void early_data_is_not_lost(void **state)
{
	(void)state;
	struct world world;
	char text[256];
	world_init(&world);
	world_start(&world);
	int client = world_client(&world);
	snprintf(text, sizeof(text), "CONNECT %s HTTP/1.0\r\n\r\nhello", world.target);
	say(client, text);
	int server = world_accept(&world);
	hear(server, "hello", text, sizeof(text));
	say(client, " there");
	hear(server, " there", text, sizeof(text));
	hear(client, "\r\n\r\n", text, sizeof(text));
	close(client);
	hear_end(server, false);
	close(server);
	world_stop(&world);
}

static void plain_requests_are_made_anew(void **state)
{
	(void)state;
	struct world world;
	char text[1024], wanted[512];
	world_init(&world);
	world_start(&world);
	int client = world_client(&world);
	snprintf(text, sizeof(text),
		 "GET http://%s/a?b HTTP/1.1\r\nHost: %s\r\nProxy-Connection: keep-alive\r\n"
		 "Accept: x\r\n\r\nGET http://other.example/ HTTP/1.1\r\n\r\n",
		 world.target, world.target);
	say(client, text);
	int server = world_accept(&world);
	hear(server, "\r\n\r\n", text, sizeof(text));
	snprintf(wanted, sizeof(wanted),
		 "GET /a?b HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nAccept: x\r\n\r\n",
		 world.target);
	assert_string_equal(text, wanted);
	say(client, "more that nobody asked for");
	usleep(50 * 1000);
	assert_int_equal(recv(server, text, 1, MSG_DONTWAIT), -1);
	say(server, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody");
	close(server);
	hear(client, NULL, text, sizeof(text));
	assert_string_equal(text, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody");
	close(client);
	world_stop(&world);
}

/* "GET, end of my half, and now I listen": an honest way to ask. */
static void a_client_may_end_its_half_before_the_answer(void **state)
{
	(void)state;
	struct world world;
	char text[1024];
	world_init(&world);
	world_start(&world);
	int client = world_client(&world);
	snprintf(text, sizeof(text), "HEAD http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", world.target,
		 world.target);
	say(client, text);
	shutdown(client, SHUT_WR);
	int server = world_accept(&world);
	hear(server, "\r\n\r\n", text, sizeof(text));
	usleep(20 * 1000);
	say(server, "HTTP/1.1 204 No Content\r\n\r\n");
	close(server);
	hear(client, NULL, text, sizeof(text));
	assert_string_equal(text, "HTTP/1.1 204 No Content\r\n\r\n");
	close(client);
	world_stop(&world);
}

static void other_hosts_are_refused_in_words(void **state)
{
	(void)state;
	static const char *const requests[] = {
		"CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n\r\n",
		"GET http://other.example:443/ HTTP/1.1\r\nHost: other.example:443\r\n\r\n",
	};
	struct world world;
	char text[1024];
	world_init(&world);
	world_start(&world);
	for (size_t i = 0; i < 2; i++) {
		ask(&world, requests[i], text, sizeof(text));
		assert_non_null(strstr(text, "HTTP/1.1 403 Forbidden\r\n"));
		assert_non_null(strstr(text,
				       "\r\n\r\nassay: other.example:443 is not among the hosts "
				       "that an install may reach"));
	}
	/* the port belongs to the rule */
	ask(&world, "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n", text,
	    sizeof(text));
	assert_non_null(strstr(text, "403"));
	world_stop(&world);
	assert_int_equal(world.stats.requests, 3);
	assert_int_equal(world.stats.refused, 3);
	assert_non_null(strstr(world.stats.last_refusal, "localhost:1 is not among"));
}

static void head_requests_are_refused_without_body(void **state)
{
	(void)state;
	struct world world;
	char text[1024];
	world_init(&world);
	world_start(&world);
	ask(&world, "HEAD http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n", text,
	    sizeof(text));
	assert_non_null(strstr(text, "403 Forbidden"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	world_stop(&world);
}

static void private_addresses_are_refused_after_resolution(void **state)
{
	(void)state;
	struct world world;
	char text[1024], request[256];
	world_init(&world);
	world.private_hosts[0] = "other.example";
	world_start(&world);
	connect_target(request, sizeof(request), world.target);
	ask(&world, request, text, sizeof(text));
	assert_non_null(strstr(text, "403 Forbidden"));
	assert_non_null(strstr(text, "(loopback), not a public address"));
	assert_non_null(strstr(text, "private_registries"));
	world_stop(&world);
	assert_int_equal(world.stats.refused, 1);
}

static void metadata_is_refused_whatever_the_administrator_says(void **state)
{
	(void)state;
	static const char *const addresses[] = {"169.254.169.254", "169.254.1.1", "100.100.100.200",
						"0.0.0.0", "224.0.0.1"};
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct world world;
		char target[64], text[1024], request[256];
		world_init(&world);
		snprintf(target, sizeof(target), "%s:80", addresses[i]);
		world.hosts[1] = target;
		world.private_hosts[1] = addresses[i];
		world_start(&world);
		connect_target(request, sizeof(request), target);
		ask(&world, request, text, sizeof(text));
		assert_non_null(strstr(text, "403 Forbidden"));
		assert_non_null(strstr(text, "which no install may reach"));
		world_stop(&world);
	}
}

/*
 * Spellings that some resolvers take for 127.0.0.1; only what the list spells out is asked at all.
 */
static void odd_spellings_of_addresses_are_just_other_hosts(void **state)
{
	(void)state;
	static const char *const spellings[] = {"2130706433", "0x7f.1", "0177.0.0.1", "127.1",
						"localhost."};
	struct world world;
	world_init(&world);
	world_start(&world);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		char target[64], text[1024], request[256];
		snprintf(target, sizeof(target), "%s:%s", spellings[i],
			 strchr(world.target, ':') + 1);
		connect_target(request, sizeof(request), target);
		ask(&world, request, text, sizeof(text));
		assert_non_null(strstr(text, "is not among the hosts"));
	}
	world_stop(&world);
}

static void malformed_requests_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *request, *status;
	} cases[] = {
		{"GET /x HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 "},
		{"\x16\x03\x01\x02", "HTTP/1.1 400 "},
		{"POST http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 "},
		{"GET http://a/ HTTP/3.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505 "},
		{"GET http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
		 "HTTP/1.1 501 "},
	};
	struct world world;
	char text[1024];
	world_init(&world);
	world_start(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(&world, cases[i].request, text, sizeof(text));
		assert_int_equal(strncmp(text, cases[i].status, strlen(cases[i].status)), 0);
	}
	world_stop(&world);
	assert_int_equal(world.stats.requests, 0);
	assert_int_equal(world.stats.refused, 5);
}

static void unreachable_hosts_are_told(void **state)
{
	(void)state;
	struct world world;
	char text[1024], request[512], label[80] = {0}, long_name[128];
	world_init(&world);
	memset(label, 'a', 70); /* no resolver looks a label of 70 bytes up */
	snprintf(long_name, sizeof(long_name), "%s.example:80", label);
	world.hosts[1] = long_name;
	world_start(&world);
	close(world.server);
	connect_target(request, sizeof(request), world.target);
	ask(&world, request, text, sizeof(text));
	assert_non_null(strstr(text, "HTTP/1.1 502 Bad Gateway"));
	assert_non_null(strstr(text, "could not be reached: connection refused"));
	connect_target(request, sizeof(request), long_name);
	ask(&world, request, text, sizeof(text));
	assert_non_null(strstr(text, "HTTP/1.1 502 Bad Gateway"));
	assert_non_null(strstr(text, "could not be looked up"));
	world.server = dup(0);
	world_stop(&world);
	assert_int_equal(world.stats.refused, 0);
	assert_non_null(strstr(world.stats.last_refusal, "could not be looked up"));
}

static void host_names_are_compared_without_case(void **state)
{
	(void)state;
	struct world world;
	char text[256], target[64];
	world_init(&world);
	world.private_hosts[0] = "LocalHost";
	snprintf(target, sizeof(target), "LOCALHOST:%s", strchr(world.target, ':') + 1);
	strcpy(world.target, target);
	world_start(&world);
	int client, server;
	world_tunnel(&world, &client, &server);
	say(server, "x");
	hear(client, "x", text, sizeof(text));
	close(server);
	close(client);
	world_stop(&world);
}

/* ---- the same through the job's eyes ---- */

static void on_egress_stopped(void *ctx)
{
	*(bool *)ctx = true;
}

static void egress_is_the_proxy(void **state)
{
	(void)state;
	struct world world; /* for its sockets only */
	world_init(&world);
	struct egress_settings settings = {.private_hosts = world.private_hosts};
	uv_loop_t loop;
	struct error err = {0};
	void *handle;
	bool stopped = false;
	char text[64] = "CONNECT other.example:443 HTTP/1.0\r\n\r\n";
	struct sockaddr_in in = {0};
	socklen_t len = sizeof(in);
	assert_int_equal(getsockname(world.server, (struct sockaddr *)&in, &len), 0);
	world.proxy_port = ntohs(in.sin_port);
	uv_loop_init(&loop);
	assert_int_equal(
		egress_proxy.start(&settings, &loop, world.server, world.hosts, &handle, &err), 0);
	assert_null(egress_proxy.refusal(handle));
	int client = world_client(&world);
	say(client, text);
	while (!egress_proxy.refusal(handle))
		uv_run(&loop, UV_RUN_ONCE);
	assert_non_null(strstr(egress_proxy.refusal(handle), "other.example:443 is not among"));
	egress_proxy.stop(handle, on_egress_stopped, &stopped);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(stopped);
	assert_int_equal(settings.totals.installs, 1);
	assert_int_equal(settings.totals.requests, 1);
	assert_int_equal(settings.totals.refused, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(client);
	assert_int_equal(count_descriptors(), world.descriptors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnels_carry_both_ways),
		cmocka_unit_test(early_data_is_not_lost),
		cmocka_unit_test(plain_requests_are_made_anew),
		cmocka_unit_test(a_client_may_end_its_half_before_the_answer),
		cmocka_unit_test(other_hosts_are_refused_in_words),
		cmocka_unit_test(head_requests_are_refused_without_body),
		cmocka_unit_test(private_addresses_are_refused_after_resolution),
		cmocka_unit_test(metadata_is_refused_whatever_the_administrator_says),
		cmocka_unit_test(odd_spellings_of_addresses_are_just_other_hosts),
		cmocka_unit_test(malformed_requests_are_refused),
		cmocka_unit_test(unreachable_hosts_are_told),
		cmocka_unit_test(host_names_are_compared_without_case),
		cmocka_unit_test(egress_is_the_proxy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
