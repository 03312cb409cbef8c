/* The folders of whole outputs: when one is kept, and that the oldest make room. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/pipeline/spool.h"

enum { KEPT = 50 }; /* as spool.c says */

struct fixture {
	struct arena arena;
	char log_dir[32];
};

static int set_up(void **state)
{
	static struct fixture fixture;

	arena_init(&fixture.arena);
	strcpy(fixture.log_dir, "/tmp/assay-spool-XXXXXX");
	*state = &fixture;
	return mkdtemp(fixture.log_dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_done(&fixture->arena);
	return file_remove_tree(AT_FDCWD, fixture->log_dir, NULL);
}

static const char *opened(struct fixture *fixture, const char *id)
{
	const char *folder = NULL;
	struct error err = {0};

	if (spool_open(&fixture->arena, fixture->log_dir, id, &folder, &err) != 0)
		fail_msg("%s", err.text);
	return folder;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void a_folder_goes_when_the_report_tells_all(void **state)
{
	struct output outputs[] = {{.out = {.bytes = 10}}, {.err = {.bytes = 20}}};
	struct execution execution = {.outputs = outputs, .output_count = 2};
	const char *folder = opened(*state, "whole");
	struct stat info;

	assert_int_equal(stat(folder, &info), 0);
	assert_int_equal(info.st_mode & 0777,
			 0700); /* output may hold secrets of the user's code */
	assert_int_equal(spool_close(folder, &execution), 0);
	assert_false(exists(folder));
}

static void a_folder_stays_when_something_was_cut(void **state)
{
	struct output outputs[] = {{.out = {.bytes = 10}}, {.err = {.bytes = 20, .dropped = 1}}};
	struct execution execution = {.outputs = outputs, .output_count = 2};
	const char *folder = opened(*state, "cut");

	char path[64];

	snprintf(path, sizeof(path), "%s/0-test.stderr", folder);
	assert_int_equal(file_write(path, "12345", 5, 0600, NULL), 0);
	assert_int_equal(spool_close(folder, &execution), 6);
	assert_true(exists(folder));
}

static void an_execution_fills_so_much(void **state)
{
	struct output outputs[] = {{.out = {.bytes = 500 << 20}}, {.err = {.bytes = 12 << 20}}};
	struct execution execution = {.outputs = outputs, .output_count = 1};

	(void)state;
	assert_true(spool_has_room(&execution));
	execution.output_count = 2;
	assert_false(spool_has_room(&execution));
}

static void a_run_without_commands_leaves_nothing(void **state)
{
	struct execution execution = {.output_count = 0};
	const char *folder = opened(*state, "empty");

	assert_int_equal(spool_close(folder, &execution), 0);
	assert_false(exists(folder));
}

static void the_oldest_make_room(void **state)
{
	struct fixture *fixture = *state;
	const char *folders[KEPT + 2];

	for (size_t i = 0; i < KEPT + 2; i++) {
		struct timespec at = {.tv_sec = 1000000 + (time_t)i};
		const char *id = arena_printf(&fixture->arena, "%zu", i);
		folders[i] = arena_printf(&fixture->arena, "%s/%s", fixture->log_dir, id);
		assert_int_equal(mkdir(folders[i], 0700), 0);
		assert_int_equal(utimensat(AT_FDCWD, folders[i], (struct timespec[]){at, at}, 0),
				 0);
	}
	spool_make_room(&fixture->arena, fixture->log_dir);
	const char *newest = opened(fixture, "newest");
	for (size_t i = 0; i < 3; i++)
		assert_false(exists(folders[i]));
	for (size_t i = 3; i < KEPT + 2; i++)
		assert_true(exists(folders[i]));
	assert_true(exists(newest));
}

static void a_log_folder_that_cannot_be_made_is_told(void **state)
{
	struct fixture *fixture = *state;
	const char *folder = NULL;
	struct error err = {0};

	assert_int_equal(spool_open(&fixture->arena, "/dev/null/logs", "id", &folder, &err), -1);
	assert_true(error_is_set(&err));
	assert_null(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_folder_goes_when_the_report_tells_all, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_folder_stays_when_something_was_cut, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_execution_fills_so_much, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_run_without_commands_leaves_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_oldest_make_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_log_folder_that_cannot_be_made_is_told, set_up,
						tear_down),
	};
	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
