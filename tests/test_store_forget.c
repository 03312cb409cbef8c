/* What the store forgets, and what it must not: revisions, old executions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/store_world.h"

static char told[256]; /* each id that was told, in turn */
static int told_count, told_before_done;

static void note(const char *id)
{
	told_count++;
	if (strlen(told) + strlen(id) < sizeof(told))
		strcat(told, id);
}

static void revision_gone(void *ctx, const char *revision)
{
	told_before_done += ((struct store_end *)ctx)->calls == 0;
	note(revision);
}

static void execution_gone(void *ctx, const char *execution, const char *log_dir)
{
	told_before_done += ((struct store_end *)ctx)->calls == 0;
	note(execution);
	note(log_dir ? log_dir : "-");
	told_count--;
}

static const char *collect(struct store_world *w)
{
	struct store_end end = {0};
	told[0] = '\0';
	told_count = told_before_done = 0;
	store_collect(w->store, revision_gone, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	assert_int_equal(told_before_done, told_count);
	return told;
}

static const char *trim(struct store_world *w, struct store_retention retention)
{
	struct store_end end = {0};
	told[0] = '\0';
	told_count = told_before_done = 0;
	store_trim(w->store, &retention, execution_gone, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	assert_int_equal(told_before_done, told_count);
	return told;
}

/*
 *	a - b - c   head of one
 *	  |   ` d   head of two, a fork
 *	  ` e       snapshot
 *	f           last success of two
 *	x - y       nobody's
 */
static void grow(struct store_world *w)
{
	static const char *const tree[][2] = {{"a", NULL}, {"b", "a"},  {"c", "b"},  {"d", "b"},
					      {"e", "a"},  {"f", NULL}, {"x", NULL}, {"y", "x"}};
	for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++)
		store_world_put_revision(w, tree[i][0], tree[i][1]);
	struct sandbox_row one = a_sandbox("one", "c"), two = a_sandbox("two", "d");
	two.last_success = "f";
	two.succeeded = true;
	store_world_put_sandbox(w, &one);
	store_world_put_sandbox(w, &two);
	struct snapshot_row snapshot = {.id = "s", .sandbox = "two", .name = "n", .revision = "e"};
	store_put_snapshot(w->store, &snapshot, NULL, NULL);
}

static void only_what_nobody_needs_is_collected(void **state)
{
	struct store_world *w = *state;
	struct store_usage usage;
	grow(w);
	assert_string_equal(collect(w), "xy");
	assert_string_equal(collect(w), "");
	store_remove_sandbox(w->store, "one", NULL, NULL);
	assert_string_equal(collect(w), "c");
	store_remove_snapshot(w->store, "s", NULL, NULL);
	assert_string_equal(collect(w), "e");
	struct sandbox_row two = a_sandbox("two", "f");
	store_world_put_sandbox(w, &two);
	assert_string_equal(collect(w), "abd");
	assert_int_equal(store_usage(w->store, "t", &usage, NULL), 0);
	assert_int_equal(usage.revision_bytes, 10);
	store_remove_sandbox(w->store, "two", NULL, NULL);
	assert_string_equal(collect(w), "f");
}

/* Collected between its making and its finish: the finish must not leave a head without a chain. */
static void what_stands_on_a_collected_one_is_refused(void **state)
{
	struct store_world *w = *state;
	struct sandbox_row one = a_sandbox("one", NULL);
	struct revision_row revision = a_revision("new", "old");
	store_world_put_sandbox(w, &one);
	store_world_put_revision(w, "old", NULL);
	assert_string_equal(collect(w), "old");
	one.head = "new";
	store_world_finish(w, &(struct store_final){.revision = &revision, .sandbox = &one},
			   ERROR_NOT_FOUND);
}

static void much_is_collected_in_parts(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	char id[16], parent[16] = "";
	for (int i = 0; i < STORE_AT_ONCE + 5; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		struct revision_row row = a_revision(id, i % 10 ? parent : NULL);
		store_finish(w->store, &(struct store_final){.revision = &row}, store_world_done,
			     &end);
		strcpy(parent, id);
	}
	while (end.calls < STORE_AT_ONCE + 5)
		uv_run(&w->loop, UV_RUN_ONCE);
	collect(w);
	assert_int_equal(told_count, STORE_AT_ONCE);
	collect(w);
	assert_int_equal(told_count, 5);
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM revisions"), 0);
}

static void execute(struct store_world *w, const char *id, const char *tenant, int64_t finished_ms)
{
	struct execution_row row = a_final(id, NULL, "passed");
	row.tenant = tenant;
	row.finished_ms = finished_ms;
	row.log_dir = finished_ms % 2 ? "!" : NULL;
	store_world_finish(w, &(struct store_final){.execution = &row}, ERROR_NONE);
}

static void the_oldest_of_each_tenant_go(void **state)
{
	struct store_world *w = *state;
	for (int i = 0; i < 5; i++) {
		execute(w, (char[]){(char)('a' + i), 0}, "t", 10 + i);
		execute(w, (char[]){(char)('v' + i), 0}, "u", 10 + i);
	}
	assert_string_equal(trim(w, (struct store_retention){0}), "");
	assert_string_equal(trim(w, (struct store_retention){.executions = 5, .before_ms = 10}),
			    "");
	assert_string_equal(trim(w, (struct store_retention){.executions = 4}), "a-v-");
	assert_string_equal(trim(w, (struct store_retention){.before_ms = 12}), "b!w!");
	/* a report has 12 bytes */
	assert_string_equal(trim(w, (struct store_retention){.bytes = 36}), "");
	assert_string_equal(trim(w, (struct store_retention){.bytes = 35}), "c-x-");
	execute(w, "f", "t", 20);
	assert_string_equal(
		trim(w, (struct store_retention){.executions = 9, .bytes = 13, .before_ms = 1}),
		"d!e-y!");
	struct store_usage usage;
	assert_int_equal(store_usage(w->store, NULL, &usage, NULL), 0);
	assert_int_equal(usage.executions, 2);
	assert_int_equal(usage.report_bytes, 24);
}

static void what_is_under_way_or_owed_stays(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct execution_row waiting = an_acceptance("waiting", NULL);
	struct delivery_row owed = {.execution = "owed", .tenant = "t", .url = "u"};
	store_world_accept(w, &waiting);
	execute(w, "owed", "t", 10);
	store_put_delivery(w->store, &owed, NULL, NULL);
	execute(w, "a", "t", 12);
	struct store_retention all = {.executions = 1, .bytes = 1, .before_ms = 1000};
	assert_string_equal(trim(w, all), "a-");
	assert_string_equal(trim(w, all), "");
	owed.next_ms = DELIVERY_GIVEN_UP;
	store_put_delivery(w->store, &owed, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	assert_string_equal(trim(w, all), "owed-");
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM deliveries"), 0);
}

static void keys_and_tests_go_along(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct test test = {.name = "a"};
	struct results results = {.runner = "r", .tests = &test, .count = 1};
	struct execution_row row = an_acceptance("e1", "one"),
			     final = a_final("e1", "one", "passed");
	struct idempotency_row key = {.tenant = "t", .key = "k", .request = "d", .execution = "e1"};
	store_accept(w->store, &row, &key, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	store_world_finish(w, &(struct store_final){.execution = &final, .results = &results},
			   ERROR_NONE);
	assert_string_equal(trim(w, (struct store_retention){.before_ms = INT64_MAX}), "e1/logs/x");
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM idempotency"), 0);
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM runs"), 0);
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM tests"), 0);
	struct execution_row again = an_acceptance("e2", NULL);
	key.execution = "e2";
	store_accept(w->store, &again, &key, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
}

static void much_is_trimmed_in_parts(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	enum { MANY = STORE_AT_ONCE + 20 };
	for (int i = 0; i < MANY; i++) {
		char id[16];
		snprintf(id, sizeof(id), "e%d", i);
		struct execution_row row = a_final(id, NULL, "passed");
		row.tenant = i < 15 ? "few" : "many";
		store_finish(w->store, &(struct store_final){.execution = &row}, store_world_done,
			     &end);
	}
	while (end.calls < MANY)
		uv_run(&w->loop, UV_RUN_ONCE);
	trim(w, (struct store_retention){.executions = 1});
	assert_int_equal(told_count, STORE_AT_ONCE);
	trim(w, (struct store_retention){.executions = 1});
	assert_int_equal(told_count, MANY - STORE_AT_ONCE - 2);
	trim(w, (struct store_retention){.executions = 1});
	assert_int_equal(told_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(only_what_nobody_needs_is_collected),
		STORE_TEST(what_stands_on_a_collected_one_is_refused),
		STORE_TEST(much_is_collected_in_parts),
		STORE_TEST(the_oldest_of_each_tenant_go),
		STORE_TEST(what_is_under_way_or_owed_stays),
		STORE_TEST(keys_and_tests_go_along),
		STORE_TEST(much_is_trimmed_in_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
