/* The listing of a workspace under a reply: what it holds, and what it never follows. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "runners/source_tree.h"

struct fixture {
	struct arena arena;
	char folder[64];
	int fd;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	arena_init(&f->arena);
	strcpy(f->folder, "/tmp/assay-tree-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->fd < 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	file_remove_tree(AT_FDCWD, f->folder, NULL);
	arena_done(&f->arena);
	free(f);
	return 0;
}

static void write_text(struct fixture *f, const char *path, const char *text)
{
	int fd = openat(f->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_fd(fd, text, strlen(text), NULL), 0);
	close(fd);
}

static void lists_reply_over_workspace(void **state)
{
	struct fixture *f = *state;
	struct source_tree tree;
	struct file files[] = {{.path = "b.py", .data = "new", .len = 3},
			       {.path = "c/d.py", .data = "d", .len = 1}};
	size_t len;

	write_text(f, "a.py", "a");
	write_text(f, "b.py", "old");
	assert_int_equal(mkdirat(f->fd, "node_modules", 0700), 0);
	write_text(f, "node_modules/x.js", "x");
	assert_int_equal(source_tree_init(&tree, &f->arena, files, 2, f->fd, NULL), 0);
	assert_int_equal(tree.listed_count, 3);
	assert_string_equal(tree.listed[0], "a.py");
	assert_string_equal(tree.listed[1], "b.py");
	assert_string_equal(tree.listed[2], "c/d.py");
	assert_true(source_tree_has(&tree, "c/d.py"));
	assert_false(source_tree_has(&tree, "c"));
	assert_string_equal(source_tree_read(&tree, &f->arena, "b.py", &len), "new");
	assert_string_equal(source_tree_read(&tree, &f->arena, "a.py", &len), "a");
	assert_int_equal(len, 1);
	assert_null(source_tree_read(&tree, &f->arena, "none.py", NULL));
}

static void never_follows_links_or_leaves(void **state)
{
	struct fixture *f = *state;
	struct source_tree tree;

	assert_int_equal(symlinkat("/etc/passwd", f->fd, "link"), 0);
	assert_int_equal(symlinkat("/etc", f->fd, "folder"), 0);
	assert_int_equal(mkfifoat(f->fd, "pipe", 0600), 0);
	assert_int_equal(source_tree_init(&tree, &f->arena, NULL, 0, f->fd, NULL), 0);
	assert_int_equal(tree.listed_count, 0);
	assert_null(source_tree_read(&tree, &f->arena, "link", NULL));
	assert_null(source_tree_read(&tree, &f->arena, "folder/passwd", NULL));
	assert_null(source_tree_read(&tree, &f->arena, "../etc/passwd", NULL));
	assert_null(source_tree_read(&tree, &f->arena, "/etc/passwd", NULL));
	assert_null(source_tree_read(&tree, &f->arena, "pipe", NULL));
}

static void works_without_a_workspace(void **state)
{
	struct fixture *f = *state;
	struct source_tree tree;

	assert_int_equal(source_tree_init(&tree, &f->arena, NULL, 0, -1, NULL), 0);
	assert_int_equal(tree.listed_count, 0);
	assert_false(source_tree_has(&tree, "a"));
	assert_null(source_tree_read(&tree, &f->arena, "a", NULL));
}

static void removed_files_are_gone(void **state)
{
	struct fixture *f = *state;
	struct source_tree tree;
	struct file files[] = {{.path = "a.py", .removed = true}};

	write_text(f, "a.py", "a");
	write_text(f, "b.py", "b");
	assert_int_equal(source_tree_init(&tree, &f->arena, files, 1, f->fd, NULL), 0);
	assert_int_equal(tree.listed_count, 1);
	assert_false(source_tree_has(&tree, "a.py"));
	assert_null(source_tree_read(&tree, &f->arena, "a.py", NULL));
}

static void looks_at_what_stands_there(void **state)
{
	struct fixture *f = *state;
	bool executable;

	write_text(f, "a.py", "a");
	write_text(f, "run", "x");
	write_text(f, "large", "");
	assert_int_equal(fchmodat(f->fd, "run", 0755, 0), 0);
	int fd = openat(f->fd, "large", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 5 << 20), 0);
	close(fd);
	assert_int_equal(mkdirat(f->fd, "folder", 0755), 0);
	assert_int_equal(symlinkat("a.py", f->fd, "link"), 0);
	assert_int_equal(symlinkat("folder", f->fd, "way"), 0);
	assert_int_equal(source_tree_look(f->fd, "a.py", &executable), SOURCE_FILE);
	assert_false(executable);
	assert_int_equal(source_tree_look(f->fd, "run", &executable), SOURCE_FILE);
	assert_true(executable);
	assert_int_equal(source_tree_look(f->fd, "large", &executable), SOURCE_LARGE);
	assert_int_equal(source_tree_look(f->fd, "folder", &executable), SOURCE_OTHER);
	assert_int_equal(source_tree_look(f->fd, "link", &executable), SOURCE_OTHER);
	assert_int_equal(source_tree_look(f->fd, "way/a.py", &executable), SOURCE_OTHER);
	assert_int_equal(source_tree_look(f->fd, "../etc/passwd", &executable), SOURCE_OTHER);
	assert_int_equal(source_tree_look(f->fd, "none", &executable), SOURCE_NONE);
	assert_int_equal(source_tree_look(f->fd, "folder/none", &executable), SOURCE_NONE);
	assert_int_equal(source_tree_look(-1, "a.py", &executable), SOURCE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_reply_over_workspace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_follows_links_or_leaves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(works_without_a_workspace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(removed_files_are_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(looks_at_what_stands_there, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
