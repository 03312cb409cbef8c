/* Answers owed to a URL: sent until taken, signed, in measure, and not lost when the process ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "tests/owed.h"

/* What a receiver does, written by somebody else: Python's hmac. */
static void check_signature(const struct got *request)
{
	char path[64], command[512], line[128] = "";
	struct error err = {0};
	snprintf(path, sizeof(path), "%s/body", owed.folder);
	assert_int_equal(file_write(path, request->body, strlen(request->body), 0600, &err), 0);
	snprintf(command, sizeof(command),
		 "python3 -c 'import hmac,sys;"
		 "body=open(sys.argv[1],\"rb\").read();"
		 "print(\"sha256=\"+hmac.new(b\"%s\",sys.argv[2].encode()+b\".\"+body,"
		 "\"sha256\").hexdigest())' %s %s",
		 OWED_SECRET, path, request->timestamp);
	FILE *python = popen(command, "r");
	assert_non_null(fgets(line, sizeof(line), python));
	assert_int_equal(pclose(python), 0);
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, request->signature);
}

static void an_answer_is_posted_and_signed(void **state)
{
	(void)state;
	owed_add("ex-1", "/ok");
	owed_run_until(1);
	assert_int_equal(owed_requests(), 1);
	assert_string_equal(owed.got[0].execution, "ex-1");
	assert_string_equal(owed.got[0].attempt, "1");
	assert_string_equal(owed.got[0].type, "application/json");
	assert_string_equal(owed.got[0].body, "{\"id\":\"ex-1\",\"text\":\"\\u00fc \xc3\xbc\"}");
	assert_true(llabs(strtoll(owed.got[0].timestamp, NULL, 10) - clock_unix_ms() / 1000) < 60);
	check_signature(&owed.got[0]);
	assert_int_equal(owed_rows_left(), 0);
	assert_int_equal(callbacks_owed(owed.callbacks), 0);
}

static void a_receiver_that_fails_is_asked_again(void **state)
{
	(void)state;
	owed_add("ex-1", "/twice");
	owed_run_until(1);
	assert_int_equal(owed_requests(), 3);
	assert_string_equal(owed.got[2].attempt, "3");
	check_signature(&owed.got[2]);
	assert_int_equal(owed_rows_left(), 0);
}

static void retry_after_is_honoured_up_to_the_longest_wait(void **state)
{
	(void)state;
	owed_add("ex-1", "/later"); /* asks for a second, and 50 ms are the most */
	owed_run_until(1);
	assert_int_equal(owed_requests(), 2);
	assert_true(owed.got[1].at - owed.got[0].at >= 45);
}

/* 50 ms are the most that anything is put off here: a day ahead can only be another clock's. */
static void a_clock_that_was_set_back_puts_nothing_off(void **state)
{
	(void)state;
	owed.next_ms = clock_unix_ms() + INT64_C(24) * 3600 * 1000;
	owed_add("ex-1", "/ok");
	owed_run_until(1);
	assert_int_equal(owed_requests(), 1);
	assert_int_equal(owed_rows_left(), 0);
}

static void one_that_is_gone_is_given_up(void **state)
{
	(void)state;
	owed_add("ex-1", "/gone");
	owed_run_until(1);
	assert_int_equal(owed_requests(), 1);
}

static void attempts_are_bounded_and_the_reason_is_kept(void **state)
{
	(void)state;
	struct arena arena;
	struct delivery_row *rows;
	owed_stop();
	owed.settings.max_attempts = 3;
	owed_start();
	owed_add("ex-1", "/broken");
	owed_run_until(1);
	assert_int_equal(owed_requests(), 3);
	arena_init(&arena);
	assert_int_equal(owed_rows(&arena, &rows), 1);
	assert_int_equal(rows[0].attempts, 3);
	assert_string_equal(rows[0].last_error, "the receiver answered 500");
	arena_done(&arena);
	/* and the next process knows */
	owed_stop();
	owed_start();
	owed_add("ex-2", "/ok");
	owed_run_until(1);
	assert_int_equal(owed_requests(), 4);
	assert_int_equal(callbacks_owed(owed.callbacks), 0);
	/* it goes with its execution */
	struct store_retention retention = {.before_ms = clock_unix_ms() + 1000};
	owed.pending++;
	store_trim(owed.store, &retention, NULL, owed_written, NULL);
	while (owed.pending > 0)
		uv_run(&owed.loop, UV_RUN_ONCE);
	assert_int_equal(owed_rows_left(), 0);
}

