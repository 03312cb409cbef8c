/* Revisions of the namespace sandbox: made, stacked, flattened, read, compared, forgotten. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "tests/revisions_cmocka.h"

/* ---- one after the other ---- */

static void test_a_chain_adds_up(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1",
	     "echo one >a; mkdir -p d/e; echo deep >d/e/f; ln -s a link; mkdir empty");
	assert_true(d->changes.verified);
	assert_int_equal(d->changes.bytes, 9);
	assert_int_equal(d->changes.count, 3);
	step(d, CHAIN("r1"), "r2", "echo two >>a; rm d/e/f; echo new >d/new; chmod 755 a; rm link");
	assert_int_equal(changed(d, "a"), 'M');
	assert_int_equal(changed(d, "d/e/f"), 'D');
	assert_int_equal(changed(d, "d/new"), 'A');
	assert_int_equal(changed(d, "link"), 'D');
	step(d, CHAIN("r2", "r1"), "r3",
	     "echo back >d/e/f; ln -s d/new link; chmod 700 d; rm -r empty");
	holds(d, CHAIN("r3", "r2", "r1"),
	      "./a|755|one|two|\n./d/e/f|644|back|\n./d/new|644|new|\n./link->d/new\n"
	      "./d/ 700\n./d/e/ 755\n");
	holds(d, CHAIN("r2", "r1"),
	      "./a|755|one|two|\n./d/new|644|new|\n"
	      "./d/ 755\n./d/e/ 755\n./empty/ 755\n");
	holds(d, CHAIN("r1"),
	      "./a|644|one|\n./d/e/f|644|deep|\n./link->a\n"
	      "./d/ 755\n./d/e/ 755\n./empty/ 755\n");
	holds(d, NONE, "");
}

static void test_kinds_change_places(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1",
	     "echo f >x; mkdir y; echo in >y/in; mkdir -p z/sub; echo old >z/sub/old;"
	     "echo p >pipe");
	step(d, CHAIN("r1"), "r2",
	     "rm x; mkdir x; echo i >x/i; rm -r y; echo now >y;"
	     "rm -r z; mkdir -p z/sub; echo new >z/new; rm pipe; mkfifo pipe");
	assert_int_equal(changed(d, "y/in"), 'D');
	assert_int_equal(changed(d, "y"), 'A');
	assert_int_equal(changed(d, "z/sub/old"), 'D');
	assert_int_equal(changed(d, "pipe"), 'D');
	holds(d, CHAIN("r2", "r1"),
	      "./x/i|644|i|\n./y|644|now|\n./z/new|644|new|\n"
	      "./x/ 755\n./z/ 755\n./z/sub/ 755\n");
	step(d, CHAIN("r2", "r1"), "r3",
	     "rm -r x; echo f >x; rm y; ln -s x y; echo again >z/sub/old");
	holds(d, CHAIN("r3", "r2", "r1"),
	      "./x|644|f|\n./y->x\n./z/new|644|new|\n"
	      "./z/sub/old|644|again|\n./z/ 755\n./z/sub/ 755\n");
}

static void test_nothing_new_makes_nothing(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1",
	     "echo a >a; mkdir d; echo b >d/b; ln -s a l; mkdir -p o/p; echo c >o/p/c");
	open_chain(d, CHAIN("r1"), "r2", false);
	shell(d,
	      "cp a t; cat t >a; rm t; touch d/b; rm l; ln -s a l; rm -r o; mkdir -p o/p; echo c >o/p/c;"
	      " touch new; rm new");
	commit(d);
	assert_false(d->changes.revised);
	assert_true(d->changes.verified);
	assert_int_equal(d->changes.count, 0);
	assert_int_equal(d->changes.bytes, 0);
	assert_int_equal(entries(d, "revisions"), 1);
	assert_int_equal(entries(d, "building"), 0);
	open_chain(d, NONE, "r2", false);
	commit(d);
	assert_false(d->changes.revised);
}

static void test_rollback_on_a_chain(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1", "echo a >a; touch -d 2099-01-01 later; mkdir d; echo b >d/b");
	open_chain(d, CHAIN("r1"), "r2", false);
	assert_int_equal(drive_put(d, "put", "kept"), 0);
	assert_int_equal(drive_snapshot(d, "s"), 0);
	shell(d, "echo x >a; rm -r d; echo y >later; echo z >put");
	/* Somebody else gives the same files more names meanwhile. */
	assert_int_equal(link_elsewhere(d, "r1", "a"), 0);
	assert_int_equal(drive_rollback(d, "s"), 0);
	assert_true(d->changes.verified);
	assert_int_equal(d->changes.count, 4);
	says(d, "cat a d/b put", "a\nb\nkept");
	commit(d);
	assert_int_equal(d->changes.count, 1);
	assert_int_equal(changed(d, "put"), 'A');
	drive_close(d);
	holds(d, CHAIN("r2", "r1"),
	      "./a|644|a|\n./d/b|644|b|\n./later|644|\n./put|644|kept\n./d/ 755\n");
}

