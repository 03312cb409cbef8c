/* A proxy in a thread of its own and sockets around it; see proxy_world.h. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/proxy_world.h"

int count_descriptors(void)
{
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int listen_on_loopback(int *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

static void set_timeouts(int fd)
{
	struct timeval patience = {.tv_sec = 60};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

void world_init(struct world *world)
{
	signal(SIGPIPE, SIG_IGN);
	memset(world, 0, sizeof(*world));
	/* the first loop of a process opens a pipe for signals that stays */
	assert_int_equal(uv_loop_init(&world->loop), 0);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	world->descriptors = count_descriptors();
	int port;
	world->server = listen_on_loopback(&port);
	set_timeouts(world->server);
	snprintf(world->target, sizeof(world->target), "localhost:%d", port);
	world->hosts[0] = world->target;
	world->private_hosts[0] = "localhost";
	world->rules.hosts = world->hosts;
	world->rules.private_hosts = world->private_hosts;
}

static void on_stopped(void *ctx)
{
	struct world *world = ctx;
	world->stopped = true;
}

static void on_ask(uv_async_t *ask)
{
	struct world *world = ask->data;
	proxy_stats(world->proxy, &world->stats);
	proxy_stop(world->proxy, on_stopped, world);
	uv_close((uv_handle_t *)ask, NULL);
}

static void *run_loop(void *ctx)
{
	struct world *world = ctx;
	uv_run(&world->loop, UV_RUN_DEFAULT);
	return NULL;
}

void world_start(struct world *world)
{
	struct error err = {0};
	assert_int_equal(uv_loop_init(&world->loop), 0);
	uv_async_init(&world->loop, &world->ask, on_ask);
	world->ask.data = world;
	int fd = listen_on_loopback(&world->proxy_port);
	assert_int_equal(proxy_start(&world->proxy, &world->loop, fd, &world->rules, &err), 0);
	assert_int_equal(pthread_create(&world->thread, NULL, run_loop, world), 0);
}

void world_stop(struct world *world)
{
	uv_async_send(&world->ask);
	pthread_join(world->thread, NULL);
	assert_true(world->stopped);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	close(world->server);
	assert_int_equal(count_descriptors(), world->descriptors);
}

int world_client(struct world *world)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)world->proxy_port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	set_timeouts(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

int world_accept(struct world *world)
{
	int fd = accept4(world->server, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	set_timeouts(fd);
	return fd;
}

void world_tunnel(struct world *world, int *client, int *server)
{
	char text[256];
	*client = world_client(world);
	snprintf(text, sizeof(text), "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", world->target,
		 world->target);
	say(*client, text);
	*server = world_accept(world);
	hear(*client, "\r\n\r\n", text, sizeof(text));
	assert_string_equal(text, "HTTP/1.1 200 Connection established\r\n\r\n");
}

void world_open(struct world *world, int *client, int *server)
{
	world_init(world);
	world_start(world);
	world_tunnel(world, client, server);
}

void say(int fd, const char *text)
{
	size_t len = strlen(text);
	assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

void hear(int fd, const char *end, char *text, size_t size)
{
	size_t len = 0, end_len = end ? strlen(end) : 0;
	for (;;) {
		text[len] = '\0';
		if (end && len >= end_len && memcmp(text + len - end_len, end, end_len) == 0)
			return;
		assert_true(len < size - 1);
		/* byte by byte: what comes after the end belongs to the next call */
		ssize_t count = recv(fd, text + len, end ? 1 : size - 1 - len, 0);
		if (count < 0)
			fail_msg("after \"%s\": %s", text, strerror(errno));
		if (count == 0 && !end)
			return;
		if (count == 0)
			fail_msg("the end came after \"%s\"", text);
		len += (size_t)count;
	}
}

void hear_end(int fd, bool want_reset)
{
	char byte;
	ssize_t count = recv(fd, &byte, 1, 0);
	assert_int_equal(count, want_reset ? -1 : 0);
	if (want_reset)
		assert_int_equal(errno, ECONNRESET);
}

void reset_socket(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

int world_black_hole(int fillers[4], int *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	for (int i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		int rc = connect(fillers[i], (struct sockaddr *)&in, sizeof(in));
		assert_true(rc == 0 || errno == EINPROGRESS);
	}
	*port = ntohs(in.sin_port);
	return fd;
}

void world_close_black_hole(int hole, const int fillers[4])
{
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(hole);
}
