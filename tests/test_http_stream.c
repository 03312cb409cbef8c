/* Streams of the HTTP server: what is written arrives, slow readers are borne and then given up. */
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

#include "engine/base/clock.h"
#include "tests/http_world.h"

#define GET_STREAM "GET /stream HTTP/1.1\r\n" HOST "\r\n"

enum { PIECE = 64 << 10 };

/* A client with a small window, that asks for a stream and reads its head. */
static int open_stream(struct http_world *world, const char *request)
{
	char text[4096];
	unsigned before = world->handled;
	int fd = http_world_client(world, 0), size = 64 << 10;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	say(fd, request);
	http_world_await(&world->handled, before + 1);
	hear(fd, "\r\n\r\n", text, sizeof(text));
	assert_non_null(strstr(text, "200 OK"));
	assert_non_null(strstr(text, "\r\nContent-Type: text/event-stream\r\n"));
	return fd;
}

/* Reads chunks up to at least len bytes, or to the last chunk; says how many bytes they had. */
static size_t hear_chunks(int fd, size_t len)
{
	size_t have = 0;
	char line[64], data[1 << 16];
	while (have < len) {
		hear(fd, "\r\n", line, sizeof(line));
		size_t left = strtoul(line, NULL, 16);
		bool last = left == 0;
		have += left;
		for (left += 2; left > 0;) {
			size_t want = left < sizeof(data) ? left : sizeof(data);
			ssize_t count = recv(fd, data, want, 0);
			assert_true(count > 0);
			left -= (size_t)count;
		}
		if (last)
			break;
	}
	return have;
}

static void what_is_written_arrives(void **state)
{
	(void)state;
	struct http_world world;
	char text[64];
	http_world_init(&world);
	http_world_start(&world);
	int fd = open_stream(&world, GET_STREAM);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(http_world_write(&world, 3, 1, false), 1);
		hear(fd, "3\r\nsss\r\n", text, sizeof(text));
		usleep(10000); /* so that it is suspended again */
	}
	assert_int_equal(http_world_write(&world, 3, 2, true), 2);
	assert_int_equal(hear_chunks(fd, 6), 6);
	assert_int_equal(http_world_count(&world).streams, 1);
	http_world_end(&world);
	hear(fd, "0\r\n\r\n", text, sizeof(text));
	/* and the connection is kept */
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	assert_int_equal(http_world_count(&world).streams, 0);
	assert_int_equal(world.gone, 0);
	close(fd);
	http_world_finish(&world);
}

static void an_older_client_hears_the_end_by_the_close(void **state)
{
	(void)state;
	struct http_world world;
	char text[64];
	http_world_init(&world);
	http_world_start(&world);
	/* the library looks after the connection that was silent longest, so another must be that */
	int bystander = http_world_client(&world, 0);
	http_world_await_connections(&world, 1);
	int fd = open_stream(&world, "GET /stream HTTP/1.0\r\n\r\n");
	assert_int_equal(http_world_write(&world, 3, 1, false), 1);
	hear(fd, "sss", text, sizeof(text));
	assert_int_equal(http_world_write(&world, 4, 1, false), 1);
	http_world_end(&world);
	hear(fd, NULL, text, sizeof(text));
	assert_string_equal(text, "ssss");
	close(fd);
	http_world_await_connections(&world, 1);
	assert_int_equal(world.gone, 0);
	fd = open_stream(&world, GET_STREAM);
	close(fd);
	http_world_await_connections(&world, 1);
	assert_int_equal(world.gone, 1);
	close(bystander);
	http_world_finish(&world);
}

/* What may be dropped is; what was taken comes through whole. */
static void a_slow_reader_loses_what_may_be_dropped(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	http_world_start(&world);
	int fd = open_stream(&world, GET_STREAM);
	size_t taken = http_world_write(&world, PIECE, 100, true);
	assert_int_equal(taken, (1 << 20) / PIECE);
	/* what matters is kept all the same */
	assert_int_equal(http_world_write(&world, PIECE, 100, false), 100);
	assert_int_equal(http_world_write(&world, 1, 1, true), 0);
	taken += 100;
	assert_int_equal(hear_chunks(fd, taken * PIECE), taken * PIECE);
	assert_int_equal(http_world_write(&world, PIECE, 1, true), 1);
	assert_int_equal(hear_chunks(fd, PIECE), PIECE);
	http_world_end(&world);
	assert_int_equal(hear_chunks(fd, 1), 0);
	close(fd);
	assert_int_equal(world.gone, 0);
	http_world_finish(&world);
}

static void a_reader_too_slow_is_given_up(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	http_world_start(&world);
	int fd = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, 1 << 20, 40, false), 16);
	http_world_await(&world.gone, 1);
	http_world_await_connections(&world, 0);
	close(fd);
	/* a single piece that is too long is as bad */
	fd = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, (16 << 20) + 1, 1, false), 0);
	http_world_await(&world.gone, 2);
	close(fd);
	http_world_finish(&world);
	assert_int_equal(world.gone, 2);
}

