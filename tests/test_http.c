/* The HTTP server as its clients see it: answers now and later, bodies, headers, listeners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "tests/http_world.h"

static void open_world(struct http_world *world, int *fd)
{
	http_world_init(world);
	world->settings.max_body = 1 << 20;
	http_world_start(world);
	*fd = http_world_client(world, 0);
}

static void close_world(struct http_world *world, int fd)
{
	close(fd);
	http_world_finish(world);
}

static void one_connection_serves_many_requests(void **state)
{
	(void)state;
	struct http_world world;
	int fd;
	open_world(&world, &fd);
	for (int i = 0; i < 3; i++) {
		http_world_expect(fd, GET_HEALTH, 200, "well\n");
		http_world_expect(fd,
				  "POST /execute HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc",
				  200, "abc");
		http_world_expect(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n", 200, "later\n");
		http_world_expect(fd, "GET /nowhere HTTP/1.1\r\n" HOST "\r\n", 404, "nothing\n");
		http_world_expect(fd, "GET /empty HTTP/1.1\r\n" HOST "\r\n", 204, "");
	}
	struct http_counts counts = http_world_count(&world);
	assert_int_equal(counts.connections, 1);
	assert_int_equal(counts.requests, 15);
	assert_int_equal(counts.requests_open, 0);
	assert_int_equal(counts.refused, 0);
	assert_int_equal(counts.bytes_out, 3 * (5 + 3 + 6 + 8));
	assert_int_equal(world.gone, 0);
	close_world(&world, fd);
}

/* The second must wait for the first, whose answer comes in a later turn of the loop. */
static void pipelined_requests_are_answered_in_their_order(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096];
	int fd;
	open_world(&world, &fd);
	say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n"
		"POST /later HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" GET_HEALTH);
	static const char *const wanted[] = {"later\n", "later\n", "well\n"};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(http_world_hear(fd, text, sizeof(text)), 200);
		assert_string_equal(strstr(text, "\r\n\r\n") + 4, wanted[i]);
	}
	close_world(&world, fd);
}

static void fill(struct buf *out, size_t len)
{
	while (out->len < len)
		buf_putc(out, (char)('a' + out->len % 26));
}

static void say_buf(int fd, const struct buf *text)
{
	for (size_t at = 0; at < text->len;) {
		ssize_t count = send(fd, text->data + at, text->len - at, MSG_NOSIGNAL);
		assert_true(count > 0);
		at += (size_t)count;
	}
}

static void hear_body(int fd, const struct buf *body)
{
	size_t size = body->len + 4096;
	char *text = malloc(size);
	assert_int_equal(http_world_hear(fd, text, size), 200);
	assert_string_equal(strstr(text, "\r\n\r\n") + 4, body->data);
	free(text);
}

static void bodies_share_what_room_there_is(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096];
	http_world_init(&world);
	world.settings.max_body = 1000;
	world.settings.max_bodies = 1500;
	http_world_start(&world);
	int slow = http_world_client(&world, 0), quick = http_world_client(&world, 0);
	static const char head[] = "POST /execute HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n";
	char body[1001];
	memset(body, 'b', 1000);
	body[1000] = '\0';

	say(slow, head);
	say(slow, body + 1); /* one byte is missing */
	while (http_world_count(&world).bytes_in < 999)
		usleep(1000);
	say(quick, head);
	say(quick, body);
	assert_int_equal(http_world_hear(quick, text, sizeof(text)), 503);
	assert_non_null(strstr(text, "try again"));
	close(quick);

	say(slow, "b");
	assert_int_equal(http_world_hear(slow, text, sizeof(text)), 200);
	assert_string_equal(strstr(text, "\r\n\r\n") + 4, body);
	quick = http_world_client(&world, 0);
	say(quick, head);
	say(quick, body);
	assert_int_equal(http_world_hear(quick, text, sizeof(text)), 200);
	close(quick);
	close_world(&world, slow);
}

/* Of one owner's bodies, a third would be more than the two leave free; another's still comes through. */
static void an_owner_leaves_others_room_for_theirs(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096], body[1001], request[1200];
	int mine[3];
	http_world_init(&world);
	world.settings.max_body = 1000;
	world.settings.max_bodies = 4000;
	http_world_start(&world);
	memset(body, 'b', 1000);
	body[1000] = '\0';
	for (int i = 0; i < 3; i++) {
		mine[i] = http_world_client(&world, 0);
		say(mine[i],
		    "POST /execute HTTP/1.1\r\n" HOST "X-Owner: a\r\nContent-Length: 1000\r\n\r\n");
		say(mine[i], body + 1); /* one byte is missing */
		uint64_t came = http_world_count(&world).bytes_in;
		for (int turns = 0; turns < 5000 && came < 999 * (unsigned)(i + 1); turns++) {
			usleep(1000);
			came = http_world_count(&world).bytes_in;
		}
	}
	int other = http_world_client(&world, 0);
	snprintf(request, sizeof(request),
		 "POST /execute HTTP/1.1\r\n" HOST "X-Owner: b\r\nContent-Length: 1000\r\n\r\n%s",
		 body);
	http_world_expect(other, request, 200, body);
	say(mine[2], "b");
	assert_int_equal(http_world_hear(mine[2], text, sizeof(text)), 503);
	close(mine[2]);
	for (int i = 0; i < 2; i++) {
		say(mine[i], "b");
		assert_int_equal(http_world_hear(mine[i], text, sizeof(text)), 200);
		close(mine[i]);
	}
	close_world(&world, other);
}

