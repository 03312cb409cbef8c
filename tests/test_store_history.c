/* The store's executions, keys, deliveries and usage: what is written is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/store_world.h"

static void a_final_execution_stays_as_it_is(void **state)
{
	struct store_world *w = *state;
	struct execution_row accepted = an_acceptance("e1", NULL);
	struct execution_row final = a_final("e1", NULL, "passed");
	store_world_accept(w, &accepted);
	store_world_finish(w, &(struct store_final){.execution = &final}, ERROR_NONE);
	struct revision_row revision = a_revision("r1", NULL);
	final.verdict = "tests_failed";
	store_world_finish(w, &(struct store_final){.execution = &final, .revision = &revision},
			   ERROR_CONFLICT);
	const struct execution_row *row;
	bool there;
	assert_int_equal(store_execution(w->store, &w->arena, "t", "e1", &row, NULL), 0);
	assert_text(row->verdict, "passed");
	assert_int_equal(store_revision_exists(w->store, "r1", &there, NULL), 0);
	assert_false(there); /* nothing of that write */

	struct store_end end = {0};
	store_accept(w->store, &accepted, NULL, store_world_done, &end);
	store_world_expect(w, &end, ERROR_CONFLICT);
}

static void one_that_was_never_accepted_is_written_whole(void **state)
{
	struct store_world *w = *state;
	struct execution_row final = a_final("e1", NULL, "passed");
	const struct execution_row *row;
	store_world_finish(w, &(struct store_final){.execution = &final}, ERROR_NONE);
	assert_int_equal(store_execution(w->store, &w->arena, "t", "e1", &row, NULL), 0);
	assert_text(row->agent, "agent");
	assert_text(row->report, final.report);
	assert_text(row->callback_url, final.callback_url);
}

/* The ids of a page, one after another. */
static const char *page(struct store_world *w, struct history_query query)
{
	static char ids[64];
	struct execution_row *rows;
	size_t count;
	struct error err = {0};
	query.tenant = query.tenant ? query.tenant : "t";
	query.limit = query.limit ? query.limit : 10;
	if (store_history(w->store, &w->arena, &query, &rows, &count, &err) != 0)
		return strcpy(ids, err.code == ERROR_NOT_FOUND ? "not found" : err.text);
	ids[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(ids, rows[i].id);
		assert_null(rows[i].report);
	}
	return ids;
}

static void history_is_read_in_pages(void **state)
{
	struct store_world *w = *state;
	static const char *const ids[] = {"d", "c", "b", "a", "e"}; /* not the order of names */
	for (size_t i = 0; i < 5; i++) {
		struct execution_row row = an_acceptance(ids[i], i % 2 ? "one" : "two");
		row.agent = i == 2 ? NULL : "agent";
		store_world_accept(w, &row);
		struct execution_row final = a_final(ids[i], NULL, i == 3 ? "timed_out" : "passed");
		if (i < 4)
			store_world_finish(w, &(struct store_final){.execution = &final},
					   ERROR_NONE);
	}
	struct execution_row foreign = an_acceptance("z", "one");
	foreign.tenant = "other";
	store_world_accept(w, &foreign);
	assert_string_equal(page(w, (struct history_query){.limit = 3}), "eab");
	assert_string_equal(page(w, (struct history_query){.limit = 3, .before = "b"}), "cd");
	assert_string_equal(page(w, (struct history_query){.before = "d"}), "");
	assert_string_equal(page(w, (struct history_query){.before = "z"}), "not found");
	assert_string_equal(page(w, (struct history_query){.sandbox = "one"}), "ac");
	assert_string_equal(page(w, (struct history_query){.sandbox = "one", .before = "a"}), "c");
	assert_string_equal(page(w, (struct history_query){.agent = "agent"}), "eacd");
	assert_string_equal(page(w, (struct history_query){.verdict = "passed"}), "bcd");
	assert_string_equal(
		page(w, (struct history_query){.sandbox = "one", .verdict = "timed_out"}), "a");
	assert_string_equal(page(w, (struct history_query){.tenant = "other"}), "z");
	const struct execution_row *row;
	assert_int_equal(store_execution(w->store, &w->arena, "other", "a", &row, NULL), 0);
	assert_null(row);
}