/* Reads to the end of the connection; last gets the eight bytes before the last chunk's line end. */
static void hear_last(int fd, char last[11])
{
	char data[1 << 16];
	ssize_t count;
	memset(last, 0, 11);
	while ((count = recv(fd, data, sizeof(data), 0)) > 0) {
		for (ssize_t i = 0; i < count; i++) {
			memmove(last, last + 1, 9);
			last[9] = data[i];
		}
	}
	assert_int_equal(count, 0);
}

/* All streams share a bound: whoever is furthest behind goes, and is told. */
static void who_is_furthest_behind_goes(void **state)
{
	(void)state;
	struct http_world world;
	char text[11];
	http_world_init(&world);
	world.settings.max_streams = 12 << 20;
	http_world_start(&world);
	int behind = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, PIECE, 96, false), 96);
	int other = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, PIECE, 48, false), 48);
	int third = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, PIECE, 48, false), 48);
	/* nothing was lost on those that stay */
	assert_int_equal(hear_chunks(other, 48 * PIECE), 48 * PIECE);
	assert_int_equal(hear_chunks(third, 48 * PIECE), 48 * PIECE);
	hear_last(behind, text);
	assert_string_equal(text, "farewell\r\n");
	http_world_await(&world.gone, 1);
	assert_int_equal(http_world_count(&world).streams, 2);
	close(behind);
	behind = http_world_client(&world, 0);
	http_world_expect(behind, GET_HEALTH, 200, "well\n");
	close(behind);
	close(other);
	close(third);
	http_world_await(&world.gone, 3);
	http_world_finish(&world);
}

/* One that is alone and too long for all of it; and one that is given up and reads not even its farewell. */
static void who_is_given_up_is_not_waited_for(void **state)
{
	(void)state;
	struct http_world world;
	char text[64];
	http_world_init(&world);
	world.settings.max_streams = 4 << 20;
	world.settings.write_ms = 300;
	http_world_start(&world);
	int fd = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, 5 << 20, 1, false), 0);
	http_world_await(&world.gone, 1);
	hear(fd, "8\r\nfarewell\r\n", text, sizeof(text));
	hear_end(fd, false);
	close(fd);
	fd = open_stream(&world, GET_STREAM);
	size_t taken = http_world_write(&world, PIECE, 100, false);
	assert_in_range(taken, 1, 64);
	http_world_await(&world.gone, 2);
	/* it does not even read that */
	http_world_await_connections(&world, 0);
	close(fd);
	/* what they held is free again */
	fd = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, PIECE, 16, false), 16);
	assert_int_equal(hear_chunks(fd, 16 * PIECE), 16 * PIECE);
	close(fd);
	http_world_finish(&world);
}

static void keep_much(struct http_world *world)
{
	struct http_exchange *exchange = world->streams[0];
	http_stream_keeps(exchange, 3 << 20);
	http_stream_keeps(exchange, 2 << 20);
	http_stream_keeps(exchange, 3 << 20);
}

/* Who writes as much as there is room for, and keeps the rest, is counted the same. */
static void what_is_kept_for_a_stream_counts(void **state)
{
	(void)state;
	struct http_world world;
	char text[64];
	http_world_init(&world);
	world.settings.max_streams = 4 << 20;
	http_world_start(&world);
	int keeper = open_stream(&world, GET_STREAM);
	http_world_ask(&world, keep_much);
	int other = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, 2 << 20, 1, false), 1);
	http_world_await(&world.gone, 1);
	hear(keeper, "8\r\nfarewell\r\n", text, sizeof(text));
	hear_end(keeper, false);
	assert_int_equal(hear_chunks(other, 2 << 20), 2 << 20);
	close(keeper);
	close(other);
	http_world_finish(&world);
}

