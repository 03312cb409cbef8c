/* What tests of requests share: names that resolve as the test says, a server of odd answers, and an asker. */
#ifndef TESTS_FETCH_CMOCKA_H
#define TESTS_FETCH_CMOCKA_H

#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/net/client/fetch.h"
#include "tests/receiver.h"

/* Look-ups of slow.test, which end when the test says so, or else after half a minute. */
enum { SLOW_MS = 30 * 1000 };
static atomic_bool slow_may_end;
static atomic_uint slow_begun, slow_ended;

/* Stands before libc's for libcurl too: names under .test have the addresses that the test says. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		struct addrinfo **out)
{
	typedef int (*getaddrinfo_fn)(const char *, const char *, const struct addrinfo *,
				      struct addrinfo **);
	getaddrinfo_fn real;
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	static const char *const names[][2] = {
		{"loopback.test", "127.0.0.1"},
		{"private.test", "10.1.2.3"},
		{"mapped.test", "::ffff:127.0.0.1"},
		{"metadata.test", "169.254.169.254"},
	};
	if (name && strcmp(name, "slow.test") == 0) {
		slow_begun++;
		for (int i = 0; i < SLOW_MS && !slow_may_end; i++)
			usleep(1000);
		slow_ended++;
		return EAI_NONAME;
	}
	if (name && strcmp(name, "nowhere.test") == 0)
		return EAI_NONAME;
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i][0]) == 0)
			return real(names[i][1], service, hints, out);
	return real(name, service, hints, out);
}

static const char *const local[] = {"127.0.0.1", "localhost", "loopback.test", NULL};

struct asked { /* what one request came to */
	struct fetch *fetch;
	unsigned calls;
	bool answered;
	unsigned status;
	char body[128];
	size_t len;
	char retry_after[32];
	struct error err;
	void (*then)(struct asked *asked);
};

static struct receiver server;
static uv_loop_t loop;
static struct fetcher *fetcher;

static inline void serve_big(int fd)
{
	static char block[64 * 1024];
	memset(block, 'x', sizeof(block));
	receiver_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
	for (int i = 0; i < 1600; i++)
		if (send(fd, block, sizeof(block), MSG_NOSIGNAL) <= 0)
			return;
}

/* Until the client has had enough. */
static inline void serve_heads(int fd)
{
	char header[1100];
	memset(header, 'h', sizeof(header));
	memcpy(header, "X-H: ", 5);
	memcpy(header + sizeof(header) - 2, "\r\n", 2);
	receiver_say(fd, "HTTP/1.1 200 OK\r\n");
	while (send(fd, header, sizeof(header), MSG_NOSIGNAL) > 0)
		;
}

static inline void serve(struct receiver *receiver, int fd, const char *text, const char *body)
{
	char path[64] = "", method[16] = "", type[64];
	sscanf(text, "%15s %63s", method, path);
	receiver_header(text, "Content-Type", type, sizeof(type));
	if (strcmp(path, "/echo") == 0)
		receiver_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s %s %s",
			     strlen(method) + strlen(type) + strlen(body) + 2, method, type, body);
	else if (strcmp(path, "/big") == 0)
		serve_big(fd);
	else if (strcmp(path, "/heads") == 0)
		serve_heads(fd);
	else if (strcmp(path, "/early") == 0)
		receiver_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
	else if (strcmp(path, "/busy") == 0)
		receiver_say(fd,
			     "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
	else if (strcmp(path, "/moved") == 0)
		receiver_say(fd, "HTTP/1.1 302 Found\r\nLocation: /echo\r\nSet-Cookie: a=b\r\n"
				 "Content-Length: 0\r\n\r\n");
	else if (strcmp(path, "/noise") == 0)
		receiver_say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
	else if (strcmp(path, "/silent") == 0)
		receiver_hold(receiver, fd);
	/* anything else, "/nothing": closed without a word */
}

static inline void on_done(void *ctx, const struct fetch_answer *answer, const struct error *err)
{
	struct asked *asked = ctx;
	asked->calls++;
	assert_true(!answer == !!err);
	if (err)
		asked->err = *err;
	if (answer) {
		asked->answered = true;
		asked->status = answer->status;
		asked->len = answer->len;
		snprintf(asked->body, sizeof(asked->body), "%s", answer->body);
		snprintf(asked->retry_after, sizeof(asked->retry_after), "%s",
			 answer->retry_after ? answer->retry_after : "");
	}
	if (asked->then)
		asked->then(asked);
}

static inline void start(struct asked *asked, const struct fetch_request *request)
{
	struct error err = {0};
	assert_int_equal(fetch_start(&asked->fetch, fetcher, request, on_done, asked, &err), 0);
	assert_int_equal(asked->calls, 0);
}

/* One request, awaited; the URL is the server's when it starts with a slash. */
static inline struct asked ask(const char *target, struct fetch_request request)
{
	char url[256];
	struct asked asked = {0};
	snprintf(url, sizeof(url), "%s%s", *target == '/' ? server.url : "", target);
	request.url = url;
	start(&asked, &request);
	while (asked.calls == 0)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(asked.calls, 1);
	return asked;
}

static inline void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static inline int set_up(void **state)
{
	(void)state;
	struct error err = {0};
	signal(SIGPIPE, SIG_IGN);
	receiver_start(&server, 0, serve, NULL);
	uv_loop_init(&loop);
	return fetcher_new(&fetcher, &loop, &err);
}

static inline int tear_down(void **state)
{
	(void)state;
	bool closed = false;
	if (fetcher)
		fetcher_close(fetcher, on_closed, &closed);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(closed || !fetcher);
	assert_int_equal(uv_loop_close(&loop), 0);
	receiver_stop(&server);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