static void test_two_grow_from_one(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1", "echo base >f; echo s >same");
	step(d, CHAIN("r1"), "left", "echo left >f; echo l >l");
	step(d, CHAIN("r1"), "right", "echo right >f; rm same");
	holds(d, CHAIN("left", "r1"), "./f|644|left|\n./l|644|l|\n./same|644|s|\n");
	holds(d, CHAIN("right", "r1"), "./f|644|right|\n");
	holds(d, CHAIN("r1"), "./f|644|base|\n./same|644|s|\n");
}

/* ---- flattened ---- */

static void test_flatten_at_the_end_of_a_chain(void **state)
{
	struct drive *d = *state;
	const char *chain[SANDBOX_CHAIN_MAX + 2] = {NULL};
	char ids[SANDBOX_CHAIN_MAX][8], line[96];
	struct stat before, after;

	for (int i = 0; i < SANDBOX_CHAIN_MAX; i++) {
		snprintf(ids[i], sizeof(ids[i]), "c%d", i);
		snprintf(line, sizeof(line),
			 "echo %d >n; echo %d >file%d; rm -f file%d; mkdir -p d; echo >>d/all", i,
			 i, i, i - 2);
		step(d, chain, ids[i], line);
		memmove(chain + 1, chain, sizeof(chain) - sizeof(chain[0]));
		chain[0] = ids[i];
	}
	assert_int_equal(drive_open_chain(d, chain, "more", false), -1);
	assert_int_equal(d->err.code, ERROR_TOO_LARGE);
	open_chain(d, chain, "flat", true);
	shell(d, "echo mine >mine; rm file30");
	commit(d);
	assert_true(d->changes.revised);
	assert_int_equal(d->changes.count, 2);
	assert_int_equal(d->changes.bytes, 5);
	drive_close(d);
	chain[SANDBOX_CHAIN_MAX] = "c0";
	assert_int_equal(drive_open_chain(d, chain, NULL, false), -1);
	assert_int_equal(d->err.code, ERROR_TOO_LARGE);
	stat_of(d, "c31", "n", &before);
	stat_of(d, "flat", "n", &after);
	assert_int_equal(before.st_ino, after.st_ino);
	for (int i = 0; i < SANDBOX_CHAIN_MAX; i++)
		assert_int_equal(d->ops->forget(d->state, ids[i], &d->err), 0);
	holds(d, CHAIN("flat"),
	      "./d/all|644|||||||||||||||||||||||||||||||||\n./file31|644|31|\n./mine|644|mine|\n"
	      "./n|644|31|\n./d/ 755\n");
	step(d, CHAIN("flat"), "next", "rm n; echo >d/one");
	holds(d, CHAIN("next", "flat"),
	      "./d/all|644|||||||||||||||||||||||||||||||||\n./d/one|644||\n./file31|644|31|\n"
	      "./mine|644|mine|\n./d/ 755\n");
}

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

/* ---- refused ---- */

static void test_bad_chains_are_refused(void **state)
{
	static const char *const bad[] = {"", "a/b", "..", ".", "a:b", "a,b", "a b"};
	struct drive *d = *state;
	char longest[66];

	step(d, NONE, "r1", "echo a >a");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(drive_open_chain(d, CHAIN(bad[i]), NULL, false), -1);
		assert_int_equal(d->err.code, ERROR_USAGE);
		assert_int_equal(drive_open_chain(d, NONE, bad[i], false), -1);
		assert_int_equal(d->err.code, ERROR_USAGE);
	}
	assert_int_equal(drive_open_chain(d, CHAIN("r2"), NULL, false), -1);
	assert_int_equal(d->err.code, ERROR_NOT_FOUND);
	assert_int_equal(drive_open_chain(d, NONE, "r1", false), -1);
	assert_int_equal(d->err.code, ERROR_CONFLICT);
	memset(longest, 'x', sizeof(longest));
	longest[65] = '\0';
	assert_int_equal(drive_open_chain(d, NONE, longest, false), -1);
	longest[64] = '\0';
	step(d, NONE, longest, "echo a >a");
	holds(d, CHAIN(longest), "./a|644|a|\n");
}

