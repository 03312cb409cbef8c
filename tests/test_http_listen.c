/* Listeners of the HTTP server: which addresses are ones, and what happens to sockets left behind. */
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

#include "engine/base/file.h"
#include "tests/http_world.h"

static void addresses_are_read_strictly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int local; /* -1: none */
	} cases[] = {
		{"127.0.0.1:7357", 1},
		{"127.8.8.8:0", 1},
		{"[::1]:65535", 1},
		{"unix:/run/assay.sock", 1},
		{"0.0.0.0:80", 0},
		{"192.168.1.2:80", 0},
		{"[::]:80", 0},
		{"[2001:db8::1]:80", 0},
		{"[::ffff:127.0.0.1]:80", 0},
		{"", -1},
		{":80", -1},
		{"80", -1},
		{"localhost:80", -1},
		{"127.0.0.1", -1},
		{"127.0.0.1:", -1},
		{"127.0.0.1:80x", -1},
		{"127.0.0.1:65536", -1},
		{"127.0.0.1:-1", -1},
		{"127.0.0.1:000080", -1},
		{"127.0.1:80", -1},
		{"0x7f.0.0.1:80", -1},
		{" 127.0.0.1:80", -1},
		{"::1:80", -1},
		{"[::1]", -1},
		{"[::1]80", -1},
		{"[127.0.0.1]:80", -1},
		{"[::1%lo]:80", -1},
		{"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]:80", -1},
		{"unix:", -1},
		{"unix:relative", -1},
		{"/run/assay.sock", -1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		bool local = false;
		int rc = http_listener_is_local(cases[i].text, &local, &err);
		if (rc != (cases[i].local < 0 ? -1 : 0) || (rc == 0 && local != cases[i].local))
			fail_msg("%s: %d, %d %s", cases[i].text, rc, local, err.text);
		if (rc != 0)
			assert_int_equal(err.code, ERROR_USAGE);
	}
}

static void a_path_may_be_107_characters_long(void **state)
{
	(void)state;
	char text[256] = "unix:/";
	bool local;
	struct error err;
	memset(text + 6, 'a', 106);
	assert_int_equal(http_listener_is_local(text, &local, &err), 0);
	text[6 + 106] = 'a';
	assert_int_equal(http_listener_is_local(text, &local, &err), -1);
}

static int start(const char *const *listeners, struct error *err)
{
	uv_loop_t loop;
	struct http *http = NULL;
	struct http_handlers handlers = {0};
	assert_int_equal(uv_loop_init(&loop), 0);
	int rc = http_start(&http, &loop, listeners, NULL, &handlers, err);
	if (rc == 0)
		http_stop(http, NULL, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return rc;
}

/* A socket that was bound by a process that is no more: nobody listens on it. */
static void leave_socket(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
}

static void only_a_stale_socket_is_replaced(void **state)
{
	(void)state;
	char folder[] = "/tmp/assay-http-XXXXXX", path[64], address[80];
	struct error err = {0};
	struct http_world world;
	struct stat found;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	snprintf(address, sizeof(address), "unix:%s", path);
	const char *listeners[] = {address, NULL};

	leave_socket(path);
	http_world_init(&world);
	world.listeners[0] = address;
	http_world_start(&world);

	/* a second server finds the first at home, and leaves it in peace */
	assert_int_equal(start(listeners, &err), -1);
	assert_int_equal(err.code, ERROR_CONFLICT);
	int fd = http_world_client(&world, 0);
	http_world_expect(fd, GET_HEALTH, 200, "well\n");
	close(fd);

	/* what is not ours any more is not removed at the end */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_write(path, "mine", 4, 0600, &err), 0);
	http_world_stop(&world);
	assert_int_equal(stat(path, &found), 0);

	assert_int_equal(start(listeners, &err), -1);
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void a_start_that_fails_leaves_nothing(void **state)
{
	(void)state;
	char folder[] = "/tmp/assay-http-XXXXXX", path[64], address[80];
	struct error err = {0};
	struct stat found;
	struct http_world world;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	snprintf(address, sizeof(address), "unix:%s", path);
	http_world_init(&world);
	http_world_start(&world);
	int before = count_descriptors();
	const char *listeners[] = {"127.0.0.1:0", address, "nonsense", NULL};
	assert_int_equal(start(listeners, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_int_equal(stat(path, &found), -1);
	listeners[2] = http_listener(world.http, 0); /* taken */
	assert_int_equal(start(listeners, &err), -1);
	assert_non_null(strstr(err.text, listeners[2]));
	assert_int_equal(stat(path, &found), -1);
	assert_int_equal(count_descriptors(), before);
	http_world_stop(&world);
	assert_int_equal(rmdir(folder), 0);
}

static void ipv6_is_served_where_there_is_any(void **state)
{
	(void)state;
	const char *listeners[] = {"[::1]:0", NULL};
	struct error err = {0};
	struct http_world world;
	if (start(listeners, &err) != 0)
		skip();
	http_world_init(&world);
	world.listeners[0] = listeners[0];
	http_world_start(&world);
	assert_memory_equal(http_listener(world.http, 0), "[::1]:", 6);
	int fd = http_world_client(&world, 0);
	http_world_expect(fd, "GET /show HTTP/1.1\r\n" HOST "\r\n", 200,
			  "GET /show q=(none) x-show=(none)\n");
	close(fd);
	http_world_stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_strictly),
		cmocka_unit_test(a_path_may_be_107_characters_long),
		cmocka_unit_test(only_a_stale_socket_is_replaced),
		cmocka_unit_test(a_start_that_fails_leaves_nothing),
		cmocka_unit_test(ipv6_is_served_where_there_is_any),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