static void large_bodies_come_through_whole(void **state)
{
	(void)state;
	struct http_world world;
	struct buf body, request;
	int fd;
	open_world(&world, &fd);
	buf_init(&body, 0);
	buf_init(&request, 0);
	fill(&body, 1 << 20);

	buf_printf(&request, "POST /execute HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n",
		   body.len);
	buf_append(&request, body.data, body.len);
	say_buf(fd, &request);
	hear_body(fd, &body);

	buf_clear(&request);
	buf_puts(&request, "POST /execute HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t at = 0, len = 1; at < body.len; at += len, len = 1 + len * 3 % 40009) {
		len = len < body.len - at ? len : body.len - at;
		buf_printf(&request, "%zx\r\n", len);
		buf_append(&request, body.data + at, len);
		buf_puts(&request, "\r\n");
	}
	buf_puts(&request, "0\r\n\r\n");
	say_buf(fd, &request);
	hear_body(fd, &body);
	buf_done(&request);
	buf_done(&body);
	close_world(&world, fd);
}

static void large_answers_come_through_whole(void **state)
{
	(void)state;
	struct http_world world;
	struct buf body;
	int fd;
	open_world(&world, &fd);
	buf_init(&body, 0);
	fill(&body, BIG);
	for (int i = 0; i < 2; i++) {
		say(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
		hear_body(fd, &body);
	}
	buf_done(&body);
	close_world(&world, fd);
}

/* A client that asks first is told at once: it never sends the body. */
static void expect_is_answered_by_100_or_413(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096];
	int fd;
	open_world(&world, &fd);
	say(fd,
	    "POST /execute HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	hear(fd, "\r\n\r\n", text, sizeof(text));
	assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
	http_world_expect(fd, "hello", 200, "hello");

	say(fd,
	    "POST /early HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	hear(fd, "\r\n\r\n", text, sizeof(text));
	assert_true(strncmp(text, "HTTP/1.1 413 ", 13) == 0);
	assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
	hear(fd, NULL, text, sizeof(text));
	assert_string_equal(text, "too much\n");
	close(fd);

	fd = http_world_client(&world, 0);
	http_world_expect(fd,
			  "POST /execute HTTP/1.1\r\n" HOST
			  "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n",
			  413, NULL);
	hear_end(fd, false);
	assert_int_equal(world.handled, 1);
	assert_int_equal(http_world_count(&world).refused, 1);
	close_world(&world, fd);
}

/* A refusal before the body: short ones are read and dropped, so that the connection is kept. */
static void an_early_answer_refuses_the_body(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096];
	int fd;
	open_world(&world, &fd);
	http_world_expect(fd, "POST /early HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 413,
			  "too much\n");
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	say(fd, "POST /early HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
	assert_int_equal(http_world_hear(fd, text, sizeof(text)), 413);
	hear_end(fd, false);
	assert_int_equal(world.handled, 0);
	close_world(&world, fd);
}

/* Neither refused at once nor asked for: the rest of the body is read and dropped. */
static void an_answer_may_come_before_the_whole_body(void **state)
{
	(void)state;
	struct http_world world;
	int fd;
	open_world(&world, &fd);
	say(fd, "POST /midway HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhello");
	http_world_await(&world.begun, 1);
	http_world_answer_forgotten(&world);
	http_world_expect(fd, "hello", 200, "at last\n");
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	assert_int_equal(world.handled, 0);
	close_world(&world, fd);
}

static void say_chunks(int fd, size_t count)
{
	struct buf chunk;
	buf_init(&chunk, 0);
	buf_puts(&chunk, "10000\r\n");
	fill(&chunk, 7 + 0x10000);
	buf_puts(&chunk, "\r\n");
	/* the server may have cut us off */
	for (size_t i = 0; i < count; i++)
		if (send(fd, chunk.data, chunk.len, MSG_NOSIGNAL) != (ssize_t)chunk.len)
			break;
	buf_done(&chunk);
}

static void chunks_over_the_limit_are_413_or_cut(void **state)
{
	(void)state;
	static const char head[] = "POST /execute HTTP/1.1\r\n" HOST
				   "Transfer-Encoding: chunked\r\n\r\n";
	struct http_world world;
	char text[4096];
	int fd;
	open_world(&world, &fd);
	say(fd, head);
	say_chunks(fd, 17);
	http_world_expect(fd, "0\r\n\r\n", 413, NULL);
	hear_end(fd, false);
	close(fd);

	fd = http_world_client(&world, 0);
	say(fd, head);
	say_chunks(fd, 1000);
	assert_true(recv(fd, text, sizeof(text), 0) <= 0);
	http_world_await_connections(&world, 0);
	assert_int_equal(world.handled, 0);
	assert_int_equal(world.begun, 2);
	close_world(&world, fd);
}

static void head_gets_headers_only(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096];
	int fd;
	open_world(&world, &fd);
	for (int i = 0; i < 2; i++) {
		say(fd, "HEAD /health HTTP/1.1\r\n" HOST "\r\n");
		hear(fd, "\r\n\r\n", text, sizeof(text));
		assert_non_null(strstr(text, "200 OK"));
		assert_non_null(strstr(text, "\r\nContent-Length: 5\r\n"));
	}
	say(fd, "HEAD /big HTTP/1.1\r\n" HOST "\r\n");
	hear(fd, "\r\n\r\n", text, sizeof(text));
	assert_non_null(strstr(text, "\r\nContent-Length: 8388608\r\n"));
	/* nothing but heads came */
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	close_world(&world, fd);
}

static void what_was_asked_is_seen_as_it_was_sent(void **state)
{
	(void)state;
	struct http_world world;
	char text[4096];
	int fd;
	open_world(&world, &fd);
	http_world_expect(fd,
			  "PATCH /show%2Fa?p=1&q=first&q=%41+b%26%3d&r HTTP/1.1\r\n" HOST
			  "X-Show:  a \tb\r\n\r\n",
			  200, "PATCH /show%2Fa q=A b&= x-show=a \tb\n");
	http_world_expect(fd, "GET /show?q HTTP/1.1\r\n" HOST "x-show:\r\n\r\n", 200,
			  "GET /show q= x-show=\n");
	http_world_expect(fd, "GET /show?&&p=q& HTTP/1.1\r\n" HOST "\r\n", 200,
			  "GET /show q=(none) x-show=(none)\n");
	say(fd, "GET /show HTTP/1.1\r\n" HOST "\r\n");
	http_world_hear(fd, text, sizeof(text));
	assert_non_null(strstr(text, "\r\nX-Own: mine\r\n"));
	assert_null(strstr(text, "X-Bad"));
	assert_null(strstr(text, "X-Lines"));
	close_world(&world, fd);
}

static void several_listeners_serve_side_by_side(void **state)
{
	(void)state;
	char folder[] = "/tmp/assay-http-XXXXXX", address[128];
	assert_non_null(mkdtemp(folder));
	snprintf(address, sizeof(address), "unix:%s/socket", folder);
	struct http_world world;
	struct stat found;
	http_world_init(&world);
	world.listeners[0] = "127.0.0.1:0";
	world.listeners[1] = address;
	world.listeners[2] = "127.0.0.1:0";
	http_world_start(&world);
	assert_string_equal(http_listener(world.http, 1), address);
	assert_string_not_equal(http_listener(world.http, 0), http_listener(world.http, 2));
	assert_int_equal(stat(address + 5, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	for (size_t i = 0; i < 3; i++) {
		int fd = http_world_client(&world, i);
		http_world_expect(fd, GET_HEALTH, 200, "well\n");
		http_world_expect(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n", 200, "later\n");
		http_world_expect(fd, "GET /show HTTP/1.1\r\n" HOST "\r\n", 200,
				  "GET /show q=(none) x-show=(none)\n");
		close(fd);
	}
	http_world_stop(&world);
	assert_int_equal(stat(address + 5, &found), -1);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_connection_serves_many_requests),
		cmocka_unit_test(pipelined_requests_are_answered_in_their_order),
		cmocka_unit_test(bodies_share_what_room_there_is),
		cmocka_unit_test(an_owner_leaves_others_room_for_theirs),
		cmocka_unit_test(large_bodies_come_through_whole),
		cmocka_unit_test(large_answers_come_through_whole),
		cmocka_unit_test(expect_is_answered_by_100_or_413),
		cmocka_unit_test(an_early_answer_refuses_the_body),
		cmocka_unit_test(an_answer_may_come_before_the_whole_body),
		cmocka_unit_test(chunks_over_the_limit_are_413_or_cut),
		cmocka_unit_test(head_gets_headers_only),
		cmocka_unit_test(what_was_asked_is_seen_as_it_was_sent),
		cmocka_unit_test(several_listeners_serve_side_by_side),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
