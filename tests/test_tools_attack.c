/* What a hostile workspace or a hostile agent may try: nothing outside is read, nothing hangs. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "tests/cpu.h"
#include "tests/tool_world_cmocka.h"

static int root; /* of the workspace, for making things */

static int set_up(void **state)
{
	tool_set_up(state);
	root = openat(world.workspace, ".", O_RDONLY | O_DIRECTORY);
	return root < 0;
}

static int tear_down(void **state)
{
	close(root);
	return tool_tear_down(state);
}

/* Every tool that takes a path, on this one; none may show what is outside. */
static void try_all(const char *path)
{
	static const char *const calls[][2] = {
		{"readFile", ""},
		{"writeFile", ",\"content\":\"x\""},
		{"deleteFile", ""},
		{"searchReplace", ",\"old_string\":\"OUTSIDE\",\"new_string\":\"x\""},
		{"listDirectory", ",\"recursive\":true"},
		{"searchFiles", ",\"query\":\"secret\""},
		{"grepSearch", ",\"query\":\"OUTSIDE|root:\""},
		{"codebaseSearch", ",\"query\":\"outside\""},
	};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		char arguments[2048];
		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"%s}", path, calls[i][1]);
		double before = clock_ms();
		bool done = tool_world_call(&world, calls[i][0], arguments) != NULL;
		assert_true(clock_ms() - before < 120 * 1000);
		/* a link itself may be written over or deleted */
		bool changes = strcmp(calls[i][0], "writeFile") == 0 ||
			       strcmp(calls[i][0], "deleteFile") == 0;
		if ((done && !changes && strcmp(path, ".") != 0) ||
		    strstr(world.answer.data, "OUTSIDE") || strstr(world.answer.data, "root:x"))
			fail_msg("%s(%s): %s", calls[i][0], arguments, world.answer.data);
	}
}

static void paths_that_climb_or_are_absolute(void **state)
{
	(void)state;
	static const char *const paths[] = {"../outside/secret.txt",
					    "../outside",
					    "..",
					    "a/../../outside",
					    "/etc/passwd",
					    "/",
					    "//etc/passwd",
					    "/workspace/../etc/passwd",
					    "/workspace/..",
					    "/workspacex/a",
					    "./../outside/secret.txt",
					    "..\\\\outside",
					    "/proc/self/root/etc/passwd",
					    "/workspace//../outside/secret.txt"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		try_all(paths[i]);
	refused("readFile", "{\"path\":\"../outside/secret.txt\"}", "climbs");
	refused("readFile", "{\"path\":\"/etc/passwd\"}", "absolute");
	refused("writeFile", "{\"path\":\"/workspace\",\"content\":\"\"}", "names the workspace");
	refused("writeFile", "{\"path\":\"a/.GIT/hooks/pre-commit\",\"content\":\"\"}", ".git");
	refused("deleteFile", "{\"path\":\".git/config\"}", ".git");
	refused("readFile", "{\"path\":\"a\\nb\"}", "control character");
}

static void links_that_lead_out(void **state)
{
	(void)state;
	char target[128];
	snprintf(target, sizeof(target), "%s/outside", world.folder);
	assert_int_equal(symlinkat(target, root, "absolute"), 0);
	assert_int_equal(symlinkat("../outside", root, "relative"), 0);
	assert_int_equal(symlinkat("../outside/secret.txt", root, "file"), 0);
	assert_int_equal(symlinkat("/etc/passwd", root, "passwd"), 0);
	assert_int_equal(symlinkat("/proc/self/root", root, "magic"), 0);
	assert_int_equal(symlinkat("/proc/self/cwd", root, "cwd"), 0);
	assert_int_equal(symlinkat("relative", root, "twice"), 0);
	static const char *const paths[] = {"absolute",
					    "absolute/secret.txt",
					    "relative/secret.txt",
					    "file",
					    "passwd",
					    "magic/etc/passwd",
					    "cwd",
					    "twice/secret.txt",
					    "relative",
					    "twice"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		try_all(paths[i]);
	refused("readFile", "{\"path\":\"file\"}", "leads out of the workspace");
	refused("readFile", "{\"path\":\"absolute/secret.txt\"}", "leads out of the workspace");
	try_all(".");
}

static void links_that_stay_inside_are_followed(void **state)
{
	(void)state;
	tool_world_put(&world, "real/a.txt", "inside", 6);
	assert_int_equal(symlinkat("real", root, "folder"), 0);
	assert_int_equal(symlinkat("real/../real/a.txt", root, "file"), 0);
	const struct json *answer = tool_world_call(&world, "readFile", "{\"path\":\"file\"}");
	assert_string_equal(json_string(json_get(answer, "content"), NULL), "inside");
	answer = tool_world_call(&world, "readFile", "{\"path\":\"folder/a.txt\"}");
	assert_string_equal(json_string(json_get(answer, "content"), NULL), "inside");
}

static void links_in_circles(void **state)
{
	(void)state;
	assert_int_equal(symlinkat("b", root, "a"), 0);
	assert_int_equal(symlinkat("a", root, "b"), 0);
	assert_int_equal(symlinkat(".", root, "self"), 0);
	refused("readFile", "{\"path\":\"a\"}", "circle");
	refused("listDirectory", "{\"path\":\"a\"}", "circle");
	const struct json *answer = tool_world_call(&world, "listDirectory",
						    "{\"recursive\":true}");
	assert_int_equal(json_number(json_get(answer, "count"), -1), 3);
}

static void things_that_are_no_files(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(root, "pipe", 0644), 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/workspace/socket", world.folder);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	refused("readFile", "{\"path\":\"pipe\"}", "neither a file nor a folder");
	refused("readFile", "{\"path\":\"socket\"}", "neither a file nor a folder");
	if (mknodat(root, "zero", S_IFCHR | 0644, makedev(1, 5)) == 0) /* as root only */
		refused("readFile", "{\"path\":\"zero\"}", "neither a file nor a folder");
	try_all("pipe");
	try_all("socket");
	try_all(".");
	close(server);
}

static void names_of_every_kind(void **state)
{
	(void)state;
	static const char *const names[] = {"new\nline",   "tab\t", "latin\xe9", "\"quoted\"",
					    "back\\slash", "-rf",   "\x1b[31m",  " "};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tool_world_put(&world, names[i], "needle", 6);
	const struct json *answer = tool_world_call(&world, "listDirectory", "{}");
	assert_int_equal(json_number(json_get(answer, "count"), -1), 8);
	unsigned inexact = 0;
	JSON_EACH (it, json_get(answer, "entries"))
		inexact += !json_bool(json_get(it, "exact"), true);
	assert_int_equal(inexact, 1);
	answer = tool_world_call(&world, "grepSearch", "{\"query\":\"needle\"}");
	assert_int_equal(json_number(json_get(answer, "count"), -1), 8);
	answer = tool_world_call(&world, "searchFiles", "{\"query\":\"*\"}");
	assert_int_equal(json_number(json_get(answer, "count"), -1), 8);
}

enum { MANY = 100 * 1000 };

static void a_hundred_thousand_files(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(root, "many", 0755), 0);
	int folder = openat(root, "many", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < MANY; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%06d", i);
		close(openat(folder, name, O_CREAT | O_WRONLY, 0644));
	}
	close(folder);
	double before = cpu_ms();
	const struct json *answer = tool_world_call(&world, "listDirectory", "{\"path\":\"many\"}");
	assert_int_equal(json_number(json_get(answer, "count"), -1), 1000);
	assert_true(json_bool(json_get(answer, "truncated"), false));
	answer = tool_world_call(&world, "searchFiles", "{\"query\":\"*9999\"}");
	assert_true(json_number(json_get(answer, "count"), -1) == 10 ||
		    json_bool(json_get(answer, "truncated"), false));
	answer = tool_world_call(&world, "grepSearch", "{\"query\":\"x\"}");
	assert_non_null(answer);
	assert_true(cpu_ms() - before < 60 * 1000);
}

static void folders_without_end(void **state)
{
	(void)state;
	int folder = dup(root);
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(mkdirat(folder, "deeper", 0755), 0);
		int next = openat(folder, "deeper", O_RDONLY | O_DIRECTORY);
		close(folder);
		folder = next;
	}
	close(folder);
	const struct json *answer = tool_world_call(&world, "listDirectory",
						    "{\"recursive\":true}");
	assert_int_equal(json_number(json_get(answer, "count"), -1), 64);
	assert_true(json_bool(json_get(answer, "truncated"), false));
	tool_world_call(&world, "grepSearch", "{\"query\":\"x\"}");
	tool_world_call(&world, "codebaseSearch", "{\"query\":\"xx\"}");
}

