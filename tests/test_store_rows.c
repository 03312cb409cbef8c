/* The store's sandboxes, revisions and snapshots: what is written is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "tests/store_world.h"

struct seen {
	struct arena *arena;
	struct sandbox_row rows[8];
	int count;
};

static void see(void *ctx, const struct sandbox_row *row)
{
	struct seen *seen = ctx;
	struct sandbox_row *copy = &seen->rows[seen->count++];
	*copy = *row;
	copy->id = arena_string(seen->arena, row->id);
	copy->head = arena_string(seen->arena, row->head);
	copy->agent = arena_string(seen->arena, row->agent);
}

static struct seen sandboxes(struct store_world *w)
{
	struct seen seen = {.arena = &w->arena};
	assert_int_equal(store_each_sandbox(w->store, see, &seen, NULL), 0);
	return seen;
}

static void sandboxes_keep_their_place(void **state)
{
	struct store_world *w = *state;
	struct sandbox_row one = a_sandbox("one", NULL), two = a_sandbox("two", NULL);
	store_world_put_revision(w, "r1", NULL);
	store_world_put_sandbox(w, &one);
	two.agent = NULL;
	store_world_put_sandbox(w, &two);
	one.head = "r1";
	one.used_ms = 77;
	one.ttl_ms = 78;
	store_world_put_sandbox(w, &one);
	struct seen seen = sandboxes(w);
	assert_int_equal(seen.count, 2);
	assert_text(seen.rows[0].id, "one");
	assert_text(seen.rows[0].head, "r1");
	assert_int_equal(seen.rows[0].used_ms, 77);
	assert_int_equal(seen.rows[0].ttl_ms, 78);
	assert_int_equal(seen.rows[0].created_ms, 1000);
	assert_text(seen.rows[1].id, "two");
	assert_text(seen.rows[1].head, NULL);
	assert_text(seen.rows[1].agent, NULL);
}

static void an_execution_goes_its_way(void **state)
{
	struct store_world *w = *state;
	struct execution_row accepted = an_acceptance("e1", "one"), *rows;
	struct sandbox_row sandbox = a_sandbox("one", NULL);
	size_t count;
	store_world_put_sandbox(w, &sandbox);
	store_world_accept(w, &accepted);
	assert_int_equal(store_unfinished(w->store, &w->arena, &rows, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_text(rows[0].sandbox, "one");

	struct execution_row final = a_final("e1", "one", "passed");
	struct revision_row revision = a_revision("r1", NULL);
	sandbox.head = "r1";
	store_world_finish(w,
			   &(struct store_final){
				   .execution = &final, .revision = &revision, .sandbox = &sandbox},
			   ERROR_NONE);
	assert_int_equal(store_unfinished(w->store, &w->arena, &rows, &count, NULL), 0);
	assert_int_equal(count, 0);
	const struct execution_row *row;
	assert_int_equal(store_execution(w->store, &w->arena, "t", "e1", &row, NULL), 0);
	assert_text(row->verdict, "passed");
	assert_text(row->report, final.report);
	assert_true(row->wall_ms == 12.5);
	assert_int_equal(row->state, EXECUTION_FINAL);
	assert_text(sandboxes(w).rows[0].head, "r1");
}

static void what_a_row_stands_on_must_be_there(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct sandbox_row sandbox = a_sandbox("one", "r1");
	store_put_sandbox(w->store, &sandbox, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NOT_FOUND);
	assert_int_equal(sandboxes(w).count, 0);
	struct revision_row revision = a_revision("r2", "r1");
	store_world_finish(w, &(struct store_final){.revision = &revision}, ERROR_NOT_FOUND);
	struct snapshot_row snapshot = {.id = "s", .sandbox = "one", .name = "n"};
	store_put_snapshot(w->store, &snapshot, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NOT_FOUND);
	assert_string_equal(end.err.text, "there is no sandbox one");
	struct delivery_row delivery = {.execution = "e"};
	store_put_delivery(w->store, &delivery, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NOT_FOUND);
}

static void a_removed_sandbox_stays_removed(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct sandbox_row sandbox = a_sandbox("one", NULL);
	struct snapshot_row snapshot = {.id = "s", .sandbox = "one", .name = "n"}, *rows;
	struct test test = {.name = "a"};
	struct results results = {.runner = "r", .tests = &test, .count = 1}, last;
	struct execution_row final = a_final("e1", "one", "passed");
	const char *id;
	size_t count;
	store_world_put_sandbox(w, &sandbox);
	store_put_snapshot(w->store, &snapshot, NULL, NULL);
	store_world_finish(w, &(struct store_final){.execution = &final, .results = &results},
			   ERROR_NONE);
	store_remove_sandbox(w->store, "one", store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	assert_int_equal(sandboxes(w).count, 0);
	assert_int_equal(store_snapshots(w->store, &w->arena, "one", &rows, &count, NULL), 0);
	assert_int_equal(count, 0);
	assert_int_equal(store_last_results(w->store, "sandbox:one", &w->arena, &id, &last, NULL),
			 0);
	assert_null(id);

	final.id = "e2"; /* it was still running */
	store_world_finish(w, &(struct store_final){.execution = &final, .sandbox = &sandbox},
			   ERROR_NONE);
	assert_int_equal(sandboxes(w).count, 0);
	const struct execution_row *row;
	assert_int_equal(store_execution(w->store, &w->arena, "t", "e1", &row, NULL), 0);
	assert_text(row->sandbox, "one");
}

