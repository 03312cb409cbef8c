/* Clients of the HTTP server that dawdle, leave, and are sent away. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/http_world.h"

#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

/* Time enough for whatever is not tried. */
static void open_world(struct http_world *world)
{
	http_world_init(world);
	world->settings = (struct http_settings){
		.head_ms = 60000, .body_ms = 60000, .idle_ms = 60000, .write_ms = 60000};
}

static bool is_cut(int fd)
{
	char byte;
	ssize_t count = recv(fd, &byte, 1, MSG_DONTWAIT);
	return count == 0 || (count < 0 && errno != EAGAIN);
}

/* Sends a byte every now and then, and is cut off all the same. */
static void drip_until_cut(int fd)
{
	for (int i = 0; i < 3000 && !is_cut(fd); i++) {
		send(fd, "a", 1, MSG_NOSIGNAL);
		usleep(20000);
	}
	assert_true(is_cut(fd));
	close(fd);
}

static void a_dripped_head_is_cut_off(void **state)
{
	(void)state;
	struct http_world world;
	open_world(&world);
	world.settings.head_ms = 300;
	http_world_start(&world);
	int fd = http_world_client(&world, 0);
	drip_until_cut(fd);
	fd = http_world_client(&world, 0);
	say(fd, "GET /health HTTP/1.1\r\nX: ");
	drip_until_cut(fd);
	assert_int_equal(world.begun, 0);
	http_world_finish(&world);
}

