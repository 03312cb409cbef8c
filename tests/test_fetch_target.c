/* Whom requests of our own may be sent to: told by the URL, and by the address that its host turns out to have. */
#include "tests/fetch_cmocka.h"

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
		assert_int_equal(fetch_check(cases[i][0], NULL, &err), -1);
		assert_int_equal(err.code, ERROR_USAGE);
		assert_non_null(strstr(err.text, cases[i][1]));
	}
	struct error err = {0};
	assert_int_equal(fetch_check("https://example.org:8443/a?b=c#d", NULL, &err), 0);
	assert_int_equal(fetch_check("http://[2606:4700:4700::1111]/", NULL, &err), 0);
	assert_int_equal(fetch_check("http://localhost/", NULL, &err), 0); /* looked up later */
	assert_int_equal(fetch_check("http://127.0.0.1/", local, &err), 0);
	assert_int_equal(fetch_check("http://[2001:db8::1]/", NULL, &err), -1);
	assert_int_equal(err.code, ERROR_DENIED);
	char url[16 * 1024];
	memset(url, 'a', sizeof(url));
	memcpy(url, "http://a.example/", 17);
	url[sizeof(url) - 1] = '\0';
	assert_int_equal(fetch_check(url, NULL, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(private_addresses_are_refused_after_resolution),
		TEST(named_hosts_may_be_private),
		TEST(metadata_is_refused_whoever_is_listed),
		TEST(proxies_of_the_environment_are_not_asked),
		TEST(urls_that_may_not_be_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