static void test_put_removes(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1", "echo a >a; mkdir d; echo b >d/b; ln -s a l; ln -s d dl");
	open_chain(d, CHAIN("r1"), "r2", false);
	assert_int_equal(drive_remove(d, "a"), 0);
	assert_int_equal(drive_remove(d, "d/b"), 0);
	assert_int_equal(drive_remove(d, "l"), 0);
	assert_int_equal(drive_put(d, "new", "x"), 0);
	assert_int_equal(drive_remove(d, "new"), 0);
	assert_int_equal(drive_remove(d, "new"), -1);
	assert_int_equal(d->err.code, ERROR_NOT_FOUND);
	assert_string_equal(d->err.text, "put new: there is no such file to remove");
	assert_int_equal(drive_remove(d, "a"), -1);
	assert_int_equal(d->err.code, ERROR_NOT_FOUND);
	assert_int_equal(drive_remove(d, "no/such"), -1);
	assert_int_equal(d->err.code, ERROR_NOT_FOUND);
	assert_int_equal(drive_remove(d, "d"), -1);
	assert_int_equal(d->err.code, ERROR_INPUT);
	assert_int_equal(drive_remove(d, "dl/b"), -1);
	assert_int_equal(d->err.code, ERROR_INPUT);
	says(d, "find . | sort", ".\n./d\n./dl\n");
	assert_int_equal(drive_put(d, "a", "again"), 0);
	commit(d);
	drive_close(d);
	holds(d, CHAIN("r2", "r1"), "./a|644|again\n./dl->d\n./d/ 755\n");
}

static void test_dependencies_lie_beneath(void **state)
{
	struct drive *d = *state;
	bool found = false;

	open_chain(d, NONE, "r1", false);
	assert_int_equal(d->ops->layer_begin(d->sandbox, "k", NULL, 0, &d->err), 0);
	shell(d, "mkdir modules; echo lib >modules/lib; echo dep >both");
	assert_int_equal(d->ops->layer_end(d->sandbox, true, &d->err), 0);
	shell(d, "echo mine >modules/own; echo mine >both");
	commit(d);
	assert_int_equal(d->changes.count, 2);
	drive_close(d);
	holds(d, CHAIN("r1"), "./both|644|mine|\n./modules/own|644|mine|\n./modules/ 755\n");
	open_chain(d, CHAIN("r1"), "r2", false);
	assert_int_equal(d->ops->layer_use(d->sandbox, "k", &found, &d->err), 0);
	assert_true(found);
	says(d, "cat modules/lib modules/own both", "lib\nmine\nmine\n");
	commit(d);
	assert_false(d->changes.revised);
}

/* A run may delete them; the next one finds them again, and nothing else. */
static void test_dependencies_come_back(void **state)
{
	static const char *const lines[] = {
		"rm -r modules",
		"rm -r modules; mkdir -p modules/sub modules/own; echo n >modules/new",
	};
	struct drive *d = *state;
	bool found;

	open_chain(d, NONE, "r1", false);
	assert_int_equal(d->ops->layer_begin(d->sandbox, "k", NULL, 0, &d->err), 0);
	shell(d, "mkdir -p modules/sub; echo lib >modules/sub/lib");
	assert_int_equal(d->ops->layer_end(d->sandbox, true, &d->err), 0);
	shell(d, "mkdir modules/own; echo mine >modules/own/x; echo mine >modules/sub/y;"
		 "echo mine >modules/z");
	commit(d);
	for (size_t i = 0; i < 2; i++) {
		const char *name = i ? "again" : "gone";
		open_chain(d, CHAIN("r1"), name, false);
		assert_int_equal(d->ops->layer_use(d->sandbox, "k", &found, &d->err), 0);
		shell(d, lines[i]);
		commit(d);
		open_chain(d, CHAIN(name, "r1"), NULL, false);
		assert_int_equal(d->ops->layer_use(d->sandbox, "k", &found, &d->err), 0);
		says(d, "find modules -type f | sort",
		     i ? "modules/new\nmodules/sub/lib\n" : "modules/sub/lib\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		RUNS(test_a_chain_adds_up),
		RUNS(test_kinds_change_places),
		RUNS(test_nothing_new_makes_nothing),
		RUNS(test_rollback_on_a_chain),
		RUNS(test_two_grow_from_one),
		RUNS(test_flatten_at_the_end_of_a_chain),
		RUNS(test_view_stays_good),
		RUNS(test_compare_both_ways),
		RUNS(test_forget_and_keep_only),
		RUNS(test_bad_chains_are_refused),
		RUNS(test_put_removes),
		RUNS(test_dependencies_lie_beneath),
		RUNS(test_dependencies_come_back),
	};

	return cmocka_run_group_tests_name("namespace revisions", tests, NULL, NULL);
}