static void snapshots_are_found_by_id_and_name(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct sandbox_row one = a_sandbox("one", NULL), two = a_sandbox("two", NULL);
	store_world_put_revision(w, "r1", NULL);
	store_world_put_sandbox(w, &one);
	store_world_put_sandbox(w, &two);
	struct snapshot_row row = {.id = "s2", .sandbox = "one", .name = "first", .revision = "r1"};
	store_put_snapshot(w->store, &row, NULL, NULL);
	row = (struct snapshot_row){
		.id = "s1", .sandbox = "one", .name = "second", .description = "why"};
	store_put_snapshot(w->store, &row, NULL, NULL);
	row.id = "s3";
	store_put_snapshot(w->store, &row, store_world_done, &end);
	store_world_expect(w, &end, ERROR_CONFLICT);
	assert_string_equal(end.err.text, "there is a snapshot named \"second\" already");
	row.sandbox = "two";
	store_put_snapshot(w->store, &row, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);

	struct snapshot_row *rows;
	size_t count;
	assert_int_equal(store_snapshots(w->store, &w->arena, "one", &rows, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_text(rows[0].name, "first");
	assert_text(rows[0].revision, "r1");
	assert_text(rows[1].description, "why");
	assert_text(rows[1].revision, NULL);
	const struct snapshot_row *found;
	assert_int_equal(store_snapshot(w->store, &w->arena, "one", "second", &found, NULL), 0);
	assert_text(found->id, "s1");
	assert_int_equal(store_snapshot(w->store, &w->arena, "one", "s2", &found, NULL), 0);
	assert_text(found->name, "first");
	assert_int_equal(store_snapshot(w->store, &w->arena, "two", "first", &found, NULL), 0);
	assert_null(found);
	store_remove_snapshot(w->store, "s1", store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	assert_int_equal(store_snapshot(w->store, &w->arena, "one", "second", &found, NULL), 0);
	assert_null(found);
}

static void chains_begin_with_the_newest(void **state)
{
	struct store_world *w = *state;
	struct error err = {0};
	const char *const *chain;
	store_world_put_revision(w, "a", NULL);
	store_world_put_revision(w, "b", "a");
	store_world_put_revision(w, "c", "b");
	store_world_put_revision(w, "other", "a");
	assert_int_equal(store_chain(w->store, &w->arena, "c", &chain, NULL), 0);
	assert_text(chain[0], "c");
	assert_text(chain[1], "b");
	assert_text(chain[2], "a");
	assert_null(chain[3]);
	assert_int_equal(store_chain(w->store, &w->arena, NULL, &chain, NULL), 0);
	assert_null(chain[0]);
	assert_int_equal(store_chain(w->store, &w->arena, "x", &chain, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	store_world_sql(w, "DELETE FROM revisions WHERE id = 'b'");
	assert_int_equal(store_chain(w->store, &w->arena, "c", &chain, &err), -1);
	assert_string_equal(err.text, "store: there is no revision b");
}

static void count_sandbox(void *ctx, const struct sandbox_row *row)
{
	*(int *)ctx += row->id && row->head;
}

static void ten_thousand_sandboxes_are_listed(void **state)
{
	struct store_world *w = *state;
	enum { MANY = 10000 };
	struct store_end end = {0};
	int count = 0;
	store_world_put_revision(w, "r1", NULL);
	for (int i = 0; i < MANY; i++) {
		struct sandbox_row row = a_sandbox(arena_printf(&w->arena, "sandbox-%d", i), "r1");
		store_put_sandbox(w->store, &row, i == MANY - 1 ? store_world_done : NULL, &end);
	}
	store_world_expect(w, &end, ERROR_NONE);
	double started = clock_ms();
	assert_int_equal(store_each_sandbox(w->store, count_sandbox, &count, NULL), 0);
	print_message("# 10,000 sandboxes listed: %.1f ms\n", clock_ms() - started);
	assert_int_equal(count, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(sandboxes_keep_their_place),
		STORE_TEST(an_execution_goes_its_way),
		STORE_TEST(what_a_row_stands_on_must_be_there),
		STORE_TEST(a_removed_sandbox_stays_removed),
		STORE_TEST(snapshots_are_found_by_id_and_name),
		STORE_TEST(chains_begin_with_the_newest),
		STORE_TEST(ten_thousand_sandboxes_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
