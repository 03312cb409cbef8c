/* Requests of our own: what comes back, what is refused, and that nothing hangs or stays behind. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/net/fetch.h"
#include "tests/receiver.h"

/*
 * Stands before libc's for libcurl too: names under .test have the addresses that the test says, and
 * slow.test takes its time.
 */
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
		sleep(2);
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

static void serve_big(int fd)
{
	static char block[64 * 1024];
	memset(block, 'x', sizeof(block));
	receiver_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
	for (int i = 0; i < 1600; i++)
		if (send(fd, block, sizeof(block), MSG_NOSIGNAL) <= 0)
			return;
}

/* Until the client has had enough. */
static void serve_heads(int fd)
{
	char header[1100];
	memset(header, 'h', sizeof(header));
	memcpy(header, "X-H: ", 5);
	memcpy(header + sizeof(header) - 2, "\r\n", 2);
	receiver_say(fd, "HTTP/1.1 200 OK\r\n");
	while (send(fd, header, sizeof(header), MSG_NOSIGNAL) > 0)
		;
}

static void serve(struct receiver *receiver, int fd, const char *text, const char *body)
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

static void on_done(void *ctx, const struct fetch_answer *answer, const struct error *err)
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

static void start(struct asked *asked, const struct fetch_request *request)
{
	struct error err = {0};
	assert_int_equal(fetch_start(&asked->fetch, fetcher, request, on_done, asked, &err), 0);
	assert_int_equal(asked->calls, 0);
}

/* One request, awaited; the URL is the server's when it starts with a slash. */
static struct asked ask(const char *target, struct fetch_request request)
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

static void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static int set_up(void **state)
{
	(void)state;
	struct error err = {0};
	signal(SIGPIPE, SIG_IGN);
	receiver_start(&server, 0, serve, NULL);
	uv_loop_init(&loop);
	return fetcher_new(&fetcher, &loop, &err);
}

static int tear_down(void **state)
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

static void answers_come_back(void **state)
{
	(void)state;
	struct fetch_request request = {.private_hosts = local};
	struct asked asked = ask("/echo", request);
	assert_true(asked.answered);
	assert_int_equal(asked.status, 200);
	assert_string_equal(asked.body, "GET  ");

	static const char *const headers[] = {"Content-Type: application/json", NULL};
	request.headers = headers;
	request.body = "{\"a\":1}";
	request.len = strlen(request.body);
	asked = ask("/echo", request);
	assert_string_equal(asked.body, "POST application/json {\"a\":1}");

	request.method = "PUT";
	asked = ask("/echo", request);
	assert_string_equal(asked.body, "PUT application/json {\"a\":1}");

	asked = ask("/busy", request);
	assert_int_equal(asked.status, 503);
	assert_string_equal(asked.retry_after, "7");
}

static void redirects_are_answers(void **state)
{
	(void)state;
	struct asked asked = ask("/moved", (struct fetch_request){.private_hosts = local});
	assert_int_equal(asked.status, 302);
	assert_int_equal(server.requests, 1);
}

static void a_large_answer_is_cut(void **state)
{
	(void)state;
	struct fetch_request request = {.private_hosts = local, .max_answer = 1000};
	struct asked asked = ask("/big", request);
	assert_true(asked.answered);
	assert_int_equal(asked.status, 200);
	assert_int_equal(asked.len, 1000);
}

static void failures_are_told_in_words(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"/silent", "127.0.0.1 gave no whole answer within 300 ms"},
		{"/early", "127.0.0.1: "},
		{"/nothing", "127.0.0.1: Empty reply from server"},
		{"/noise", "127.0.0.1: "},
		{"/heads", "127.0.0.1 answered with over 65536 bytes of headers"},
		{"http://nowhere.test/", "there is no address for the name nowhere.test"},
		{"http://127.0.0.1:1/", "127.0.0.1: "},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fetch_request request = {.private_hosts = local, .timeout_ms = 300};
		if (i > 0)
			request.timeout_ms = 10 * 1000;
		struct asked asked = ask(cases[i][0], request);
		assert_false(asked.answered);
		assert_memory_equal(asked.err.text, cases[i][1], strlen(cases[i][1]));
	}
}

