/* Revisions of the namespace sandbox apart from any sandbox: read, compared, forgotten. */
#include <errno.h>
#include <pthread.h>

#include "tests/plain_user.h"
#include "tests/revisions_cmocka.h"

/* ---- read from outside ---- */

static void test_view_stays_good(void **state)
{
	struct drive *d = *state;
	char text[16] = "";
	int dir;

	step(d, NONE, "r1", "echo old >f; echo x >gone; mkdir d; echo y >d/y");
	step(d, CHAIN("r1"), "r2", "echo new >f; rm gone; rm -r d; mkdir d; echo z >d/z");
	assert_int_equal(d->ops->view(d->state, CHAIN("r2", "r1"), &dir, &d->err), 0);
	for (int i = 0; i < 50; i++) {
		int other;
		assert_int_equal(d->ops->view(d->state, CHAIN("r2", "r1"), &other, &d->err), 0);
		close(other);
	}
	/* Not a mount more than before. */
	assert_int_equal(mounts_of(d), 0);
	int fd = openat(dir, "f", O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	assert_string_equal(text, "new\n");
	close(fd);
	assert_int_equal(faccessat(dir, "gone", F_OK, 0), -1);
	assert_int_equal(faccessat(dir, "d/y", F_OK, 0), -1);
	assert_int_equal(faccessat(dir, "d/z", F_OK, 0), 0);
	assert_int_equal(openat(dir, "f", O_WRONLY), -1);
	assert_int_equal(errno, EROFS);
	close(dir);
	assert_int_equal(d->ops->view(d->state, NONE, &dir, &d->err), 0);
	assert_int_equal(faccessat(dir, "f", F_OK, 0), -1);
	close(dir);
	assert_int_equal(d->ops->view(d->state, CHAIN("r2", "no"), &dir, &d->err), -1);
	assert_int_equal(d->err.code, ERROR_NOT_FOUND);
}

struct looker {
	pthread_t thread;
	struct drive *drive;
	unsigned good; /* looks */
};

static void *look_often(void *arg)
{
	struct looker *looker = arg;
	struct drive *d = looker->drive;
	struct changes changes;
	struct arena arena;

	arena_init(&arena);
	for (int i = 0; i < 40; i++) {
		char text[8] = "";
		int dir;
		if (d->ops->view(d->state, CHAIN("r2", "r1"), &dir, NULL))
			continue;
		int fd = openat(dir, "f", O_RDONLY);
		looker->good += fd >= 0 && read(fd, text, sizeof(text)) == 4 &&
				d->ops->compare(d->state, CHAIN("r1"), CHAIN("r2", "r1"), &arena,
						&changes, NULL) == 0 &&
				changes.count == 1 && d->ops->forget(d->state, "none", NULL) == 0;
		close(fd);
		close(dir);
	}
	arena_done(&arena);
	return NULL;
}

static void test_from_many_threads(void **state)
{
	struct drive *d = *state;
	struct looker lookers[4] = {0};

	step(d, NONE, "r1", "echo old >f");
	step(d, CHAIN("r1"), "r2", "echo new >f");
	for (size_t i = 0; i < 4; i++) {
		struct looker *it = &lookers[i];
		it->drive = d;
		assert_int_equal(pthread_create(&it->thread, NULL, look_often, it), 0);
	}
	/* And sandboxes meanwhile. */
	for (int i = 0; i < 5; i++) {
		open_chain(d, CHAIN("r2", "r1"), NULL, false);
		says(d, "cat f", "new\n");
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(lookers[i].thread, NULL), 0);
		assert_int_equal(lookers[i].good, 40);
	}
}

static void differ(struct drive *d, const char *const *from, const char *const *to,
		   const char *expected)
{
	struct buf text;

	if (d->ops->compare(d->state, from, to, &d->arena, &d->changes, &d->err))
		fail_msg("compare: %s", d->err.text);
	buf_init(&text, 1 << 16);
	for (size_t i = 0; i < d->changes.count; i++)
		buf_printf(&text, "%c %s\n", d->changes.items[i].what, d->changes.items[i].path);
	assert_string_equal(text.data, expected);
	buf_done(&text);
}

static void test_compare_both_ways(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1",
	     "echo a >a; echo b >b; mkdir -p d/s; echo 1 >d/1; echo 2 >d/s/2; ln -s a l;"
	     "touch -d 2000-01-01 t; echo k >keep");
	step(d, CHAIN("r1"), "r2",
	     "echo A >a; rm b; rm -r d; mkdir d; echo 3 >d/3; ln -sf b l;"
	     "chmod 755 keep");
	step(d, CHAIN("r2", "r1"), "r3",
	     "echo a >a; chmod 644 keep; echo n >n; rm -r d; echo f >d");
	step(d, CHAIN("r1"), "fork", "echo 9 >d/1; echo f >f; echo n >n");
	differ(d, CHAIN("r1"), CHAIN("r2", "r1"), "M a\nD b\nD d/1\nA d/3\nD d/s/2\nM keep\nM l\n");
	differ(d, CHAIN("r2", "r1"), CHAIN("r1"), "M a\nA b\nA d/1\nD d/3\nA d/s/2\nM keep\nM l\n");
	differ(d, CHAIN("r1"), CHAIN("r3", "r2", "r1"), "D b\nA d\nD d/1\nD d/s/2\nM l\nA n\n");
	differ(d, CHAIN("r3", "r2", "r1"), CHAIN("fork", "r1"),
	       "A b\nD d\nA d/1\nA d/s/2\nA f\nM l\n");
	differ(d, CHAIN("r2", "r1"), CHAIN("r2", "r1"), "");
	differ(d, NONE, CHAIN("fork", "r1"),
	       "A a\nA b\nA d/1\nA d/s/2\nA f\nA keep\nA l\nA n\nA t\n");
	differ(d, CHAIN("r1"), NONE, "D a\nD b\nD d/1\nD d/s/2\nD keep\nD l\nD t\n");
	open_chain(d, CHAIN("r2", "r1"), "flat", true);
	shell(d, "echo x >x");
	commit(d);
	drive_close(d);
	differ(d, CHAIN("r2", "r1"), CHAIN("flat"), "A x\n");
	/* The same size and time with another content. */
	step(d, CHAIN("r1"), "sly", "echo z >a; touch -r b a; touch -d 2000-01-01 t");
	differ(d, CHAIN("r1"), CHAIN("sly", "r1"), "M a\n");
}

/* ---- forgotten ---- */

static bool is_wanted(void *ctx, const char *revision)
{
	return strcmp(revision, ctx) == 0;
}

static void test_forget_and_keep_only(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1", "echo a >a; mkdir -p x/y; chmod 500 x");
	step(d, NONE, "r2", "echo a >a");
	step(d, NONE, "r3", "echo a >a");
	assert_int_equal(d->ops->forget(d->state, "r1", &d->err), 0);
	assert_int_equal(d->ops->forget(d->state, "r1", &d->err), 0);
	assert_int_equal(d->ops->forget(d->state, "../revisions", &d->err), -1);
	assert_int_equal(entries(d, "revisions"), 2);
	assert_int_equal(d->ops->keep_only(d->state, is_wanted, (void *)"r3", &d->err), 0);
	assert_int_equal(entries(d, "revisions"), 1);
	assert_int_equal(entries(d, "building"), 0);
	holds(d, CHAIN("r3"), "./a|644|a|\n");
}

#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS                                                                                      \
	RUNS(test_view_stays_good), RUNS(test_from_many_threads), RUNS(test_compare_both_ways),    \
		RUNS(test_forget_and_keep_only)

AS_BOTH_USERS("revisions outside", TESTS)