static void one_that_was_forgotten_is_let_go(void **state)
{
	(void)state;
	struct callback_counts counts;
	owed_add("ex-1", "/held");
	while (owed_requests() < 1)
		uv_run(&owed.loop, UV_RUN_ONCE);
	store_remove_delivery(owed.store, "ex-1", owed_written, NULL);
	for (owed.pending++; owed.pending > 0;)
		uv_run(&owed.loop, UV_RUN_ONCE);
	pthread_mutex_lock(&owed.receiver.lock);
	owed.released = true;
	pthread_mutex_unlock(&owed.receiver.lock);
	do {
		uv_run(&owed.loop, UV_RUN_ONCE);
		callbacks_count(owed.callbacks, &counts);
	} while (counts.attempts < 1 || callbacks_owed(owed.callbacks) > 0);
	assert_int_equal(owed_requests(), 1);
	assert_int_equal(owed_rows_left(), 0);
}

static void refused_targets_are_never_asked(void **state)
{
	(void)state;
	char url[128];
	struct arena arena;
	struct delivery_row *rows;
	owed_stop();
	owed.settings.max_attempts = 2;
	owed_start();
	snprintf(url, sizeof(url), "http://localhost:%d/ok", owed.receiver.port);
	owed_add_url("ex-1", "tenant", url);
	owed_add_url("ex-2", "tenant", "ftp://127.0.0.1/");
	owed_run_until(2);
	assert_int_equal(owed_requests(), 0);
	arena_init(&arena);
	assert_int_equal(owed_rows(&arena, &rows), 2);
	for (size_t i = 0; i < 2; i++)
		assert_non_null(strstr(rows[i].last_error, strcmp(rows[i].execution, "ex-1") == 0
								   ? "not a public address"
								   : "http://"));
	arena_done(&arena);
}

static void what_is_owed_outlives_the_process(void **state)
{
	(void)state;
	owed_add("ex-1", "/twice");
	while (owed_requests() < 1)
		uv_run(&owed.loop, UV_RUN_ONCE);
	owed_stop(); /* wherever it is just now */
	unsigned before = owed_requests();
	owed_start();
	assert_int_equal(callbacks_owed(owed.callbacks), 1);
	owed_run_until(1);
	assert_int_equal(owed_requests(), 3);
	assert_true(before < 3);
	assert_int_equal(owed_rows_left(), 0);
}

static void silent_receivers_do_not_hold_up_others(void **state)
{
	(void)state;
	char url[128], id[32];
	struct callback_counts counts;
	owed_stop();
	owed.settings.at_once = 4;
	owed.settings.timeout_ms = 60 * 1000;
	owed_start();
	snprintf(url, sizeof(url), "%s/silent", owed.receiver.url);
	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "silent-%d", i);
		owed_add_url(id, "one", url);
	}
	while (owed_requests() < 2)
		uv_run(&owed.loop, UV_RUN_ONCE);
	snprintf(url, sizeof(url), "%s/ok", owed.receiver.url);
	owed_add_url("ex-1", "another", url);
	do {
		uv_run(&owed.loop, UV_RUN_ONCE);
		callbacks_count(owed.callbacks, &counts);
	} while (counts.delivered < 1);
	assert_int_equal(owed_requests(), 3); /* two of one tenant, one of the other */
	assert_int_equal(counts.given_up, 0);
	/* owed_stop() finds them waiting */
}

static void silence_is_a_failed_attempt(void **state)
{
	(void)state;
	struct arena arena;
	struct delivery_row *rows;
	owed_stop();
	owed.settings.timeout_ms = 50;
	owed.settings.max_attempts = 2;
	owed_start();
	owed_add("ex-1", "/silent");
	owed_run_until(1);
	arena_init(&arena);
	assert_int_equal(owed_rows(&arena, &rows), 1);
	assert_string_equal(rows[0].last_error, "127.0.0.1 gave no whole answer within 50 ms");
	arena_done(&arena);
}

enum { MANY = 50 };

static void many_are_each_delivered_once(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++) {
		char id[32];
		snprintf(id, sizeof(id), "ex-%02d", i);
		owed_add(id, "/ok");
	}
	owed_run_until(MANY);
	assert_int_equal(owed_requests(), MANY);
	for (int i = 0; i < MANY; i++)
		for (int j = i + 1; j < MANY; j++)
			assert_string_not_equal(owed.got[i].execution, owed.got[j].execution);
	assert_int_equal(owed_rows_left(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, owed_set_up, owed_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_posted_and_signed),
		TEST(a_receiver_that_fails_is_asked_again),
		TEST(retry_after_is_honoured_up_to_the_longest_wait),
		TEST(a_clock_that_was_set_back_puts_nothing_off),
		TEST(one_that_is_gone_is_given_up),
		TEST(attempts_are_bounded_and_the_reason_is_kept),
		TEST(one_that_was_forgotten_is_let_go),
		TEST(refused_targets_are_never_asked),
		TEST(what_is_owed_outlives_the_process),
		TEST(silent_receivers_do_not_hold_up_others),
		TEST(silence_is_a_failed_attempt),
		TEST(many_are_each_delivered_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