static void a_key_is_taken_once(void **state)
{
	struct store_world *w = *state;
	struct store_end end = {0};
	struct execution_row row = an_acceptance("e1", NULL);
	struct idempotency_row key = {
		.tenant = "t", .key = "k", .request = "digest", .execution = "e1", .created_ms = 5};
	store_accept(w->store, &row, &key, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	row.id = key.execution = "e2";
	store_accept(w->store, &row, &key, store_world_done, &end);
	store_world_expect(w, &end, ERROR_CONFLICT);
	assert_string_equal(end.err.text, "the Idempotency-Key is taken");
	const struct execution_row *none;
	assert_int_equal(store_execution(w->store, &w->arena, "t", "e2", &none, NULL), 0);
	assert_null(none);
	const struct idempotency_row *found;
	assert_int_equal(store_idempotency(w->store, &w->arena, "t", "k", &found, NULL), 0);
	assert_text(found->execution, "e1");
	assert_text(found->request, "digest");
	row.tenant = key.tenant = "other";
	store_accept(w->store, &row, &key, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	assert_int_equal(store_idempotency(w->store, &w->arena, "t", "other", &found, NULL), 0);
	assert_null(found);
}

static void put_delivery(struct store_world *w, struct delivery_row row)
{
	struct store_end end = {0};
	store_put_delivery(w->store, &row, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
}

static void deliveries_are_owed_until_they_are_removed(void **state)
{
	struct store_world *w = *state;
	struct execution_row final = a_final("e1", NULL, "passed");
	struct delivery_row delivery = {.execution = "e1",
					.tenant = "t",
					.url = "http://x/",
					.next_ms = 50},
			    *rows;
	struct execution_row waiting = an_acceptance("e2", NULL);
	size_t count;
	store_world_accept(w, &waiting);
	store_world_finish(w, &(struct store_final){.execution = &final, .delivery = &delivery},
			   ERROR_NONE);
	put_delivery(w, (struct delivery_row){
				.execution = "e2", .tenant = "t", .url = "u", .next_ms = 40});
	put_delivery(w,
		     (struct delivery_row){
			     .execution = "e1", .attempts = 2, .next_ms = 9, .last_error = "no"});
	put_delivery(w, (struct delivery_row){.execution = "e1", .attempts = 3, .next_ms = 10});
	assert_int_equal(store_deliveries(w->store, &w->arena, &rows, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_text(rows[0].execution, "e1");
	assert_text(rows[0].url, "http://x/");
	assert_text(rows[0].last_error, "no");
	assert_int_equal(rows[0].attempts, 3);
	assert_int_equal(rows[0].next_ms, 10);
	assert_text(rows[1].execution, "e2");
	struct store_end end = {0};
	delivery.execution = "e3";
	store_put_delivery(w->store, &delivery, store_world_done, &end);
	store_world_expect(w, &end, ERROR_NOT_FOUND);
	store_remove_delivery(w->store, "e1", store_world_done, &end);
	store_world_expect(w, &end, ERROR_NONE);
	assert_int_equal(store_deliveries(w->store, &w->arena, &rows, &count, NULL), 0);
	assert_int_equal(count, 1);
}

static void a_sandbox_remembers_its_last_tests(void **state)
{
	struct store_world *w = *state;
	struct test first[] = {{.name = "a"}, {.name = "b", .suite = "s", .status = TEST_FAILED}};
	struct results results = {.runner = "pytest", .complete = true, .tests = first, .count = 2};
	struct results none = {.runner = "pytest"}, last;
	struct execution_row final = a_final("e1", "one", "tests_failed");
	const char *id;
	store_world_finish(w, &(struct store_final){.execution = &final, .results = &results},
			   ERROR_NONE);
	final.id = "e2";
	store_world_finish(w, &(struct store_final){.execution = &final, .results = &none},
			   ERROR_NONE);
	assert_int_equal(store_last_results(w->store, "sandbox:one", &w->arena, &id, &last, NULL),
			 0);
	assert_text(id, "e1");
	assert_int_equal(last.count, 2);
	assert_text(last.tests[1].suite, "s");
	assert_int_equal(last.tests[1].status, TEST_FAILED);
	final.id = "e3";
	results.count = 1;
	store_world_finish(w, &(struct store_final){.execution = &final, .results = &results},
			   ERROR_NONE);
	assert_int_equal(store_last_results(w->store, "sandbox:one", &w->arena, &id, &last, NULL),
			 0);
	assert_text(id, "e3");
	assert_int_equal(store_world_count(w, "SELECT count(*) FROM tests"), 1);
}

static void usage_is_what_there_is(void **state)
{
	struct store_world *w = *state;
	struct store_usage usage;
	struct sandbox_row one = a_sandbox("one", NULL), foreign = a_sandbox("two", NULL);
	struct execution_row final = a_final("e1", NULL, "passed");
	struct execution_row waiting = an_acceptance("e2", NULL);
	store_world_put_revision(w, "r1", NULL);
	store_world_put_revision(w, "r2", "r1");
	store_world_put_sandbox(w, &one);
	store_world_put_sandbox(w, &one);
	foreign.tenant = "other";
	store_world_put_sandbox(w, &foreign);
	store_world_accept(w, &waiting);
	store_world_finish(w, &(struct store_final){.execution = &final}, ERROR_NONE);
	assert_int_equal(store_usage(w->store, "t", &usage, NULL), 0);
	assert_int_equal(usage.sandboxes, 1);
	assert_int_equal(usage.revision_bytes, 20);
	assert_int_equal(usage.executions, 2);
	assert_int_equal(usage.report_bytes, strlen(final.report));
	assert_int_equal(store_usage(w->store, NULL, &usage, NULL), 0);
	assert_int_equal(usage.sandboxes, 2);
	store_remove_sandbox(w->store, "one", NULL, NULL);
	final.id = "e2";
	store_world_finish(w, &(struct store_final){.execution = &final}, ERROR_NONE);
	assert_int_equal(store_usage(w->store, "t", &usage, NULL), 0);
	assert_int_equal(usage.sandboxes, 0);
	assert_int_equal(usage.executions, 2);
	assert_int_equal(usage.report_bytes, 2 * strlen(final.report));
	assert_int_equal(store_usage(w->store, "nobody", &usage, NULL), 0);
	assert_int_equal(usage.executions, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_final_execution_stays_as_it_is),
		STORE_TEST(one_that_was_never_accepted_is_written_whole),
		STORE_TEST(history_is_read_in_pages),
		STORE_TEST(a_key_is_taken_once),
		STORE_TEST(deliveries_are_owed_until_they_are_removed),
		STORE_TEST(a_sandbox_remembers_its_last_tests),
		STORE_TEST(usage_is_what_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