static void a_dripped_body_is_cut_off(void **state)
{
	(void)state;
	struct http_world world;
	open_world(&world);
	world.settings.body_ms = 300;
	http_world_start(&world);
	int fd = http_world_client(&world, 0);
	say(fd, "POST /execute HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
	drip_until_cut(fd);
	assert_int_equal(world.begun, 1);
	assert_int_equal(world.handled, 0);
	http_world_finish(&world);
}

static void an_idle_connection_is_closed(void **state)
{
	(void)state;
	struct http_world world;
	open_world(&world);
	world.settings.idle_ms = 1500;
	http_world_start(&world);
	int fd = http_world_client(&world, 0);
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	hear_end(fd, false);
	close(fd);
	/* the next request's line must be whole within that time */
	fd = http_world_client(&world, 0);
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	drip_until_cut(fd);
	http_world_finish(&world);
}

static void who_waits_for_an_answer_is_not_cut_off(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	world.settings = (struct http_settings){
		.head_ms = 1000, .body_ms = 1000, .idle_ms = 1000, .write_ms = 1000};
	http_world_start(&world);
	int fd = http_world_client(&world, 0);
	say(fd, GET("/forgotten"));
	http_world_await(&world.handled, 1);
	usleep(2500000);
	assert_false(is_cut(fd));
	http_world_answer_forgotten(&world);
	char text[4096];
	assert_int_equal(http_world_hear(fd, text, sizeof(text)), 200);
	close(fd);
	http_world_finish(&world);
}

static int small_window_client(struct http_world *world)
{
	int fd = http_world_client(world, 0), size = 64 << 10;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

static void who_takes_nothing_is_cut_off(void **state)
{
	(void)state;
	struct http_world world;
	open_world(&world);
	world.settings.write_ms = 300;
	http_world_start(&world);
	int fd = small_window_client(&world);
	say(fd, GET("/big") GET("/big"));
	http_world_await(&world.handled, 1);
	http_world_await_connections(&world, 0);
	close(fd);
	assert_int_equal(world.gone, 0);
	http_world_stop(&world);
}

static void who_takes_a_little_now_and_then_is_served(void **state)
{
	(void)state;
	struct http_world world;
	static char text[1 << 16];
	open_world(&world);
	world.settings.write_ms = 1500;
	http_world_start(&world);
	int fd = small_window_client(&world);
	say(fd, GET("/big"));
	hear(fd, "\r\n\r\n", text, sizeof(text));
	size_t have = 0;
	/* slowly for twice as long as one who took nothing would have, then all that is left */
	for (int i = 0; i < 450; i++) {
		ssize_t count = recv(fd, text, 4096, 0);
		assert_true(count > 0);
		have += (size_t)count;
		usleep(10000);
	}
	assert_true(have < BIG);
	while (have < BIG) {
		ssize_t count = recv(fd, text, sizeof(text), 0);
		assert_true(count > 0);
		have += (size_t)count;
	}
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	close(fd);
	http_world_finish(&world);
}

static void leave_by_close(int fd)
{
	close(fd);
}

static void leave_by_reset(int fd)
{
	reset_socket(fd);
}

static void leave_by_half_close(int fd)
{
	shutdown(fd, SHUT_WR);
	hear_end(fd, false);
	close(fd);
}

/* However the client leaves while its answer is worked on, that is told once. */
static void who_leaves_while_waiting_is_gone_once(void **state)
{
	(void)state;
	static void (*const leave[])(int) = {leave_by_close, leave_by_reset, leave_by_half_close};
	struct http_world world;
	open_world(&world);
	http_world_start(&world);
	for (unsigned i = 0; i < 3; i++) {
		int fd = http_world_client(&world, 0);
		say(fd, GET("/never"));
		http_world_await(&world.handled, i + 1);
		leave[i](fd);
		http_world_await(&world.gone, i + 1);
	}
	http_world_await_connections(&world, 0);
	assert_int_equal(http_world_count(&world).requests_open, 0);
	http_world_stop(&world);
	assert_int_equal(world.gone, 3);
}

/* The end comes in one packet with the last bytes of the body: the library does not see it. */
static void an_end_that_comes_with_the_body_is_seen(void **state)
{
	(void)state;
	struct http_world world;
	open_world(&world);
	http_world_start(&world);
	for (unsigned i = 0; i < 10; i++) {
		int fd = http_world_client(&world, 0);
		say(fd, "POST /never HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
		close(fd);
	}
	http_world_await(&world.gone, 10);
	http_world_finish(&world);
}

static void an_answer_that_comes_too_late_goes_nowhere(void **state)
{
	(void)state;
	struct http_world world;
	open_world(&world);
	http_world_start(&world);
	for (unsigned i = 0; i < 2; i++) {
		int fd = http_world_client(&world, 0);
		say(fd, GET("/forgotten"));
		http_world_await(&world.handled, i + 1);
		close(fd);
		http_world_await_connections(&world, 0);
		if (i == 0)
			http_world_answer_forgotten(&world);
	}
	/* the last is answered when there is no server any more */
	http_world_stop(&world);
	http_answer(world.forgotten, 200, NULL, NULL, 0);
}

/* Clients that leave at every point; what they had open is closed. */
static void aborted_connections_leave_nothing_behind(void **state)
{
	(void)state;
	static const char *const said[] = {
		"",
		"\r\n",
		"GET /hea",
		"GET /health HTTP/1.1\r\nHo",
		GET_HEALTH,
		GET("/later"),
		GET("/never"),
		GET("/big"),
		GET("/stream"),
		"POST /execute HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nhello",
		"POST /execute HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"POST /never HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	};
	enum { KINDS = sizeof(said) / sizeof(said[0]) };
	struct http_world world;
	int fds[16 * KINDS];
	http_world_init(&world);
	world.settings = (struct http_settings){
		.head_ms = 500, .body_ms = 500, .idle_ms = 500, .write_ms = 500};
	http_world_start(&world);
	int before = count_descriptors();
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 16 * KINDS; i++) {
			fds[i] = http_world_client(&world, 0);
			say(fds[i], said[i % KINDS]);
		}
		for (size_t i = 0; i < 16 * KINDS; i++) {
			if (i / KINDS % 2)
				close(fds[i]);
			else
				reset_socket(fds[i]);
		}
		http_world_await_connections(&world, 0);
	}
	struct http_counts counts = http_world_count(&world);
	assert_int_equal(counts.requests_open, 0);
	assert_int_equal(counts.streams, 0);
	assert_int_equal(count_descriptors(), before);
	http_world_stop(&world);
}

static void a_refusing_server_finishes_what_it_has(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096];
	open_world(&world);
	http_world_start(&world);
	int idle = http_world_client(&world, 0), fresh = http_world_client(&world, 0);
	int waiting = http_world_client(&world, 0), sending = http_world_client(&world, 0);
	http_world_expect(idle, GET_HEALTH, 200, "well\n");
	say(waiting, GET("/forgotten"));
	say(sending, "POST /execute HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhe");
	http_world_await(&world.handled, 1);
	http_world_await(&world.begun, 3);
	http_world_await_connections(&world, 4);
	http_world_refuse(&world);
	hear_end(idle, false);
	hear_end(fresh, false);
	http_world_await_connections(&world, 2);

	http_world_answer_forgotten(&world);
	assert_int_equal(http_world_hear(waiting, text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
	hear_end(waiting, false);
	http_world_expect(sending, "llo", 200, "hello");
	hear_end(sending, false);
	http_world_await_connections(&world, 0);
	assert_int_equal(http_world_connect(&world, 0), -ECONNREFUSED);
	close(idle);
	close(fresh);
	close(waiting);
	close(sending);
	http_world_stop(&world);
}

static void a_stop_ends_everything(void **state)
{
	(void)state;
	static const char *const said[] = {
		GET("/never"),
		GET("/stream"),
		GET("/never"),
		GET("/stream"),
		GET_HEALTH,
		"GET /",
		"POST /execute HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhe",
	};
	enum { KINDS = sizeof(said) / sizeof(said[0]) };
	struct http_world world;
	int fds[KINDS];
	open_world(&world);
	http_world_start(&world);
	for (size_t i = 0; i < KINDS; i++) {
		fds[i] = http_world_client(&world, 0);
		say(fds[i], said[i]);
	}
	http_world_await(&world.handled, 4);
	http_world_await(&world.begun, 6);
	assert_int_equal(http_world_count(&world).streams, 2);
	for (size_t i = 0; i < KINDS; i++)
		world.descriptors++; /* ours */
	http_world_stop(&world);
	assert_int_equal(world.gone, 4);
	for (size_t i = 0; i < KINDS; i++) {
		char text[4096];
		while (recv(fds[i], text, sizeof(text), 0) > 0)
			;
		assert_true(is_cut(fds[i]));
		close(fds[i]);
	}
}

static void who_comes_too_many_waits(void **state)
{
	(void)state;
	struct http_world world;
	open_world(&world);
	world.settings.max_connections = 2;
	http_world_start(&world);
	int first = http_world_client(&world, 0), second = http_world_client(&world, 0);
	http_world_expect(first, GET_HEALTH, 200, "well\n");
	http_world_expect(second, GET_HEALTH, 200, "well\n");
	int third = http_world_client(&world, 0);
	say(third, GET_HEALTH);
	usleep(100000);
	assert_int_equal(http_world_count(&world).connections, 2);
	close(first);
	char text[4096];
	assert_int_equal(http_world_hear(third, text, sizeof(text)), 200);
	close(second);
	close(third);
	http_world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dripped_head_is_cut_off),
		cmocka_unit_test(a_dripped_body_is_cut_off),
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(who_waits_for_an_answer_is_not_cut_off),
		cmocka_unit_test(who_takes_nothing_is_cut_off),
		cmocka_unit_test(who_takes_a_little_now_and_then_is_served),
		cmocka_unit_test(who_leaves_while_waiting_is_gone_once),
		cmocka_unit_test(an_end_that_comes_with_the_body_is_seen),
		cmocka_unit_test(an_answer_that_comes_too_late_goes_nowhere),
		cmocka_unit_test(aborted_connections_leave_nothing_behind),
		cmocka_unit_test(a_refusing_server_finishes_what_it_has),
		cmocka_unit_test(a_stop_ends_everything),
		cmocka_unit_test(who_comes_too_many_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