/* ---- a folder that is now inside, now a link to the outside ---- */

static _Atomic bool flipping;

static void *flip(void *ctx)
{
	(void)ctx;
	while (flipping) {
		renameat2(root, "folder", root, "link", RENAME_EXCHANGE);
		renameat2(root, "a.txt", root, "b.txt", RENAME_EXCHANGE);
	}
	return NULL;
}

static void a_swapped_link_never_shows_the_outside(void **state)
{
	(void)state;
	pthread_t thread;
	unsigned read = 0, failed = 0;
	tool_world_put(&world, "folder/secret.txt", "inside", 6);
	tool_world_put(&world, "a.txt", "inside", 6);
	assert_int_equal(symlinkat("../outside", root, "link"), 0);
	assert_int_equal(symlinkat("../outside/secret.txt", root, "b.txt"), 0);
	flipping = true;
	assert_int_equal(pthread_create(&thread, NULL, flip, NULL), 0);
	static const char *const calls[][2] = {
		{"readFile", "{\"path\":\"folder/secret.txt\"}"},
		{"readFile", "{\"path\":\"a.txt\"}"},
		{"grepSearch", "{\"query\":\"OUTSIDE\"}"},
		{"grepSearch", "{\"query\":\"OUTSIDE\",\"path\":\"folder\"}"},
		{"codebaseSearch", "{\"query\":\"outside\"}"},
		{"searchReplace",
		 "{\"path\":\"a.txt\",\"old_string\":\"OUT\",\"new_string\":\"x\"}"},
	};
	for (int i = 0; i < 12000; i++) {
		const char *const *call = calls[i % 6];
		bool done = tool_world_call(&world, call[0], call[1]) != NULL;
		if (strstr(world.answer.data, "OUTSIDE"))
			fail_msg("%s(%s): %s", call[0], call[1], world.answer.data);
		read += i % 6 < 2 && done;
		failed += i % 6 < 2 && !done;
		assert_int_equal(world.call.file_count, 0);
	}
	flipping = false;
	pthread_join(thread, NULL);
	assert_true(read > 0); /* otherwise nothing was tried */
	assert_true(failed > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paths_that_climb_or_are_absolute),
		TEST(links_that_lead_out),
		TEST(links_that_stay_inside_are_followed),
		TEST(links_in_circles),
		TEST(things_that_are_no_files),
		TEST(names_of_every_kind),
		TEST(a_hundred_thousand_files),
		TEST(folders_without_end),
		TEST(a_swapped_link_never_shows_the_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