static void private_addresses_are_refused_after_resolution(void **state)
{
	(void)state;
	static const char *const hosts[] = {"127.0.0.1",    "localhost",   "loopback.test",
					    "private.test", "mapped.test", "2130706433",
					    "0x7f.1",       "[::1]",       "[::ffff:127.0.0.1]"};
	static const char *const others[] = {"other.test", NULL};
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		char url[128];
		snprintf(url, sizeof(url), "http://%s:%d/echo", hosts[i], server.port);
		struct fetch_request request = {.private_hosts = i % 2 ? others : NULL};
		struct asked asked = ask(url, request);
		assert_false(asked.answered);
		assert_int_equal(asked.err.code, ERROR_DENIED);
		assert_non_null(strstr(asked.err.text, "not a public address"));
	}
	assert_int_equal(server.requests, 0);
}

static void named_hosts_may_be_private(void **state)
{
	(void)state;
	static const char *const hosts[] = {"localhost", "LOOPBACK.test"};
	for (size_t i = 0; i < 2; i++) {
		char url[128];
		snprintf(url, sizeof(url), "http://%s:%d/echo", hosts[i], server.port);
		struct asked asked = ask(url, (struct fetch_request){.private_hosts = local});
		assert_true(asked.answered);
	}
	/* a connection that one asker may have is not lent to one that may not */
	char url[128];
	snprintf(url, sizeof(url), "http://localhost:%d/echo", server.port);
	struct asked asked = ask(url, (struct fetch_request){0});
	assert_int_equal(asked.err.code, ERROR_DENIED);
}

static void metadata_is_refused_whoever_is_listed(void **state)
{
	(void)state;
	static const char *const hosts[] = {"169.254.169.254", "metadata.test", "0.0.0.0",
					    "224.0.0.1", NULL};
	for (size_t i = 0; hosts[i]; i++) {
		char url[128];
		snprintf(url, sizeof(url), "http://%s/latest/", hosts[i]);
		struct asked asked = ask(url, (struct fetch_request){.private_hosts = hosts});
		assert_int_equal(asked.err.code, ERROR_DENIED);
		assert_non_null(strstr(asked.err.text, "which nobody may ask"));
	}
}

static void proxies_of_the_environment_are_not_asked(void **state)
{
	(void)state;
	setenv("http_proxy", server.url, 1);
	setenv("all_proxy", server.url, 1);
	struct asked asked = ask("http://nowhere.test/echo",
				 (struct fetch_request){.private_hosts = local});
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_false(asked.answered);
	assert_int_equal(server.requests, 0);
}

static void urls_that_may_not_be_asked(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"", "empty"},
		{"example.org/x", "cannot be read"},
		{"ftp://example.org/", "http://"},
		{"file:///etc/passwd", "http://"},
		{"gopher://example.org:25/x", "http://"},
		{"http://user:pass@example.org/", "a user or a password"},
		{"http://user@example.org/", "a user or a password"},
		{"http://", "cannot be read"},
		{"http://exa mple.org/", "space"},
		{"http://example.org/\r\nX: y", "control"},
		{"http://[fe80::1%25eth0]/", "network interface"},
		{"http://example.org:99999/", "cannot be read"},
		{"http://[::1/", "cannot be read"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		assert_int_equal(fetch_check_url(cases[i][0], &err), -1);
		assert_int_equal(err.code, ERROR_USAGE);
		assert_non_null(strstr(err.text, cases[i][1]));
	}
	struct error err = {0};
	assert_int_equal(fetch_check_url("https://example.org:8443/a?b=c#d", &err), 0);
	assert_int_equal(fetch_check_url("http://[2001:db8::1]/", &err), 0);
	char url[16 * 1024];
	memset(url, 'a', sizeof(url));
	memcpy(url, "http://a.example/", 17);
	url[sizeof(url) - 1] = '\0';
	assert_int_equal(fetch_check_url(url, &err), -1);
}

