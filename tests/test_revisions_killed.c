/*
 * An engine is killed at random moments while it commits, flattens and forgets; afterwards every
 * revision that is there is whole, and nothing half-made is left.
 */
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "tests/plain_user.h"
#include "tests/revisions_cmocka.h"

enum { KILLS = 20, FILES = 40, WAIT_MS = 10000 };

/* ---- the engine that will be killed ---- */

static const char write_all[] = "mkdir -p d; i=0; while [ $i -lt 40 ]; do echo %s >d/f$i;"
				" i=$((i+1)); done; rm -f gone; echo >gone";

/* Every revision adds up to the same name, its own, in all files. */
static void work(struct drive *d, unsigned seed)
{
	char names[2][32] = {"base", ""}, line[256];
	const char *chain[8] = {names[0], NULL};

	for (unsigned round = 0;; round++) {
		char *name = names[1];
		snprintf(name, sizeof(names[1]), "r%u-%u", seed, round);
		if (drive_open_chain(d, chain, name, round % 3 == 2))
			_exit(3);
		snprintf(line, sizeof(line), write_all, name);
		drive_shell(d, line);
		if (drive_commit(d) || !d->changes.revised)
			_exit(4);
		drive_close(d);
		if (round % 4 == 3 && d->ops->forget(d->state, name, &d->err))
			_exit(5);
	}
}

/* ---- what must hold afterwards ---- */

static void is_whole(struct drive *d, const char *name)
{
	char expected[NAME_MAX + 2], text[64];
	struct buf content;
	struct stat st;
	int dir, seen = 0;

	assert_int_equal(d->ops->view(d->state, CHAIN(name), &dir, &d->err), 0);
	snprintf(expected, sizeof(expected), "%s\n", name);
	for (int i = 0; i < FILES; i++) {
		snprintf(text, sizeof(text), "d/f%d", i);
		int fd = openat(dir, text, O_RDONLY | O_NOFOLLOW);
		if (fd < 0)
			fail_msg("%s has no %s", name, text);
		buf_init(&content, 4096);
		assert_int_equal(file_read_fd(fd, text, &content, NULL), 0);
		close(fd);
		if (strcmp(content.data, expected) != 0)
			fail_msg("%s has %s in %s", name, content.data, text);
		buf_done(&content);
		assert_int_equal(fstatat(dir, text, &st, AT_SYMLINK_NOFOLLOW), 0);
		seen += (st.st_mode & 0777) == 0644;
	}
	assert_int_equal(seen, FILES);
	close(dir);
}

static size_t all_are_whole(struct drive *d)
{
	char path[256];
	struct dirent *entry;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/revisions", d->state);
	DIR *folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		is_whole(d, entry->d_name);
		count++;
	}
	if (folder)
		closedir(folder);
	return count;
}

static bool is_base(void *ctx, const char *revision)
{
	(void)ctx;
	return strcmp(revision, "base") == 0;
}

/* A process of the dead engine may hold its mark for a moment yet. The mark that stays is ours. */
static void recovered(struct drive *d)
{
	for (int waited = 0; waited < WAIT_MS; waited++) {
		if (d->ops->recover(d->state, &d->err))
			fail_msg("recover: %s", d->err.text);
		if (entries(d, "engines") == 1)
			break;
		usleep(1000);
	}
	assert_int_equal(entries(d, "engines"), 1);
	assert_int_equal(entries(d, "building"), 0);
}

static void test_killed_at_random_moments(void **state)
{
	struct drive *d = *state;
	unsigned seed = (unsigned)time(NULL);
	char line[256];
	size_t made = 0;

	print_message("# seed %u\n", seed);
	srand(seed);
	snprintf(line, sizeof(line), write_all, "base");
	step(d, NONE, "base", line);
	for (unsigned i = 0; i < KILLS; i++) {
		pid_t engine = fork();
		if (engine == 0)
			work(d, i);
		usleep((useconds_t)(rand() % 250000));
		kill(engine, SIGKILL);
		int status;
		assert_int_equal(waitpid(engine, &status, 0), engine);
		assert_true(WIFSIGNALED(status));
		recovered(d);
		made += all_are_whole(d) - 1;
		assert_int_equal(d->ops->keep_only(d->state, is_base, NULL, &d->err), 0);
		assert_int_equal(entries(d, "revisions"), 1);
	}
	print_message("# %zu revisions outlived their engine\n", made);
}

/* Cut short at each of its steps, by hand. */
static void test_half_made_ones_are_removed(void **state)
{
	struct drive *d = *state;
	char path[256];

	step(d, NONE, "base", "echo a >a");
	/* A mark that nobody holds: an engine that is gone. */
	snprintf(path, sizeof(path), "%s/engines/1-1", d->state);
	assert_int_equal(file_write(path, "", 0, 0600, NULL), 0);
	snprintf(path, sizeof(path), "%s/building/1-1-c1/d", d->state);
	assert_int_equal(file_make_dirs(path, 0755, NULL), 0);
	snprintf(path, sizeof(path), "%s/building/1-1-r1/d", d->state);
	assert_int_equal(file_make_dirs(path, 0755, NULL), 0);
	assert_int_equal(d->ops->recover(d->state, &d->err), 0);
	assert_int_equal(entries(d, "building"), 0);
	holds(d, CHAIN("base"), "./a|644|a|\n");
}

#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS RUNS(test_killed_at_random_moments), RUNS(test_half_made_ones_are_removed)

AS_BOTH_USERS("revisions killed", TESTS)
