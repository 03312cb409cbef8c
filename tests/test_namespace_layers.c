/*
 * Dependency layers within their bounds: which go first, which may not go, and what a build may
 * write.
 */
#include <dirent.h>
#include <errno.h>
#include <time.h>

#include "runners/namespace/measure.h"
#include "tests/layer_play.h"
#include "tests/plain_user.h"

enum { MIB = 1 << 20, WAIT_MS = 20000 };

/* ---- which go ---- */

static void test_least_recently_used_goes_first(void **state)
{
	struct drive *d = *state;

	layer_play_make(d, "a", 2);
	layer_play_make(d, "b", 2);
	layer_play_make(d, "c", 2);
	layer_play_set_used(d, "a", 1000);
	layer_play_set_used(d, "b", 2000);
	layer_play_set_used(d, "c", 3000);
	assert_int_equal(layer_play_trim(d, 0).count, 3);
	assert_int_equal(layer_play_trim(d, 7 * MIB).count, 3);
	opened(d);
	assert_true(layer_play_use(d, "a")); /* now b is the oldest */
	drive_close(d);
	struct layers_kept kept = layer_play_trim(d, 5 * MIB);
	assert_int_equal(kept.count, 2);
	assert_in_range(kept.bytes, 4 * MIB, 5 * MIB);
	assert_true(layer_play_is_kept(d, "a"));
	assert_false(layer_play_is_kept(d, "b"));
	assert_true(layer_play_is_kept(d, "c"));
	layer_play_wait_until_none(d, "evicted");
	opened(d);
	assert_false(layer_play_use(d, "b"));
	layer_play_build(d, "b", 1); /* and can be made again */
	says(d, "cat m/last", "b\n");
}

static void test_a_new_one_makes_room(void **state)
{
	struct drive *d = *state;

	layer_play_make(d, "a", 2);
	layer_play_set_used(d, "a", 1000);
	if (layer_play_open(d, 3 * MIB))
		fail_msg("%s", d->err.text);
	layer_play_build(d, "b", 2);
	says(d, "cat m/last", "b\n");
	for (int waited = 0; layer_play_is_kept(d, "a"); waited += 10) {
		assert_true(waited < WAIT_MS);
		usleep(10000);
	}
	assert_true(layer_play_is_kept(d, "b"));
}

static void test_one_in_use_stays(void **state)
{
	struct drive *d = *state;

	layer_play_make(d, "a", 2);
	opened(d);
	assert_true(layer_play_use(d, "a"));
	assert_int_equal(layer_play_trim(d, 1).count, 1);
	says(d, "cat m/last", "a\n");
	drive_close(d);
	assert_int_equal(layer_play_trim(d, 1).count, 0);
	layer_play_wait_until_none(d, "evicted");
}

static void test_one_beyond_the_bound_does_not_push_out_others(void **state)
{
	struct drive *d = *state;

	layer_play_make(d, "small", 1);
	layer_play_set_used(d, "small", 1000);
	if (layer_play_open(d, 4 * MIB))
		fail_msg("%s", d->err.text);
	layer_play_build(d, "large", 8);
	assert_int_equal(layer_play_trim(d, 4 * MIB).count, 2); /* it serves the run that made it */
	says(d, "cat m/last", "large\n");
	drive_close(d);
	assert_true(layer_play_is_kept(d, "small"));
	assert_false(layer_play_is_kept(d, "large"));
}

/* As earlier versions made them. */
static void test_one_without_its_size_is_measured(void **state)
{
	struct drive *d = *state;
	struct stat st;

	layer_play_make(d, "a", 2);
	layer_play_make(d, "b", 2);
	assert_int_equal(unlink(layer_play_path(d, "layers", "a/bytes")), 0);
	assert_int_equal(file_write(layer_play_path(d, "layers", "b/bytes"), "2", 1, 0644, NULL),
			 0);
	layer_play_set_used(d, "a", 1000);
	layer_play_set_used(d, "b", 2000);
	assert_in_range(layer_play_trim(d, 0).bytes, 4 * MIB, 5 * MIB);
	assert_int_equal(stat(layer_play_path(d, "layers", "a"), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1000);
	assert_int_equal(access(layer_play_path(d, "layers", "a/bytes"), F_OK), 0);
	assert_int_equal(layer_play_trim(d, 3 * MIB).count, 1);
	assert_true(layer_play_is_kept(d, "b"));
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
		layer_play_begin(d, "k");
		shell(d, lines[i]);
		assert_int_equal(d->out.ended_by, ENDED_DISK);
		assert_string_equal(d->out.exceeded, "it wrote more than 8 MiB, its disk limit");
		assert_int_equal(drive_layer_end(d, false), 0);
		assert_int_equal(layer_play_entries(d, "building"), 0);
		assert_false(layer_play_is_kept(d, "k"));
	}
	layer_play_begin(d, "k");
	shell(d, "head -c 4M /dev/zero >file; ln file again; ln file third");
	assert_int_equal(d->out.ended_by, ENDED_EXIT);
	assert_int_equal(drive_layer_end(d, true), 0);
}

/* Where a look cannot follow, anything could lie. */
static void test_a_build_cannot_hide_what_it_writes(void **state)
{
	struct drive *d = *state;

	opened(d);
	layer_play_begin(d, "k");
	shell(d, "i=0; while [ $i -lt 300 ]; do mkdir d && cd d || exit 1; i=$((i + 1)); done");
	assert_int_equal(d->out.ended_by, ENDED_DISK);
	assert_non_null(strstr(d->out.exceeded, "nested more than 200 deep"));
	assert_int_equal(drive_layer_end(d, false), 0);
	assert_int_equal(layer_play_entries(d, "building"), 0);
}

/* Its own folders closed to all: root sees through that, and gives the next run a layer that it can use. */
static void test_a_layer_can_be_used_whatever_its_modes(void **state)
{
	struct drive *d = *state;

	opened(d);
	layer_play_begin(d, "k");
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
	layer_play_begin(d, "k");
	assert_int_equal(
		d->ops->exec(d->sandbox, &exec, &d->arena, &d->out, drive_on_done, d, &d->err), 0);
	d->ops->close(d->sandbox, drive_on_closed, d);
	bool *done = &d->done;
	for (int ended = 0; ended < 2; ended += *done, *done = false)
		uv_run(&d->loop, UV_RUN_ONCE);
	d->sandbox = NULL;
	d->err = (struct error){0};
	assert_int_equal(layer_play_entries(d, "building"), 0);
	assert_false(layer_play_is_kept(d, "k"));
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
	RUNS(test_measure)
/* clang-format on */

AS_BOTH_USERS("namespace layers", TESTS)