/* What is answered already stays; the next is told to come again, and may once there is room. */
static void answers_that_are_not_read_share_a_bound(void **state)
{
	(void)state;
	static const char get_big[] = "GET /big HTTP/1.1\r\n" HOST "\r\n";
	struct http_world world;
	static char text[BIG + 4096];
	http_world_init(&world);
	world.settings.max_answers = BIG + BIG / 2;
	http_world_start(&world);
	int size = 64 << 10, first = http_world_client(&world, 0);
	setsockopt(first, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	say(first, get_big);
	http_world_await(&world.handled, 1);
	int next = http_world_client(&world, 0);
	say(next, get_big);
	assert_int_equal(http_world_hear(next, text, sizeof(text)), 503);
	assert_non_null(strstr(text, "\r\nRetry-After: 1\r\n"));
	assert_non_null(strstr(text, "leave too many answers unread"));
	hear_end(next, false);
	close(next);
	next = http_world_client(&world, 0);
	http_world_expect(next, GET_HEALTH, 200, "well\n"); /* short ones are not meant */
	assert_int_equal(http_world_hear(first, text, sizeof(text)), 200);
	assert_int_equal(strlen(strstr(text, "\r\n\r\n")) - 4, BIG);
	/* it may take a turn until the library is done with the first */
	http_world_expect(first, GET_HEALTH, 200, "well\n");
	say(next, get_big);
	assert_int_equal(http_world_hear(next, text, sizeof(text)), 200);
	close(first);
	close(next);
	http_world_finish(&world);
}

/* One owner fills no more than half, whatever the number of its connections. */
static void an_owner_leaves_others_room_for_answers(void **state)
{
	(void)state;
	static const char mine[] = "GET /big HTTP/1.1\r\n" HOST "X-Owner: a\r\n\r\n";
	static const char other[] = "GET /big HTTP/1.1\r\n" HOST "X-Owner: b\r\n\r\n";
	struct http_world world;
	static char text[BIG + 4096];
	int fds[3], size = 64 << 10;
	http_world_init(&world);
	world.settings.max_answers = 2 * BIG + BIG / 2;
	http_world_start(&world);
	fds[0] = http_world_client(&world, 0);
	setsockopt(fds[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	say(fds[0], mine);
	http_world_await(&world.handled, 1);
	fds[1] = http_world_client(&world, 0);
	say(fds[1], mine);
	assert_int_equal(http_world_hear(fds[1], text, sizeof(text)), 503);
	fds[2] = http_world_client(&world, 0);
	say(fds[2], other);
	assert_int_equal(http_world_hear(fds[2], text, sizeof(text)), 200);
	assert_int_equal(http_world_hear(fds[0], text, sizeof(text)), 200);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	http_world_finish(&world);
}

static void a_reader_that_stops_is_given_up(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	world.settings.write_ms = 300;
	http_world_start(&world);
	int idle = open_stream(&world, GET_STREAM);
	int fd = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, 1 << 20, 15, false), 15);
	http_world_await(&world.gone, 1);
	/* a stream with nothing to say is not cut off */
	http_world_await_connections(&world, 1);
	usleep(700000);
	assert_int_equal(http_world_count(&world).streams, 1);
	close(fd);
	close(idle);
	http_world_finish(&world);
}

static void who_leaves_a_stream_is_gone_once(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	http_world_start(&world);
	/* while it is silent */
	int fd = open_stream(&world, GET_STREAM);
	close(fd);
	http_world_await(&world.gone, 1);
	/* in the middle of something */
	fd = open_stream(&world, GET_STREAM);
	assert_int_equal(http_world_write(&world, 1 << 20, 10, false), 10);
	reset_socket(fd);
	http_world_await(&world.gone, 2);
	/* by half */
	fd = open_stream(&world, GET_STREAM);
	shutdown(fd, SHUT_WR);
	http_world_await(&world.gone, 3);
	hear_end(fd, false);
	close(fd);
	/* an older one */
	fd = open_stream(&world, "GET /stream HTTP/1.0\r\n\r\n");
	close(fd);
	http_world_await(&world.gone, 4);
	http_world_finish(&world);
	assert_int_equal(world.gone, 4);
}

static void a_head_of_a_stream_ends_it(void **state)
{
	(void)state;
	struct http_world world;
	http_world_init(&world);
	http_world_start(&world);
	int fd = open_stream(&world, "HEAD /stream HTTP/1.1\r\n" HOST "\r\n");
	http_world_await(&world.gone, 1);
	hear_end(fd, false);
	close(fd);
	http_world_finish(&world);
}

/* A browser's onopen waits for the head, however long the first event takes. */
static void the_head_does_not_wait_for_the_first_event(void **state)
{
	(void)state;
	struct http_world world;
	double best = 1e9;
	http_world_init(&world);
	http_world_start(&world);
	/* the best of some: the machine may be busy; a head held back would take 200 ms each time */
	for (int i = 0; i < 5; i++) {
		double start = clock_ms();
		int fd = open_stream(&world, GET_STREAM);
		double took = clock_ms() - start;
		best = took < best ? took : best;
		close(fd);
	}
	assert_true(best < 150);
	http_world_finish(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_arrives),
		cmocka_unit_test(an_older_client_hears_the_end_by_the_close),
		cmocka_unit_test(a_slow_reader_loses_what_may_be_dropped),
		cmocka_unit_test(a_reader_too_slow_is_given_up),
		cmocka_unit_test(a_reader_that_stops_is_given_up),
		cmocka_unit_test(who_is_furthest_behind_goes),
		cmocka_unit_test(who_is_given_up_is_not_waited_for),
		cmocka_unit_test(what_is_kept_for_a_stream_counts),
		cmocka_unit_test(answers_that_are_not_read_share_a_bound),
		cmocka_unit_test(an_owner_leaves_others_room_for_answers),
		cmocka_unit_test(who_leaves_a_stream_is_gone_once),
		cmocka_unit_test(a_head_of_a_stream_ends_it),
		cmocka_unit_test(the_head_does_not_wait_for_the_first_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
