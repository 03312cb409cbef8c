/* What a run leaves in its workspace to reach, or to fill, what lies beyond it when it is committed. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/drive_cmocka.h"

static void test_commit_does_not_follow_links(void **state)
{
	struct drive *d = *state;
	char path[256], line[512];

	snprintf(path, sizeof(path), "%s/victim", d->folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/dir", d->workspace);
	assert_int_equal(mkdir(path, 0755), 0);
	opened(d);
	snprintf(line, sizeof(line), "rmdir dir && ln -s %s/victim dir && ln -s %s/victim two",
		 d->folder, d->folder);
	shell(d, line);
	assert_int_equal(drive_commit(d), 0);
	/* Now the user's folder has a link where the next run has a folder. */
	shell(d, "rm dir two; mkdir dir two; echo x >dir/file; echo x >two/file");
	assert_int_equal(drive_commit(d), 0);
	snprintf(path, sizeof(path), "%s/victim/file", d->folder);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/dir/file", d->workspace);
	assert_int_equal(access(path, F_OK), 0);
}

/* A file of holes costs a run nothing, and its copy should cost the owner's disk nothing. */
static void test_holes_stay_holes(void **state)
{
	struct drive *d = *state;
	char path[256];
	struct stat st;

	opened(d);
	shell(d,
	      "truncate -s 100M holes && printf end | dd of=holes bs=1 seek=50000000 conv=notrunc");
	assert_int_equal(drive_commit(d), 0);
	assert_true(d->changes.verified);
	snprintf(path, sizeof(path), "%s/holes", d->workspace);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 100 << 20);
	assert_true((uint64_t)st.st_blocks * 512 < 1 << 20);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char end[4] = "";
	assert_int_equal(pread(fd, end, 3, 50000000), 3);
	assert_string_equal(end, "end");
	close(fd);
}

/* Whatever else takes no room inside must not take more than the limit outside. */
static void test_commit_is_no_larger_than_a_run(void **state)
{
	static const char *const many[] = {
		"for i in 1 2 3; do truncate -s 100M $i; done",
		"truncate -s 100M 1; ln 1 2; ln 1 3",
	};
	struct drive *d = *state;
	char path[256];

	opened(d);
	assert_int_equal(drive_snapshot(d, "s"), 0);
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		shell(d, many[i]);
		assert_int_equal(drive_commit(d), -1);
		assert_int_equal(d->err.code, ERROR_TOO_LARGE);
		snprintf(path, sizeof(path), "%s/1", d->workspace);
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(drive_rollback(d, "s"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		RUNS(test_commit_does_not_follow_links),
		RUNS(test_holes_stay_holes),
		RUNS(test_commit_is_no_larger_than_a_run),
	};

	return cmocka_run_group_tests_name("commit attack", tests, NULL, NULL);
}
