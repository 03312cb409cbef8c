/* Several engines at the same dependency layers, and engines that are killed while they evict them. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/layer_play.h"
#include "tests/plain_user.h"

enum { MIB = 1 << 20, ENGINES = 3, ROUNDS = 12, KILLS = 12, VICTIMS = 6 };

/*
 * Each engine is a child. This process has no sandbox itself, and so no thread: a lock that a thread holds
 * at a fork stays locked in the child, the sanitizer's allocator included.
 */
static int in_child(struct drive *d, int (*engine)(struct drive *d, const char *key),
		    const char *key)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(uv_loop_fork(&d->loop) ? 99 : engine(d, key));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int make(struct drive *d, const char *key)
{
	layer_play_make(d, key, 1);
	return 0;
}

/* How many are kept. */
static int trim(struct drive *d, const char *key)
{
	size_t kept = layer_play_trim(d, 1).count;

	(void)key;
	layer_play_wait_until_none(d, "evicted");
	return (int)kept;
}

static int recover(struct drive *d, const char *key)
{
	(void)key;
	if (d->ops->recover(d->state, &d->err))
		return 1;
	layer_play_wait_until_none(d, "evicted");
	return 0;
}

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

	assert_int_equal(in_child(d, make, "a"), 0);
	assert_int_equal(pipe(pipes), 0);
	pid_t engine = fork();
	if (engine == 0)
		hold(d, "a", pipes[1]);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	assert_int_equal(in_child(d, trim, NULL), 1);
	kill(engine, SIGKILL);
	assert_int_equal(waitpid(engine, NULL, 0), engine);
	assert_int_equal(in_child(d, trim, NULL), 0);
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
		if (layer_play_open(d, MIB) || d->ops->layer_use(d->sandbox, key, &found, &d->err))
			_exit(2);
		if (!found)
			layer_play_build(d, key, 1);
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
	assert_int_equal(in_child(d, recover, NULL), 0);
	assert_int_equal(layer_play_entries(d, "building"), 0);
	assert_int_equal(in_child(d, trim, NULL), 0);
	assert_int_equal(layer_play_entries(d, "layers"), 0);
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
		if (!layer_play_is_kept(d, name))
			continue;
		snprintf(wanted, sizeof(wanted), "v%d\n", i);
		snprintf(name, sizeof(name), "v%d/workspace/m/last", i);
		buf_init(&text, 100);
		assert_int_equal(file_read(layer_play_path(d, "layers", name), &text, NULL), 0);
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
			if (!layer_play_is_kept(d, name))
				assert_int_equal(in_child(d, make, name), 0);
		}
		pid_t engine = fork();
		if (engine == 0)
			evict_all(d);
		usleep((useconds_t)(rand() % 3000));
		kill(engine, SIGKILL);
		assert_int_equal(waitpid(engine, NULL, 0), engine);
		are_whole(d);
	}
	assert_int_equal(in_child(d, recover, NULL), 0);
	assert_int_equal(layer_play_entries(d, "evicted"), 0);
	assert_int_equal(layer_play_entries(d, "building"), 0);
}

static void test_the_next_start_removes_what_is_left(void **state)
{
	struct drive *d = *state;

	assert_int_equal(in_child(d, make, "a"), 0);
	assert_int_equal(in_child(d, trim, NULL), 0);
	assert_int_equal(in_child(d, make, "b"), 0);
	char from[512];
	snprintf(from, sizeof(from), "%s", layer_play_path(d, "layers", "b"));
	assert_int_equal(rename(from, layer_play_path(d, "evicted", "1-2-r3")), 0);
	assert_int_equal(in_child(d, recover, NULL), 0);
	assert_int_equal(layer_play_entries(d, "evicted"), 0);
}

/* clang-format off */
#define RUNS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS                                                                                      \
	RUNS(test_one_that_another_engine_uses_stays),                 \
	RUNS(test_engines_use_and_evict_at_once),                 \
	RUNS(test_killed_while_it_evicts),                 \
	RUNS(test_the_next_start_removes_what_is_left)
/* clang-format on */

AS_BOTH_USERS("layers of several engines", TESTS)
