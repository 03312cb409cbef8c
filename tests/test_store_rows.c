/* The store's sandboxes, snapshots, executions, deliveries and usage: what is written is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/store_world.h"

static void assert_text(const char *found, const char *expected)
{
	if (!expected)
		assert_null(found);
	else
		assert_string_equal(found ? found : "(null)", expected);
}

static void put_sandbox(struct store_world *w, const struct sandbox_row *row)
{
	struct store_end end = {0};
	store_put_sandbox(w->store, row, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
}

static void finish(struct store_world *w, const struct store_final *final, enum error_code code)
{
	struct store_end end = {0};
	store_finish(w->store, final, store_world_done, &end);
	store_world_expect(w, &end, code);
}

static void put_revision(struct store_world *w, const char *id, const char *parent)
{
	struct revision_row row = a_revision(id, parent);
	finish(w, &(struct store_final){.revision = &row}, ERROR_NONE);
}

static void accept_row(struct store_world *w, const struct execution_row *row)
{
	struct store_end end = {0};
	store_accept(w->store, row, NULL, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
}

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
	put_revision(w, "r1", NULL);
	put_sandbox(w, &one);
	two.agent = NULL;
	put_sandbox(w, &two);
	one.head = "r1";
	one.used_ms = 77;
	put_sandbox(w, &one);
	struct seen seen = sandboxes(w);
	assert_int_equal(seen.count, 2);
	assert_text(seen.rows[0].id, "one");
	assert_text(seen.rows[0].head, "r1");
	assert_int_equal(seen.rows[0].used_ms, 77);
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
	put_sandbox(w, &sandbox);
	accept_row(w, &accepted);
	assert_int_equal(store_unfinished(w->store, &w->arena, &rows, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_text(rows[0].sandbox, "one");

	struct execution_row final = a_final("e1", "one", "passed");
	struct revision_row revision = a_revision("r1", NULL);
	sandbox.head = "r1";
	finish(w,
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

#define ROWS(test) cmocka_unit_test_setup_teardown(test, store_world_up_attached, store_world_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROWS(sandboxes_keep_their_place),
		ROWS(an_execution_goes_its_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
