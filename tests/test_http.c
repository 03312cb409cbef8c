/* The HTTP server as its clients see it: answers now and later, bodies, connections that are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "tests/http_world.h"

#define HOST "Host: h\r\n"
#define GET_HEALTH "GET /health HTTP/1.1\r\n" HOST "\r\n"

/* Reads one answer with Content-Length; returns its status. text gets head and body. */
static int hear_answer(int fd, char *text, size_t size)
{
	hear(fd, "\r\n\r\n", text, size);
	const char *length = strstr(text, "Content-Length: ");
	size_t have = strlen(text), left = length ? (size_t)atoi(length + 16) : 0;
	assert_true(have + left < size);
	while (left > 0) {
		ssize_t count = recv(fd, text + have, left, 0);
		assert_true(count > 0);
		have += (size_t)count;
		left -= (size_t)count;
	}
	text[have] = '\0';
	return atoi(text + strlen("HTTP/1.1 "));
}

/* Says request and wants an answer of that status and body. */
static void expect(int fd, const char *request, int status, const char *body)
{
	char text[65536];
	say(fd, request);
	int got = hear_answer(fd, text, sizeof(text));
	if (got != status)
		fail_msg("wanted %d after:\n%s\ngot:\n%s", status, request, text);
	if (body)
		assert_string_equal(strstr(text, "\r\n\r\n") + 4, body);
}

static void one_connection_serves_many_requests(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	http_world_start(&world);
	int fd = http_world_client(&world, 0);
	for (int i = 0; i < 3; i++) {
		expect(fd, GET_HEALTH, 200, "well\n");
		expect(fd, "POST /execute HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 200,
		       "abc");
		expect(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n", 200, "later\n");
		expect(fd, "GET /nowhere HTTP/1.1\r\n" HOST "\r\n", 404, "nothing\n");
		expect(fd, "GET /empty HTTP/1.1\r\n" HOST "\r\n", 204, "");
	}
	struct http_counts counts = http_world_count(&world);
	assert_int_equal(counts.connections, 1);
	assert_int_equal(counts.requests, 15);
	assert_int_equal(counts.refused, 0);
	assert_int_equal(world.gone, 0);
	close(fd);
	http_world_await_connections(&world, 0);
	http_world_stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_connection_serves_many_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
