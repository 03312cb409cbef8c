/* Trees are removed whole: never more than the tree, and whatever its maker did to it. */
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"

enum { PLAIN_UID = 54321 };

static void trees_are_made_and_removed(void **state)
{
	char root[] = "/tmp/assay-base-XXXXXX", path[256], outside[256];
	struct error err = {0};
	struct buf text;
	(void)state;

	assert_non_null(mkdtemp(root));
	snprintf(outside, sizeof(outside), "%s/outside", root);
	assert_int_equal(file_write(outside, "keep", 4, 0644, &err), 0);
	snprintf(path, sizeof(path), "%s/tree/a/b/c", root);
	assert_int_equal(file_make_dirs(path, 0755, &err), 0);
	snprintf(path, sizeof(path), "%s/tree/a/link", root);
	assert_int_equal(symlink("../../outside", path), 0);
	snprintf(path, sizeof(path), "%s/tree/a/b", root);
	assert_int_equal(chmod(path, 0500), 0);

	int fd = open(root, O_RDONLY | O_DIRECTORY);
	assert_int_equal(file_remove_tree(fd, "tree", &err), 0);
	assert_int_equal(file_remove_tree(fd, "tree", &err), 0);
	snprintf(path, sizeof(path), "%s/tree", root);
	assert_false(file_exists(path));

	buf_init(&text, 3);
	assert_int_equal(file_read(outside, &text, &err), -1);
	assert_int_equal(err.code, ERROR_TOO_LARGE);
	buf_done(&text);
	buf_init(&text, 0);
	assert_int_equal(file_read(outside, &text, &err), 0);
	assert_string_equal(text.data, "keep");
	buf_done(&text);
	assert_int_equal(file_remove_tree(fd, "outside", &err), 0);
	close(fd);
	assert_int_equal(rmdir(root), 0);
}

/* In the folder fd, which is consumed: one folder inside the other, a file in each. */
static void dig(int fd, int levels)
{
	for (int i = 0; i < levels; i++) {
		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		int inner = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		assert_true(inner >= 0);
		close(openat(inner, "file", O_CREAT | O_WRONLY, 0600));
		close(fd);
		fd = inner;
	}
	close(fd);
}

/* Deeper than there are descriptors, and than a path is long. */
static void depth_takes_no_descriptors(void **state)
{
	char root[] = "/tmp/assay-tree-XXXXXX";
	struct error err = {0};
	struct rlimit before;
	(void)state;

	assert_non_null(mkdtemp(root));
	for (int branch = 0; branch < 3; branch++) {
		char name[64];
		snprintf(name, sizeof(name), "%s/%d", root, branch);
		assert_int_equal(mkdir(name, 0755), 0);
		dig(open(name, O_RDONLY | O_DIRECTORY), 3000);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){128, before.rlim_max}), 0);
	int rc = file_remove_tree(AT_FDCWD, root, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	if (rc != 0)
		fail_msg("%s", err.text);
	assert_false(file_exists(root));
}

/* 0 when folders of every mode are gone; 1 and a sentence otherwise. */
static int remove_every_mode(void)
{
	char root[] = "/tmp/assay-tree-XXXXXX", path[64], file[96];
	struct error err = {0};

	if (!mkdtemp(root))
		return 1;
	for (mode_t mode = 0; mode <= 0777; mode += 0111) {
		snprintf(path, sizeof(path), "%s/%o", root, (unsigned)mode);
		snprintf(file, sizeof(file), "%s/inner", path);
		if (mkdir(path, 0755) != 0 || mkdir(file, 0755) != 0 || chmod(path, mode) != 0)
			return 1;
	}
	if (chmod(root, 0600) == 0 && file_remove_tree(AT_FDCWD, root, &err) == 0)
		return file_exists(root);
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

static void a_plain_user_removes_what_it_may_not_enter(void **state)
{
	int status;
	(void)state;

	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 &&
		    (setgroups(0, NULL) || setgid(PLAIN_UID) || setuid(PLAIN_UID)))
			_exit(99);
		_exit(remove_every_mode());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_made_and_removed),
		cmocka_unit_test(depth_takes_no_descriptors),
		cmocka_unit_test(a_plain_user_removes_what_it_may_not_enter),
	};

	return cmocka_run_group_tests_name("file_tree", tests, NULL, NULL);
}