static void headers_cannot_be_split(void **state)
{
	(void)state;
	static const char *const headers[] = {"X-A: b\r\nX-C: d", NULL};
	struct fetch_request request = {.url = server.url, .headers = headers};
	struct error err = {0};
	struct asked asked = {0};
	assert_int_equal(fetch_start(&asked.fetch, fetcher, &request, on_done, &asked, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
}

/* libcurl would wait in its own thread for the look-up to end, and the loop with it. */
static void a_slow_resolver_holds_nobody_up(void **state)
{
	(void)state;
	double before = clock_ms();
	struct asked asked = ask("http://slow.test/", (struct fetch_request){.timeout_ms = 100});
	assert_false(asked.answered);
	assert_non_null(strstr(asked.err.text, "within 100 ms"));
	struct asked cancelled = {0};
	start(&cancelled, &(struct fetch_request){.url = "http://slow.test/"});
	for (int i = 0; i < 5; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	fetch_cancel(cancelled.fetch);
	assert_int_equal(cancelled.calls, 0);
	assert_true(clock_ms() - before < 1800);
	sleep(3); /* the look-ups end by themselves, and free what they held */
}

static void cancelled_ones_are_not_told(void **state)
{
	(void)state;
	char url[128];
	struct asked asked[8] = {0};
	snprintf(url, sizeof(url), "%s/silent", server.url);
	for (size_t i = 0; i < 8; i++)
		start(&asked[i], &(struct fetch_request){.url = url, .private_hosts = local});
	fetch_cancel(asked[0].fetch); /* not begun */
	while (server.requests < 7) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
	for (size_t i = 1; i < 7; i++)
		fetch_cancel(asked[i].fetch);
	struct asked other = ask("/echo", (struct fetch_request){.private_hosts = local});
	assert_true(other.answered);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(asked[i].calls, 0);
	/* the eighth is cancelled by tear_down's close */
}

static void close_fetcher(struct asked *asked)
{
	(void)asked;
	static bool closed;
	closed = false;
	fetcher_close(fetcher, on_closed, &closed);
	fetcher = NULL;
}

static void the_fetcher_may_be_closed_from_a_callback(void **state)
{
	(void)state;
	char url[128];
	struct asked asked[4] = {{.then = close_fetcher}};
	snprintf(url, sizeof(url), "%s/echo", server.url);
	for (size_t i = 0; i < 4; i++)
		start(&asked[i], &(struct fetch_request){.url = url, .private_hosts = local});
	for (size_t i = 1; i < 4; i++)
		asked[i].then = close_fetcher;
	uv_run(&loop, UV_RUN_DEFAULT);
	unsigned calls = 0;
	for (size_t i = 0; i < 4; i++)
		calls += asked[i].calls;
	assert_int_equal(calls, 1);
}

enum { MANY = 300 };

static void many_at_once(void **state)
{
	(void)state;
	static struct asked asked[MANY];
	static const char *const paths[] = {"/echo", "/busy", "/nothing", "/early", "/big"};
	memset(asked, 0, sizeof(asked));
	for (size_t i = 0; i < MANY; i++) {
		char url[128];
		snprintf(url, sizeof(url), "%s%s", server.url, paths[i % 5]);
		start(&asked[i], &(struct fetch_request){.url = url, .private_hosts = local});
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(asked[i].calls, 1);
		assert_int_equal(asked[i].answered, i % 5 < 2 || i % 5 == 4);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_come_back),
		TEST(redirects_are_answers),
		TEST(a_large_answer_is_cut),
		TEST(failures_are_told_in_words),
		TEST(private_addresses_are_refused_after_resolution),
		TEST(named_hosts_may_be_private),
		TEST(metadata_is_refused_whoever_is_listed),
		TEST(proxies_of_the_environment_are_not_asked),
		TEST(urls_that_may_not_be_asked),
		TEST(headers_cannot_be_split),
		TEST(a_slow_resolver_holds_nobody_up),
		TEST(cancelled_ones_are_not_told),
		TEST(the_fetcher_may_be_closed_from_a_callback),
		TEST(many_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
