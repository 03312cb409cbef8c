/* Revisions of the namespace sandbox: made, stacked, flattened, refused. */
#include "runners/namespace/overlay/storage.h"
#include "tests/plain_user.h"
#include "tests/revisions_cmocka.h"

/* ---- one after the other ---- */

static void test_a_chain_adds_up(void **state)
{
	struct drive *d = *state;

	step(d, NONE, "r1",
	     "echo one >a; mkdir -p d/e; echo deep >d/e/f; ln -s a link; mkdir empty");
	assert_true(d->changes.verified);
	assert_int_equal(d->changes.bytes, 6 * 4096); /* each takes a block */
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
	char ids[SANDBOX_CHAIN_MAX][16], line[96];
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
	assert_int_equal(d->changes.bytes, 2 * 4096); /* a file and a folder; the rest are names */
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
	assert_int_equal(drive_layer_end(d, true), 0);
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
	assert_int_equal(drive_layer_end(d, true), 0);
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

/* A host whose tmpfs cannot hold a run's layers. */
static int setup_old(void **state)
{
	storage_pretend_old(true);
	return setup(state);
}

static int teardown_old(void **state)
{
	storage_pretend_old(false);
	return teardown(state);
}

#define RUNS_OLD(name) cmocka_unit_test_setup_teardown(name, setup_old, teardown_old)
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS                                                                                      \
	RUNS(test_a_chain_adds_up), RUNS(test_kinds_change_places),                                \
		RUNS(test_nothing_new_makes_nothing), RUNS(test_rollback_on_a_chain),              \
		RUNS(test_two_grow_from_one), RUNS(test_flatten_at_the_end_of_a_chain),            \
		RUNS(test_bad_chains_are_refused), RUNS(test_put_removes),                         \
		RUNS(test_dependencies_lie_beneath), RUNS(test_dependencies_come_back),            \
		RUNS_OLD(test_kinds_change_places), RUNS_OLD(test_rollback_on_a_chain)

AS_BOTH_USERS("namespace revisions", TESTS)
