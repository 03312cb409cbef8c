/* An HTTP server on a loop in a thread, for tests of engine/net/http.h. */
#include "tests/http_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the handlers, on the loop's thread ---- */

static struct http_world *here; /* one world at a time */

static void answer(struct http_exchange *exchange, unsigned status, const char *text)
{
	http_answer(exchange, status, "text/plain", text, strlen(text));
}

static void on_begin(void *ctx, struct http_exchange *exchange)
{
	struct http_world *world = ctx;
	const char *owner = http_header(exchange, "X-Owner");
	if (owner)
		http_set_owner(exchange, owner);
	world->begun++;
	if (strcmp(http_path(exchange), "/health") == 0)
		answer(exchange, 200, "well\n");
	else if (strcmp(http_path(exchange), "/early") == 0)
		answer(exchange, 413, "too much\n");
	else if (strcmp(http_path(exchange), "/midway") == 0)
		world->forgotten = exchange;
}

struct later {
	uv_timer_t timer;
	struct http_exchange *exchange;
};

static void free_later(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_later(uv_timer_t *timer)
{
	struct later *later = timer->data;
	if (later->exchange)
		answer(later->exchange, 200, "later\n");
	uv_close((uv_handle_t *)timer, free_later);
}

static void on_later_gone(void *ctx)
{
	struct later *later = ctx;
	later->exchange = NULL;
	here->gone++;
}

static void answer_later(struct http_world *world, struct http_exchange *exchange)
{
	struct later *later = malloc(sizeof(*later));
	later->exchange = exchange;
	uv_timer_init(&world->loop, &later->timer);
	later->timer.data = later;
	uv_timer_start(&later->timer, on_later, 20, 0);
	http_on_gone(exchange, on_later_gone, later);
}

static void on_gone(void *ctx)
{
	(void)ctx;
	here->gone++;
}

static void show(struct http_exchange *exchange)
{
	char text[1024];
	const char *query = http_query(exchange, "q"), *header = http_header(exchange, "x-sHOW");
	snprintf(text, sizeof(text), "%s %s q=%s x-show=%s\n", http_method(exchange),
		 http_path(exchange), query ? query : "(none)", header ? header : "(none)");
	http_add_header(exchange, "X-Own", "mine");
	http_add_header(exchange, "X-Bad", "two\r\nX-Lines: 1");
	answer(exchange, 200, text);
}

static void answer_big(struct http_exchange *exchange)
{
	char *text = malloc(BIG);
	for (size_t i = 0; i < BIG; i++)
		text[i] = (char)('a' + i % 26);
	http_answer(exchange, 200, "text/plain", text, BIG);
	free(text);
}

static void on_stream_gone(void *ctx)
{
	*(struct http_exchange **)ctx = NULL;
	here->gone++;
}

static void begin_stream(struct http_world *world, struct http_exchange *exchange)
{
	struct http_exchange **place = &world->streams[world->stream_count++ % WORLD_STREAMS];
	*place = exchange;
	http_on_gone(exchange, on_stream_gone, place);
	http_stream_begin(exchange, 200, "text/event-stream");
	http_stream_farewell(exchange, "s", "farewell");
}

static void on_handle(void *ctx, struct http_exchange *exchange)
{
	struct http_world *world = ctx;
	const char *path = http_path(exchange);
	size_t len;
	const char *body = http_body(exchange, &len);
	world->handled++;
	if (strcmp(path, "/execute") == 0)
		http_answer(exchange, 200, "text/plain", body, len);
	else if (strcmp(path, "/later") == 0)
		answer_later(world, exchange);
	else if (strcmp(path, "/never") == 0)
		http_on_gone(exchange, on_gone, NULL);
	else if (strcmp(path, "/forgotten") == 0)
		world->forgotten = exchange;
	else if (strcmp(path, "/big") == 0)
		answer_big(exchange);
	else if (strncmp(path, "/show", 5) == 0)
		show(exchange);
	else if (strcmp(path, "/stream") == 0)
		begin_stream(world, exchange);
	else if (strcmp(path, "/empty") == 0)
		http_answer(exchange, 204, NULL, NULL, 0);
	else
		answer(exchange, 404, "nothing\n");
}

/* ---- the thread ---- */

static void on_stopped(void *ctx)
{
	struct http_world *world = ctx;
	world->stopped = true;
	uv_close((uv_handle_t *)&world->ask, NULL);
}

static void on_ask(uv_async_t *async)
{
	struct http_world *world = async->data;
	pthread_mutex_lock(&world->lock);
	if (world->asked)
		world->asked(world);
	world->asked = NULL;
	pthread_cond_signal(&world->answered);
	pthread_mutex_unlock(&world->lock);
}

static void *run(void *ctx)
{
	struct http_world *world = ctx;
	uv_run(&world->loop, UV_RUN_DEFAULT);
	return NULL;
}

void http_world_ask(struct http_world *world, void (*what)(struct http_world *world))
{
	pthread_mutex_lock(&world->lock);
	world->asked = what;
	uv_async_send(&world->ask);
	while (world->asked)
		pthread_cond_wait(&world->answered, &world->lock);
	pthread_mutex_unlock(&world->lock);
}

void http_world_init(struct http_world *world)
{
	memset(world, 0, sizeof(*world));
	signal(SIGPIPE, SIG_IGN);
	here = world;
	/* the first loop of a process opens a pipe for signals that stays */
	assert_int_equal(uv_loop_init(&world->loop), 0);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	world->descriptors = count_descriptors();
	pthread_mutex_init(&world->lock, NULL);
	pthread_cond_init(&world->answered, NULL);
	assert_int_equal(uv_loop_init(&world->loop), 0);
	assert_int_equal(uv_async_init(&world->loop, &world->ask, on_ask), 0);
	world->ask.data = world;
}

void http_world_start(struct http_world *world)
{
	struct http_handlers handlers = {on_begin, on_handle, world};
	struct error err = {0};
	if (!world->listeners[0])
		world->listeners[0] = "127.0.0.1:0";
	if (http_start(&world->http, &world->loop, world->listeners, &world->settings, &handlers,
		       &err) != 0)
		fail_msg("%s", err.text);
	pthread_create(&world->thread, NULL, run, world);
}

static void stop(struct http_world *world)
{
	http_stop(world->http, on_stopped, world);
}

void http_world_stop(struct http_world *world)
{
	http_world_ask(world, stop);
	pthread_join(world->thread, NULL);
	assert_true(world->stopped);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	pthread_cond_destroy(&world->answered);
	pthread_mutex_destroy(&world->lock);
	assert_int_equal(count_descriptors(), world->descriptors);
}

/* ---- what tests ask for ---- */

int http_world_connect(struct http_world *world, size_t listener)
{
	const char *text = http_listener(world->http, listener);
	struct timeval patience = {.tv_sec = 60};
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} to = {0};
	int port = atoi(strrchr(text, ':') + 1);
	if (strncmp(text, "unix:", 5) == 0) {
		to.un.sun_family = AF_UNIX;
		snprintf(to.un.sun_path, sizeof(to.un.sun_path), "%s", text + 5);
	} else if (text[0] == '[') {
		to.in6.sin6_family = AF_INET6;
		to.in6.sin6_addr = in6addr_loopback;
		to.in6.sin6_port = htons((uint16_t)port);
	} else {
		to.in.sin_family = AF_INET;
		to.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		to.in.sin_port = htons((uint16_t)port);
	}
	int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	socklen_t len = to.any.sa_family == AF_UNIX ? sizeof(to.un) : sizeof(to.in6);
	if (connect(fd, &to.any, len) == 0)
		return fd;
	int rc = -errno;
	close(fd);
	return rc;
}

