/* What doctor finds out about registries, on loopback and on names that cannot exist. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/commands/reach.h"

/* A listening socket on 127.0.0.1; *port is its port. */
static int listen_somewhere(unsigned *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void each_host_gets_its_answer(void **state)
{
	char open_target[32], closed_target[32];
	unsigned port;

	(void)state;
	int fd = listen_somewhere(&port);
	snprintf(closed_target, sizeof(closed_target), "127.0.0.1:%u", port);
	close(fd);
	fd = listen_somewhere(&port);
	snprintf(open_target, sizeof(open_target), "127.0.0.1:%u", port);
	struct reach items[] = {
		{.target = open_target},
		{.target = closed_target},
		{.target = "registry.invalid:443"},
		{.target = "169.254.169.254:80"},
		{.target = "[::1]:1"},
	};
	reach_all(items, 5, 3000);
	close(fd);

	assert_int_equal(items[0].state, REACH_OK);
	assert_int_equal(items[0].kind, ADDRESS_PRIVATE);
	assert_string_equal(items[0].address, "127.0.0.1");
	assert_non_null(items[0].kind_word);
	assert_int_equal(items[1].state, REACH_REFUSED);
	assert_int_not_equal(items[1].why[0], '\0');
	assert_int_equal(items[2].state, REACH_UNRESOLVED);
	assert_string_equal(items[2].address, "");
	assert_int_equal(items[3].kind, ADDRESS_NEVER);
	assert_int_equal(items[3].state, REACH_REFUSED);
	assert_string_equal(items[3].why, "not tried");
	assert_int_equal(items[4].state, REACH_REFUSED);
}

/* A host that swallows packets (its queue is full) must not hold doctor up. */
static void a_silent_host_is_given_up(void **state)
{
	struct reach item = {0};
	char target[32];
	unsigned port;
	int fillers[16];
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	(void)state;
	int fd = listen_somewhere(&port);
	address.sin_port = htons((unsigned short)port);
	listen(fd, 0);
	for (size_t i = 0; i < 16; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
	}
	snprintf(target, sizeof(target), "127.0.0.1:%u", port);
	item.target = target;
	double before = clock_ms();
	reach_all(&item, 1, 300);
	assert_int_equal(item.state, REACH_SLOW);
	assert_true(clock_ms() - before < 20000);
	for (size_t i = 0; i < 16; i++)
		close(fillers[i]);
	close(fd);
}

static void no_hosts_are_no_work(void **state)
{
	(void)state;
	reach_all(NULL, 0, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_host_gets_its_answer),
		cmocka_unit_test(a_silent_host_is_given_up),
		cmocka_unit_test(no_hosts_are_no_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
