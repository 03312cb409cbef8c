/* The store's writer: batches, their failures, and what is safe once it was told. */
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/store/store_write.h"
#include "tests/store_world.h"

static bool is_there(struct store_world *w, const char *execution)
{
	const struct execution_row *row;
	assert_int_equal(store_execution(w->store, &w->arena, "t", execution, &row, NULL), 0);
	return row != NULL;
}

static void before_it_is_attached_writes_are_made_at_once(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct execution_row row = an_acceptance("e1", NULL);
	store_accept(w->store, &row, NULL, store_world_done, &end);
	assert_int_equal(end.calls, 1);
	assert_int_equal(end.err.code, ERROR_NONE);
	assert_true(is_there(w, "e1"));
	store_accept(w->store, &row, NULL, store_world_done, &end);
	assert_int_equal(end.calls, 2);
	assert_int_equal(end.err.code, ERROR_CONFLICT);
	row.id = "e2";
	store_accept(w->store, &row, NULL, NULL, NULL);
	assert_true(is_there(w, "e2"));
}

static void one_in_memory_serves_tests(void **state)
{
	(void)state;
	struct store *store;
	struct store_end end = {0};
	struct sandbox_row row = a_sandbox("one", NULL);
	struct store_usage usage;
	assert_int_equal(store_open(&store, ":memory:", NULL), 0);
	store_put_sandbox(store, &row, store_world_done, &end);
	assert_int_equal(end.calls, 1);
	assert_int_equal(store_usage(store, "t", &usage, NULL), 0);
	assert_int_equal(usage.sandboxes, 1);
	store_close(store);
}

/* What is queued in one turn: its order, and who failed. */
struct order {
	char done[8][8];
	int count;
};

struct turn {
	struct order *order;
	const char *name;
};

static void note(void *ctx, const struct error *err)
{
	const struct turn *turn = ctx;
	snprintf(turn->order->done[turn->order->count++], sizeof(turn->order->done[0]), "%s%s",
		 turn->name, err ? "!" : "");
}

static void a_write_that_fails_leaves_its_batch_alone(void **state)
{
	struct store_world *w = *state;
	struct order order = {.count = 0};
	static const char *const ids[] = {"first", "a", "b", "a", "c"};
	struct turn turns[5];
	for (size_t i = 0; i < 5; i++) {
		char borrowed[8];
		strcpy(borrowed, ids[i]); /* rows are copied */
		struct execution_row row = an_acceptance(borrowed, NULL);
		turns[i] = (struct turn){.order = &order, .name = ids[i]};
		store_accept(w->store, &row, NULL, note, &turns[i]);
		memset(borrowed, 'x', sizeof(borrowed) - 1);
		assert_int_equal(order.count, 0);
	}
	store_world_detach(w);
	static const char *const expected[] = {"first", "a", "b", "a!", "c"};
	assert_int_equal(order.count, 5);
	for (int i = 0; i < 5; i++)
		assert_string_equal(order.done[i], expected[i]);
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM executions"), 4);
}

static void half_a_write_is_undone(void **state)
{
	struct store_world *w = *state;
	struct store_end ends[3] = {{0}};
	static const char *const ids[] = {"first", "e1", "e2"};
	struct idempotency_row key = {.tenant = "t", .key = "k", .request = "d"};
	for (size_t i = 0; i < 3; i++) {
		struct execution_row row = an_acceptance(ids[i], NULL);
		key.execution = ids[i];
		store_accept(w->store, &row, i > 0 ? &key : NULL, store_world_done, &ends[i]);
	}
	store_world_expect(w, &ends[1], ERROR_NONE);
	store_world_expect(w, &ends[2], ERROR_CONFLICT); /* its row was there, the key was not */
	assert_true(is_there(w, "e1"));
	assert_false(is_there(w, "e2"));
}

struct chain {
	struct store_world *world;
	int left;
};

static void write_another(void *ctx, const struct error *err)
{
	struct chain *chain = ctx;
	assert_null(err);
	if (chain->left-- == 0)
		return;
	char id[16];
	snprintf(id, sizeof(id), "next%d", chain->left);
	struct execution_row row = an_acceptance(id, NULL);
	store_accept(chain->world->store, &row, NULL, write_another, chain);
}

