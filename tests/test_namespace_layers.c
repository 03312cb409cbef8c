/*
 * Dependency layers within their bounds: which go first, which may not go, what a build may write; with
 * several engines at it, and engines that are killed at it.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "runners/namespace/measure.h"
#include "tests/plain_user.h"

enum { MIB = 1 << 20, WAIT_MS = 20000, ENGINES = 3, ROUNDS = 12, KILLS = 12, VICTIMS = 6 };

/* ---- layers ---- */

static const char *path_of(const struct drive *d, const char *kind, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s", d->state, kind, name);
	return path;
}

static bool is_kept(const struct drive *d, const char *key)
{
	return d->ops->layer_known(d->state, key);
}

static size_t entries(const struct drive *d, const char *kind)
{
	size_t count = 0;
	struct dirent *entry;
	DIR *folder = opendir(path_of(d, kind, ""));

	while (folder && (entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count;
}

static int open_bounded(struct drive *d, uint64_t layers_disk)
{
	struct sandbox_spec spec = {
		.state_dir = d->state,
		.limits = d->limits,
		.layers_disk = layers_disk,
	};

	d->err = (struct error){0};
	return drive_wait(d, d->ops->open(&d->sandbox, &d->loop, &spec, drive_on_done, d, &d->err));
}

static void begin(struct drive *d, const char *key)
{
	if (d->ops->layer_begin(d->sandbox, key, NULL, 0, &d->err))
		fail_msg("%s", d->err.text);
}

/* In the sandbox that is open: a layer of some MiB, in two files. */
static void build(struct drive *d, const char *key, unsigned mib)
{
	char line[128];

	begin(d, key);
	snprintf(line, sizeof(line), "mkdir m && head -c %uM /dev/zero >m/first && echo %s >m/last",
		 mib, key);
	shell(d, line);
	assert_int_equal(d->out.exit_code, 0);
	if (drive_layer_end(d, true))
		fail_msg("%s", d->err.text);
}

static void make(struct drive *d, const char *key, unsigned mib)
{
	if (open_bounded(d, 0))
		fail_msg("%s", d->err.text);
	build(d, key, mib);
	drive_close(d);
}

static bool use(struct drive *d, const char *key)
{
	bool found = false;

	if (d->ops->layer_use(d->sandbox, key, &found, &d->err))
		fail_msg("%s", d->err.text);
	return found;
}

static void set_used(const struct drive *d, const char *key, time_t when)
{
	const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	assert_int_equal(utimensat(AT_FDCWD, path_of(d, "layers", key), times, 0), 0);
}

static struct layers_kept trim(struct drive *d, uint64_t most)
{
	struct layers_kept kept;

	if (d->ops->layers_trim(d->state, most, &kept, &d->err))
		fail_msg("%s", d->err.text);
	return kept;
}

/* The removal is a thread's, in its own time. */
static void wait_until_none(const struct drive *d, const char *kind)
{
	for (int waited = 0; entries(d, kind) > 0; waited += 10) {
		if (waited > WAIT_MS)
			fail_msg("%zu left in %s", entries(d, kind), kind);
		usleep(10000);
	}
}

/* ---- which go ---- */

static void test_least_recently_used_goes_first(void **state)
{
	struct drive *d = *state;

	make(d, "a", 2);
	make(d, "b", 2);
	make(d, "c", 2);
	set_used(d, "a", 1000);
	set_used(d, "b", 2000);
	set_used(d, "c", 3000);
	assert_int_equal(trim(d, 0).count, 3);
	assert_int_equal(trim(d, 7 * MIB).count, 3);
	opened(d);
	assert_true(use(d, "a")); /* now b is the oldest */
	drive_close(d);
	struct layers_kept kept = trim(d, 5 * MIB);
	assert_int_equal(kept.count, 2);
	assert_in_range(kept.bytes, 4 * MIB, 5 * MIB);
	assert_true(is_kept(d, "a"));
	assert_false(is_kept(d, "b"));
	assert_true(is_kept(d, "c"));
	wait_until_none(d, "evicted");
	opened(d);
	assert_false(use(d, "b"));
	build(d, "b", 1); /* and can be made again */
	says(d, "cat m/last", "b\n");
}

static void test_a_new_one_makes_room(void **state)
{
	struct drive *d = *state;

	make(d, "a", 2);
	set_used(d, "a", 1000);
	if (open_bounded(d, 3 * MIB))
		fail_msg("%s", d->err.text);
	build(d, "b", 2);
	says(d, "cat m/last", "b\n");
	for (int waited = 0; is_kept(d, "a"); waited += 10) {
		assert_true(waited < WAIT_MS);
		usleep(10000);
	}
	assert_true(is_kept(d, "b"));
}

static void test_one_in_use_stays(void **state)
{
	struct drive *d = *state;

	make(d, "a", 2);
	opened(d);
	assert_true(use(d, "a"));
	assert_int_equal(trim(d, 1).count, 1);
	says(d, "cat m/last", "a\n");
	drive_close(d);
	assert_int_equal(trim(d, 1).count, 0);
	wait_until_none(d, "evicted");
}

static void test_one_beyond_the_bound_does_not_push_out_others(void **state)
{
	struct drive *d = *state;

	make(d, "small", 1);
	set_used(d, "small", 1000);
	if (open_bounded(d, 4 * MIB))
		fail_msg("%s", d->err.text);
	build(d, "large", 8);
	assert_int_equal(trim(d, 4 * MIB).count, 2); /* it serves the run that made it */
	says(d, "cat m/last", "large\n");
	drive_close(d);
	assert_true(is_kept(d, "small"));
	assert_false(is_kept(d, "large"));
}

/* As earlier versions made them. */
static void test_one_without_its_size_is_measured(void **state)
{
	struct drive *d = *state;
	struct stat st;

	make(d, "a", 2);
	make(d, "b", 2);
	assert_int_equal(unlink(path_of(d, "layers", "a/bytes")), 0);
	assert_int_equal(file_write(path_of(d, "layers", "b/bytes"), "2", 1, 0644, NULL), 0);
	set_used(d, "a", 1000);
	set_used(d, "b", 2000);
	assert_in_range(trim(d, 0).bytes, 4 * MIB, 5 * MIB);
	assert_int_equal(stat(path_of(d, "layers", "a"), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000);
	assert_int_equal(access(path_of(d, "layers", "a/bytes"), F_OK), 0);
	assert_int_equal(trim(d, 3 * MIB).count, 1);
	assert_true(is_kept(d, "b"));
}

/* ---- what a build may write ---- */

static void test_a_build_ends_at_its_limit(void **state)
{
	static const char *const lines[] = {
		"for i in 1 2 3 4 5 6 7 8; do head -c 2M /dev/zero >$i; done; sleep 60",
		"head -c 16M /dev/zero >file", /* over before anybody could look */
		"head -c 16M /dev/zero >/deps/file",
		"i=0; while [ $i -lt 3000 ]; do : >$i; i=$((i + 1)); done",
	};
	struct drive *d = *state;

	d->limits.disk = 8 * MIB;
	opened(d);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		begin(d, "k");
		shell(d, lines[i]);
		assert_int_equal(d->out.ended_by, ENDED_DISK);
		assert_string_equal(d->out.exceeded, "it wrote more than 8 MiB, its disk limit");
		assert_int_equal(drive_layer_end(d, false), 0);
		assert_int_equal(entries(d, "building"), 0);
		assert_false(is_kept(d, "k"));
	}
	begin(d, "k");
	shell(d, "head -c 4M /dev/zero >file; ln file again; ln file third");
	assert_int_equal(d->out.ended_by, ENDED_EXIT);
	assert_int_equal(drive_layer_end(d, true), 0);
}

/* Where a look cannot follow, anything could lie. */
static void test_a_build_cannot_hide_what_it_writes(void **state)
{
	struct drive *d = *state;

	opened(d);
	begin(d, "k");
	shell(d, "i=0; while [ $i -lt 300 ]; do mkdir d && cd d || exit 1; i=$((i + 1)); done");
	assert_int_equal(d->out.ended_by, ENDED_DISK);
	assert_non_null(strstr(d->out.exceeded, "nested more than 200 deep"));
	assert_int_equal(drive_layer_end(d, false), 0);
	assert_int_equal(entries(d, "building"), 0);
}

/* Its own folders closed to all: root sees through that, and gives the next run a layer that it can use. */
static void test_a_layer_can_be_used_whatever_its_modes(void **state)
{
	struct drive *d = *state;

	opened(d);
	begin(d, "k");
	shell(d, "echo x >file; echo y >/deps/file; chmod 0 /workspace /deps");
	assert_int_equal(d->out.ended_by, geteuid() == 0 ? ENDED_EXIT : ENDED_DISK);
	assert_int_equal(drive_layer_end(d, true), 0);
	says(d, "cat file /deps/file", "x\ny\n");
}

static void test_a_build_that_is_cut_short_leaves_nothing(void **state)
{
	struct drive *d = *state;
	const char *argv[] = {"/bin/sh", "-c", "mkdir -p a/b/c; sleep 60", NULL};
	struct sandbox_exec exec = {.argv = argv, .env = d->env, .limits = d->limits};

	opened(d);
	begin(d, "k");
	assert_int_equal(
		d->ops->exec(d->sandbox, &exec, &d->arena, &d->out, drive_on_done, d, &d->err), 0);
	d->ops->close(d->sandbox, drive_on_closed, d);
	bool *done = &d->done;
	for (int ended = 0; ended < 2; ended += *done, *done = false)
		uv_run(&d->loop, UV_RUN_ONCE);
	d->sandbox = NULL;
	d->err = (struct error){0};
	assert_int_equal(entries(d, "building"), 0);
	assert_false(is_kept(d, "k"));
}

static void test_measure(void **state)
{
	struct drive *d = *state;
	struct measure measure = {0};
	int folder = open(d->workspace, O_RDONLY | O_DIRECTORY);

	measure_add(folder, ".", 0, &measure);
	assert_int_equal(measure.bytes, 0);
	int file = openat(folder, "file", O_CREAT | O_WRONLY, 0644);
	assert_int_equal(write(file, "x", 1), 1);
	close(file);
	assert_int_equal(mkdirat(folder, "sub", 0755), 0);
	assert_int_equal(linkat(folder, "file", folder, "sub/other", 0), 0);
	assert_int_equal(symlinkat("/usr", folder, "link"), 0); /* not followed */
	measure_add(folder, ".", 0, &measure);
	assert_int_equal(measure.bytes, 3 * 4096);
	assert_false(measure.hidden);
	close(folder);
}

/* ---- several engines ---- */

/* In a child: an engine of its own. Says a byte when it holds the layer, then waits to be killed. */
static _Noreturn void hold(struct drive *d, const char *key, int out)
{
	bool found;

	if (uv_loop_fork(&d->loop) || drive_open(d, NULL) ||
	    d->ops->layer_use(d->sandbox, key, &found, &d->err) || !found ||
	    write(out, "h", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void test_one_that_another_engine_uses_stays(void **state)
{
	struct drive *d = *state;
	int pipes[2];
	char byte;

	make(d, "a", 1);
	assert_int_equal(pipe(pipes), 0);
	pid_t engine = fork();
	if (engine == 0)
		hold(d, "a", pipes[1]);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	assert_int_equal(trim(d, 1).count, 1);
	kill(engine, SIGKILL);
	assert_int_equal(waitpid(engine, NULL, 0), engine);
	assert_int_equal(trim(d, 1).count, 0);
}

/* Uses a layer or makes it, and throws out all that it can: what it uses must be there and whole. */
static _Noreturn void work(struct drive *d, unsigned seed)
{
	struct layers_kept kept;
	char line[64], key[8];
	bool found;

	if (uv_loop_fork(&d->loop))
		_exit(1);
	for (unsigned round = 0; round < ROUNDS; round++) {
		snprintf(key, sizeof(key), "k%u", (round + seed) % 2);
		if (open_bounded(d, MIB) || d->ops->layer_use(d->sandbox, key, &found, &d->err))
			_exit(2);
		if (!found)
			build(d, key, 1);
		snprintf(line, sizeof(line), "test \"$(cat m/last)\" = %s", key);
		for (int i = 0; i < 3; i++) {
			if (drive_shell(d, line) || d->out.exit_code != 0)
				_exit(3);
			if (d->ops->layers_trim(d->state, 1, &kept, &d->err))
				_exit(4);
		}
		drive_close(d);
	}
	_exit(0);
}

static void test_engines_use_and_evict_at_once(void **state)
{
	struct drive *d = *state;
	pid_t engines[ENGINES];
	int status;

	for (unsigned i = 0; i < ENGINES; i++) {
		engines[i] = fork();
		if (engines[i] == 0)
			work(d, i);
	}
	for (unsigned i = 0; i < ENGINES; i++) {
		assert_int_equal(waitpid(engines[i], &status, 0), engines[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_int_equal(d->ops->recover(d->state, &d->err), 0);
	assert_int_equal(entries(d, "building"), 0);
	trim(d, 1);
	wait_until_none(d, "evicted");
	assert_int_equal(entries(d, "layers"), 0);
}

static _Noreturn void evict_all(struct drive *d)
{
	struct layers_kept kept;

	d->ops->layers_trim(d->state, 1, &kept, &d->err);
	for (;;)
		pause(); /* while a thread removes them */
}

static void are_whole(const struct drive *d)
{
	char name[64], wanted[16];

	for (int i = 0; i < VICTIMS; i++) {
		struct buf text;
		snprintf(name, sizeof(name), "v%d", i);
		if (!is_kept(d, name))
			continue;
		snprintf(wanted, sizeof(wanted), "v%d\n", i);
		snprintf(name, sizeof(name), "v%d/workspace/m/last", i);
		buf_init(&text, 100);
		assert_int_equal(file_read(path_of(d, "layers", name), &text, NULL), 0);
		assert_string_equal(text.data, wanted);
		buf_done(&text);
	}
}

static void test_killed_while_it_evicts(void **state)
{
	struct drive *d = *state;
	unsigned seed = (unsigned)time(NULL);
	char name[16];

	print_message("# seed %u\n", seed);
	srand(seed);
	for (int kills = 0; kills < KILLS; kills++) {
		for (int i = 0; i < VICTIMS; i++) {
			snprintf(name, sizeof(name), "v%d", i);
			if (!is_kept(d, name))
				make(d, name, 1);
		}
		pid_t engine = fork();
		if (engine == 0)
			evict_all(d);
		usleep((useconds_t)(rand() % 3000));
		kill(engine, SIGKILL);
		assert_int_equal(waitpid(engine, NULL, 0), engine);
		are_whole(d);
	}
	if (d->ops->recover(d->state, &d->err))
		fail_msg("%s", d->err.text);
	wait_until_none(d, "evicted");
	assert_int_equal(entries(d, "building"), 0);
}

static void test_the_next_start_removes_what_is_left(void **state)
{
	struct drive *d = *state;

	make(d, "a", 1);
	trim(d, 1);
	wait_until_none(d, "evicted");
	make(d, "b", 1);
	char from[512];
	snprintf(from, sizeof(from), "%s", path_of(d, "layers", "b"));
	assert_int_equal(rename(from, path_of(d, "evicted", "1-2-r3")), 0);
	assert_int_equal(d->ops->recover(d->state, &d->err), 0);
	wait_until_none(d, "evicted");
}

/* clang-format off */
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS                                                                                      \
	RUNS(test_least_recently_used_goes_first),                                                \
	RUNS(test_a_new_one_makes_room),                                                          \
	RUNS(test_one_in_use_stays),                                                              \
	RUNS(test_one_beyond_the_bound_does_not_push_out_others),                                 \
	RUNS(test_one_without_its_size_is_measured),                                              \
	RUNS(test_a_build_ends_at_its_limit),                                                     \
	RUNS(test_a_build_cannot_hide_what_it_writes),                                            \
	RUNS(test_a_layer_can_be_used_whatever_its_modes),                                        \
	RUNS(test_a_build_that_is_cut_short_leaves_nothing),                                      \
	RUNS(test_measure),                                                                       \
	RUNS(test_one_that_another_engine_uses_stays),                                            \
	RUNS(test_engines_use_and_evict_at_once),                                                 \
	RUNS(test_killed_while_it_evicts),                                                        \
	RUNS(test_the_next_start_removes_what_is_left)
/* clang-format on */

AS_BOTH_USERS("namespace layers", TESTS)
