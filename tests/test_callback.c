/* Answers owed to a URL: sent until taken, signed, in measure, and not lost when the process ends. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/service/callback.h"
#include "tests/receiver.h"

static const char secret[] = "not much of a secret";
static const char *const local[] = {"127.0.0.1", NULL};

/* ---- a world: a store, a loop, a receiver ---- */

enum { GOT_MAX = 64 };

struct got { /* one request that the receiver had */
	char path[32], execution[64], attempt[16], timestamp[32], signature[128], type[64];
	char body[256];
	double at;
};

static struct got got[GOT_MAX]; /* under the receiver's lock */
static struct receiver receiver;
static char folder[] = "/tmp/assay-callback-XXXXXX";
static uv_loop_t loop;
static struct store *store;
static struct callbacks *callbacks;
static struct callback_settings settings;
static unsigned pending; /* writes of the test's own */

static unsigned count_path(const char *path, unsigned until)
{
	unsigned count = 0;
	for (unsigned i = 0; i < until; i++)
		count += strcmp(got[i].path, path) == 0;
	return count;
}

static bool released; /* under the receiver's lock */

/* Fails, but not before the test says so. */
static void serve_held(struct receiver *server, int fd)
{
	bool go = false;
	while (!go) {
		usleep(1000);
		pthread_mutex_lock(&server->lock);
		go = released || server->stopping;
		pthread_mutex_unlock(&server->lock);
	}
	receiver_say(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
}

static void serve(struct receiver *server, int fd, const char *text, const char *body)
{
	struct got request = {.at = clock_ms()};
	char method[16];
	sscanf(text, "%15s %31s", method, request.path);
	receiver_header(text, "X-Assay-Execution", request.execution, sizeof(request.execution));
	receiver_header(text, "X-Assay-Attempt", request.attempt, sizeof(request.attempt));
	receiver_header(text, "X-Assay-Timestamp", request.timestamp, sizeof(request.timestamp));
	receiver_header(text, "X-Assay-Signature", request.signature, sizeof(request.signature));
	receiver_header(text, "Content-Type", request.type, sizeof(request.type));
	snprintf(request.body, sizeof(request.body), "%s", body);
	pthread_mutex_lock(&server->lock);
	unsigned index = server->requests - 1;
	got[index % GOT_MAX] = request;
	unsigned before = count_path(request.path, index < GOT_MAX ? index : GOT_MAX);
	pthread_mutex_unlock(&server->lock);
	if (strcmp(request.path, "/silent") == 0)
		receiver_hold(server, fd);
	else if (strcmp(request.path, "/held") == 0)
		serve_held(server, fd);
	else if (strcmp(request.path, "/twice") == 0 && before < 2)
		receiver_say(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
	else if (strcmp(request.path, "/later") == 0 && before < 1)
		receiver_say(fd, "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n"
				 "Content-Length: 0\r\n\r\n");
	else if (strcmp(request.path, "/broken") == 0)
		receiver_say(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
	else if (strcmp(request.path, "/gone") == 0)
		receiver_say(fd, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
	else
		receiver_say(fd, "HTTP/1.1 204 Thanks\r\n\r\n");
}

static unsigned requests(void)
{
	pthread_mutex_lock(&receiver.lock);
	unsigned count = receiver.requests;
	pthread_mutex_unlock(&receiver.lock);
	return count;
}

static void start(void)
{
	struct error err = {0};
	char path[64];
	snprintf(path, sizeof(path), "%s/store.db", folder);
	uv_loop_init(&loop);
	assert_int_equal(store_open(&store, path, &err), 0);
	assert_int_equal(store_attach(store, &loop, &err), 0);
	assert_int_equal(callbacks_start(&callbacks, &loop, store, &settings, &err), 0);
}

static void on_end(void *ctx)
{
	*(bool *)ctx = true;
}

static void stop(void)
{
	bool stopped = false, detached = false;
	callbacks_stop(callbacks, on_end, &stopped);
	assert_false(stopped);
	while (!stopped)
		uv_run(&loop, UV_RUN_ONCE);
	store_detach(store, on_end, &detached);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(detached);
	store_close(store);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	memset(got, 0, sizeof(got));
	settings = (struct callback_settings){
		.secret = secret,
		.private_hosts = local,
		.first_delay_ms = 20,
		.max_delay_ms = 50,
	};
	receiver_start(&receiver, 0, serve, NULL);
	start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	struct error err = {0};
	stop();
	receiver_stop(&receiver);
	return file_remove_tree(-100 /* AT_FDCWD */, folder, &err);
}

static void on_written(void *ctx, const struct error *err)
{
	(void)ctx;
	assert_null(err);
	pending--;
}

/* An execution that is over and whose answer is owed to the receiver's path. */
static void owe_url(const char *id, const char *tenant, const char *url)
{
	char report[128];
	snprintf(report, sizeof(report), "{\"id\":\"%s\",\"text\":\"\\u00fc \xc3\xbc\"}", id);
	struct execution_row row = {.id = id, .tenant = tenant, .accepted_ms = clock_unix_ms()};
	pending += 2;
	store_accept(store, &row, NULL, on_written, NULL);
	row.state = EXECUTION_FINAL;
	row.started_ms = row.finished_ms = row.accepted_ms;
	row.verdict = "passed";
	row.report = report;
	struct delivery_row delivery = {.execution = id, .tenant = tenant, .url = url};
	struct store_final final = {.execution = &row, .delivery = &delivery};
	store_finish(store, &final, on_written, NULL);
	while (pending > 0)
		uv_run(&loop, UV_RUN_ONCE);
	callbacks_wake(callbacks);
}

static void owe(const char *id, const char *path)
{
	char url[128];
	snprintf(url, sizeof(url), "%s%s", receiver.url, path);
	owe_url(id, "tenant", url);
}

/* Until so many answers were taken or given up. */
static void run_until(uint64_t ended)
{
	struct callback_counts counts;
	do {
		uv_run(&loop, UV_RUN_ONCE);
		callbacks_count(callbacks, &counts);
	} while (counts.delivered + counts.given_up < ended || callbacks_owed(callbacks) > 0);
}

static size_t read_deliveries(struct arena *arena, struct delivery_row **rows)
{
	struct error err = {0};
	size_t count;
	assert_int_equal(store_deliveries(store, arena, rows, &count, &err), 0);
	return count;
}

static size_t rows_left(void)
{
	struct arena arena;
	struct delivery_row *rows;
	arena_init(&arena);
	size_t count = read_deliveries(&arena, &rows);
	arena_done(&arena);
	return count;
}

/* ---- what must hold ---- */

/* What a receiver does, written by somebody else: Python's hmac. */
static void check_signature(const struct got *request)
{
	char path[64], command[512], line[128] = "";
	struct error err = {0};
	snprintf(path, sizeof(path), "%s/body", folder);
	assert_int_equal(file_write(path, request->body, strlen(request->body), 0600, &err), 0);
	snprintf(command, sizeof(command),
		 "python3 -c 'import hmac,sys;"
		 "body=open(sys.argv[1],\"rb\").read();"
		 "print(\"sha256=\"+hmac.new(b\"%s\",sys.argv[2].encode()+b\".\"+body,"
		 "\"sha256\").hexdigest())' %s %s",
		 secret, path, request->timestamp);
	FILE *python = popen(command, "r");
	assert_non_null(fgets(line, sizeof(line), python));
	assert_int_equal(pclose(python), 0);
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, request->signature);
}

static void an_answer_is_posted_and_signed(void **state)
{
	(void)state;
	owe("ex-1", "/ok");
	run_until(1);
	assert_int_equal(requests(), 1);
	assert_string_equal(got[0].execution, "ex-1");
	assert_string_equal(got[0].attempt, "1");
	assert_string_equal(got[0].type, "application/json");
	assert_string_equal(got[0].body, "{\"id\":\"ex-1\",\"text\":\"\\u00fc \xc3\xbc\"}");
	assert_true(llabs(strtoll(got[0].timestamp, NULL, 10) - clock_unix_ms() / 1000) < 60);
	check_signature(&got[0]);
	assert_int_equal(rows_left(), 0);
	assert_int_equal(callbacks_owed(callbacks), 0);
}

static void a_receiver_that_fails_is_asked_again(void **state)
{
	(void)state;
	owe("ex-1", "/twice");
	run_until(1);
	assert_int_equal(requests(), 3);
	assert_string_equal(got[2].attempt, "3");
	check_signature(&got[2]);
	assert_int_equal(rows_left(), 0);
}

static void retry_after_is_honoured_up_to_the_longest_wait(void **state)
{
	(void)state;
	owe("ex-1", "/later"); /* asks for a second, and 50 ms are the most */
	run_until(1);
	assert_int_equal(requests(), 2);
	assert_true(got[1].at - got[0].at >= 45);
}

static void one_that_is_gone_is_given_up(void **state)
{
	(void)state;
	owe("ex-1", "/gone");
	run_until(1);
	assert_int_equal(requests(), 1);
}

static void attempts_are_bounded_and_the_reason_is_kept(void **state)
{
	(void)state;
	struct arena arena;
	struct delivery_row *rows;
	stop();
	settings.max_attempts = 3;
	start();
	owe("ex-1", "/broken");
	run_until(1);
	assert_int_equal(requests(), 3);
	arena_init(&arena);
	assert_int_equal(read_deliveries(&arena, &rows), 1);
	assert_int_equal(rows[0].attempts, 3);
	assert_string_equal(rows[0].last_error, "the receiver answered 500");
	arena_done(&arena);
	/* and the next process knows */
	stop();
	start();
	owe("ex-2", "/ok");
	run_until(1);
	assert_int_equal(requests(), 4);
	assert_int_equal(callbacks_owed(callbacks), 0);
	/* it goes with its execution */
	struct store_retention retention = {.before_ms = clock_unix_ms() + 1000};
	pending++;
	store_trim(store, &retention, NULL, on_written, NULL);
	while (pending > 0)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(rows_left(), 0);
}

static void one_that_was_forgotten_is_let_go(void **state)
{
	(void)state;
	struct callback_counts counts;
	owe("ex-1", "/held");
	while (requests() < 1)
		uv_run(&loop, UV_RUN_ONCE);
	store_remove_delivery(store, "ex-1", on_written, NULL);
	for (pending++; pending > 0;)
		uv_run(&loop, UV_RUN_ONCE);
	pthread_mutex_lock(&receiver.lock);
	released = true;
	pthread_mutex_unlock(&receiver.lock);
	do {
		uv_run(&loop, UV_RUN_ONCE);
		callbacks_count(callbacks, &counts);
	} while (counts.attempts < 1 || callbacks_owed(callbacks) > 0);
	assert_int_equal(requests(), 1);
	assert_int_equal(rows_left(), 0);
}

static void refused_targets_are_never_asked(void **state)
{
	(void)state;
	char url[128];
	struct arena arena;
	struct delivery_row *rows;
	stop();
	settings.max_attempts = 2;
	start();
	snprintf(url, sizeof(url), "http://localhost:%d/ok", receiver.port);
	owe_url("ex-1", "tenant", url);
	owe_url("ex-2", "tenant", "ftp://127.0.0.1/");
	run_until(2);
	assert_int_equal(requests(), 0);
	arena_init(&arena);
	assert_int_equal(read_deliveries(&arena, &rows), 2);
	for (size_t i = 0; i < 2; i++)
		assert_non_null(strstr(rows[i].last_error, strcmp(rows[i].execution, "ex-1") == 0
								   ? "not a public address"
								   : "http://"));
	arena_done(&arena);
}

static void what_is_owed_outlives_the_process(void **state)
{
	(void)state;
	owe("ex-1", "/twice");
	while (requests() < 1)
		uv_run(&loop, UV_RUN_ONCE);
	stop(); /* wherever it is just now */
	unsigned before = requests();
	start();
	assert_int_equal(callbacks_owed(callbacks), 1);
	run_until(1);
	assert_int_equal(requests(), 3);
	assert_true(before < 3);
	assert_int_equal(rows_left(), 0);
}

static void silent_receivers_do_not_hold_up_others(void **state)
{
	(void)state;
	char url[128], id[32];
	struct callback_counts counts;
	stop();
	settings.at_once = 4;
	settings.timeout_ms = 60 * 1000;
	start();
	snprintf(url, sizeof(url), "%s/silent", receiver.url);
	for (int i = 0; i < 10; i++) {
		snprintf(id, sizeof(id), "silent-%d", i);
		owe_url(id, "one", url);
	}
	while (requests() < 2)
		uv_run(&loop, UV_RUN_ONCE);
	snprintf(url, sizeof(url), "%s/ok", receiver.url);
	owe_url("ex-1", "another", url);
	do {
		uv_run(&loop, UV_RUN_ONCE);
		callbacks_count(callbacks, &counts);
	} while (counts.delivered < 1);
	assert_int_equal(requests(), 3); /* two of one tenant, one of the other */
	assert_int_equal(counts.given_up, 0);
	/* stop() finds them waiting */
}

static void silence_is_a_failed_attempt(void **state)
{
	(void)state;
	struct arena arena;
	struct delivery_row *rows;
	stop();
	settings.timeout_ms = 50;
	settings.max_attempts = 2;
	start();
	owe("ex-1", "/silent");
	run_until(1);
	arena_init(&arena);
	assert_int_equal(read_deliveries(&arena, &rows), 1);
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
		owe(id, "/ok");
	}
	run_until(MANY);
	assert_int_equal(requests(), MANY);
	for (int i = 0; i < MANY; i++)
		for (int j = i + 1; j < MANY; j++)
			assert_string_not_equal(got[i].execution, got[j].execution);
	assert_int_equal(rows_left(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_posted_and_signed),
		TEST(a_receiver_that_fails_is_asked_again),
		TEST(retry_after_is_honoured_up_to_the_longest_wait),
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