static void detaching_waits_for_all(void **state)
{
	struct store_world *w = *state;
	enum { MANY = 1200 };
	struct store_end end = {0};
	struct chain chain = {.world = w, .left = 3};
	for (int i = 0; i < MANY; i++) {
		char id[16];
		snprintf(id, sizeof(id), "e%d", i);
		struct execution_row row = an_acceptance(id, NULL);
		store_accept(w->store, &row, NULL, store_world_done, &end);
	}
	write_another(&chain, NULL); /* and what its callbacks add */
	store_world_detach(w);
	assert_int_equal(end.calls, MANY);
	assert_int_equal(end.err.code, ERROR_NONE);
	assert_int_equal(chain.left, -1);
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM executions"), MANY + 3);
	struct execution_row row = an_acceptance("after", NULL);
	store_accept(w->store, &row, NULL, store_world_done, &end);
	assert_int_equal(end.calls, MANY + 1); /* at once again */
	store_world_attach(w);
	assert_true(is_there(w, "after"));
}

static void what_comes_while_detaching_is_written(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct execution_row row = an_acceptance("late", NULL);
	store_detach(w->store, store_world_detached, w);
	store_accept(w->store, &row, NULL, store_world_done, &end);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_false(w->attached);
	assert_int_equal(end.calls, 1);
	assert_true(is_there(w, "late"));
}

