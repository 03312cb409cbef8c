/* Requests of our own: what comes back, and that nothing hangs or stays behind. */
#include "tests/fetch_cmocka.h"

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
	struct asked asked = ask("http://slow.test/", (struct fetch_request){.timeout_ms = 100});
	assert_false(asked.answered);
	assert_non_null(strstr(asked.err.text, "within 100 ms"));
	struct asked cancelled = {0};
	start(&cancelled, &(struct fetch_request){.url = "http://slow.test/"});
	for (int i = 0; i < 5; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	fetch_cancel(cancelled.fetch);
	assert_int_equal(cancelled.calls, 0);
	assert_int_equal(slow_ended, 0);
	slow_may_end = true; /* by themselves, and they free what they held */
	while (slow_ended < slow_begun)
		usleep(1000);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_come_back),
		TEST(redirects_are_answers),
		TEST(a_large_answer_is_cut),
		TEST(failures_are_told_in_words),
		TEST(headers_cannot_be_split),
		TEST(a_slow_resolver_holds_nobody_up),
		TEST(cancelled_ones_are_not_told),
		TEST(the_fetcher_may_be_closed_from_a_callback),
		TEST(many_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