int http_world_client(struct http_world *world, size_t listener)
{
	int fd = http_world_connect(world, listener);
	assert_true(fd >= 0);
	return fd;
}

int http_world_hear(int fd, char *text, size_t size)
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

void http_world_expect(int fd, const char *request, int status, const char *body)
{
	char text[1 << 16];
	say(fd, request);
	int got = http_world_hear(fd, text, sizeof(text));
	if (got != status)
		fail_msg("wanted %d after:\n%s\ngot:\n%s", status, request, text);
	if (body)
		assert_string_equal(strstr(text, "\r\n\r\n") + 4, body);
}

static struct http_exchange **newest(struct http_world *world)
{
	return &world->streams[(world->stream_count - 1) % WORLD_STREAMS];
}

static void write_pieces(struct http_world *world)
{
	char *piece = malloc(world->write_len);
	memset(piece, 's', world->write_len);
	world->writes_taken = 0;
	for (size_t i = 0; i < world->write_count && *newest(world); i++)
		world->writes_taken += http_stream_write(*newest(world), piece, world->write_len,
							 world->may_drop);
	free(piece);
}

size_t http_world_write(struct http_world *world, size_t len, size_t count, bool may_drop)
{
	world->write_len = len;
	world->write_count = count;
	world->may_drop = may_drop;
	http_world_ask(world, write_pieces);
	return world->writes_taken;
}

static void end_newest(struct http_world *world)
{
	http_stream_end(*newest(world));
	*newest(world) = NULL;
}

void http_world_end(struct http_world *world)
{
	http_world_ask(world, end_newest);
}

static void refuse(struct http_world *world)
{
	http_refuse(world->http);
}

void http_world_refuse(struct http_world *world)
{
	http_world_ask(world, refuse);
}

static void answer_forgotten(struct http_world *world)
{
	answer(world->forgotten, 200, "at last\n");
	world->forgotten = NULL;
}

void http_world_answer_forgotten(struct http_world *world)
{
	http_world_ask(world, answer_forgotten);
}

static void take_counts(struct http_world *world)
{
	http_count(world->http, &world->counts);
}

struct http_counts http_world_count(struct http_world *world)
{
	http_world_ask(world, take_counts);
	return world->counts;
}

void http_world_await(atomic_uint *number, unsigned want)
{
	for (int i = 0; i < 6000 && *number != want; i++)
		usleep(10000);
	assert_int_equal(*number, want);
}

void http_world_await_connections(struct http_world *world, unsigned want)
{
	for (int i = 0; i < 6000 && http_world_count(world).connections != want; i++)
		usleep(10000);
	assert_int_equal(http_world_count(world).connections, want);
}

void http_world_finish(struct http_world *world)
{
	http_world_await_connections(world, 0);
	http_world_stop(world);
}