static void reads_do_not_wait_for_a_writer(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct execution_row row = an_acceptance("e1", NULL);
	sqlite3 *beside;
	store_world_accept(w, &row);
	assert_int_equal(sqlite3_open(w->path, &beside), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(beside, "BEGIN IMMEDIATE; DELETE FROM executions", NULL, NULL, NULL),
		SQLITE_OK);
	row.id = "e2";
	store_accept(w->store, &row, NULL, store_world_done, &end); /* waits, on the thread */
	for (int i = 0; i < 100; i++) {
		uv_run(&w->loop, UV_RUN_NOWAIT);
		assert_true(is_there(w, "e1"));
		assert_false(is_there(w, "e2"));
	}
	assert_int_equal(end.calls, 0);
	assert_int_equal(sqlite3_exec(beside, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(beside);
	store_world_expect(w, &end, ERROR_NONE);
	assert_false(is_there(w, "e1"));
	assert_true(is_there(w, "e2"));
}

static void a_lock_in_vain_fails_all_that_wait(void **state)
{
	struct store_world *w = *state;
	struct store_end ends[4] = {{0}};
	struct execution_row row = an_acceptance("e", NULL);
	sqlite3 *beside;
	assert_int_equal(sqlite3_open(w->path, &beside), SQLITE_OK);
	assert_int_equal(sqlite3_exec(beside, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	database_wait(&w->store->writer, 20);
	for (size_t i = 0; i < 4; i++)
		store_accept(w->store, &row, NULL, store_world_done, &ends[i]);
	for (size_t i = 0; i < 4; i++)
		store_world_expect(w, &ends[i], ERROR_UNAVAILABLE);
	assert_non_null(strstr(ends[3].err.text, "another process holds it locked"));
	sqlite3_close(beside);
	store_world_accept(w, &row);
}

/* ---- killed in the middle of writing ---- */

enum { ACKNOWLEDGED = 300 };

struct speaker {
	struct store *store;
	int fd, next;
};

static void speak(void *ctx, const struct error *err);

static void speak_next(struct speaker *speaker)
{
	char id[16];
	snprintf(id, sizeof(id), "e%d", speaker->next++);
	struct execution_row row = an_acceptance(id, NULL);
	store_accept(speaker->store, &row, NULL, speak, speaker);
}

/* Tells the parent how many are on the disk, in order; ten are always under way. */
static void speak(void *ctx, const struct error *err)
{
	struct speaker *speaker = ctx;
	if (err || write(speaker->fd, "+", 1) != 1)
		_exit(1);
	speak_next(speaker);
}

_Noreturn static void write_until_killed(const char *path, int fd)
{
	uv_loop_t loop;
	struct speaker speaker = {.fd = fd};
	if (uv_loop_init(&loop) != 0 || store_open(&speaker.store, path, NULL) != 0 ||
	    store_attach(speaker.store, &loop, NULL) != 0)
		_exit(1);
	for (int i = 0; i < 10; i++)
		speak_next(&speaker);
	uv_run(&loop, UV_RUN_DEFAULT);
	_exit(1);
}

static void what_was_told_outlives_a_kill(void **state)
{
	struct store_world *w = *state;
	int pipes[2], told = 0;
	char byte;
	store_world_close(w); /* a connection may not be there when a process forks */
	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (pid == 0)
		write_until_killed(w->path, pipes[1]);
	close(pipes[1]);
	while (read(pipes[0], &byte, 1) == 1)
		if (++told == ACKNOWLEDGED)
			kill(pid, SIGKILL);
	close(pipes[0]);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	store_world_open(w);
	assert_true(told >= ACKNOWLEDGED);
	for (int i = 0; i < told; i++) {
		char id[16];
		snprintf(id, sizeof(id), "e%d", i);
		if (!is_there(w, id))
			fail_msg("%s of %d was told and is lost", id, told);
	}
	struct execution_row *rows;
	size_t count;
	assert_int_equal(store_unfinished(w->store, &w->arena, &rows, &count, NULL), 0);
	assert_in_range(count, told, told + 10);
}

/* ---- a full disk ---- */

static void put_report(struct store_world *w, const char *id, size_t bytes, struct store_end *end)
{
	char *report = malloc(bytes + 1);
	memset(report, 'r', bytes);
	report[bytes] = '\0';
	struct execution_row row = a_final(id, NULL, "passed");
	row.report = report;
	store_finish(w->store, &(struct store_final){.execution = &row}, store_world_done, end);
	free(report);
}

/* Moves the world to a file system of 2 MB, half of it taken by a file. */
static bool move_to_a_small_disk(struct store_world *w, char *filler, size_t size)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return false;
	store_world_close(w);
	assert_int_equal(mount("none", w->folder, "tmpfs", 0, "size=2m"), 0);
	snprintf(filler, size, "%s/filler", w->folder);
	char *junk = calloc(1, 1 << 20);
	assert_int_equal(file_write(filler, junk, 1 << 20, 0600, NULL), 0);
	free(junk);
	store_world_open(w);
	store_world_attach(w);
	return true;
}

static void a_full_disk_is_told_and_got_over(void **state)
{
	struct store_world *w = *state;
	char filler[128];
	struct store_end first = {0}, small = {0}, big = {0}, last = {0};
	if (geteuid() != 0 || !move_to_a_small_disk(w, filler, sizeof(filler)))
		skip(); /* it takes root to mount */
	put_report(w, "first", 10, &first);
	put_report(w, "small", 10, &small); /* these three are one batch */
	put_report(w, "big", 4 << 20, &big);
	put_report(w, "last", 10, &last);
	store_world_expect(w, &first, ERROR_NONE);
	store_world_expect(w, &small, ERROR_NONE);
	store_world_expect(w, &big, ERROR_NO_SPACE);
	assert_non_null(strstr(big.err.text, "the disk is full"));
	store_world_expect(w, &last, ERROR_NONE);

	int stored = 0;
	do {
		char id[16];
		snprintf(id, sizeof(id), "fill%d", stored);
		put_report(w, id, 50000, &big);
		while (big.calls == 0)
			uv_run(&w->loop, UV_RUN_ONCE);
		big.calls = 0;
	} while (big.err.code == ERROR_NONE && ++stored < 1000);
	assert_int_equal(big.err.code, ERROR_NO_SPACE);
	assert_true(is_there(w, "small"));
	assert_false(is_there(w, "big"));
	assert_int_equal(unlink(filler), 0);
	put_report(w, "again", 50000, &big);
	store_world_expect(w, &big, ERROR_NONE);
	store_world_reopen(w);
	assert_true(is_there(w, "again"));
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM executions"), stored + 4);
	store_world_close(w);
	assert_int_equal(umount2(w->folder, MNT_DETACH), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(before_it_is_attached_writes_are_made_at_once,
						store_world_up, store_world_down),
		cmocka_unit_test(one_in_memory_serves_tests),
		STORE_TEST(a_write_that_fails_leaves_its_batch_alone),
		STORE_TEST(half_a_write_is_undone),
		STORE_TEST(detaching_waits_for_all),
		STORE_TEST(what_comes_while_detaching_is_written),
		STORE_TEST(reads_do_not_wait_for_a_writer),
		STORE_TEST(a_lock_in_vain_fails_all_that_wait),
		STORE_TEST(what_was_told_outlives_a_kill),
		STORE_TEST(a_full_disk_is_told_and_got_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
