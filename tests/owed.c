/* Answers that are owed to a receiver, and all that it takes to send them. */
#include <fcntl.h>
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
#include "tests/owed.h"

struct owed owed = {.folder = "/tmp/assay-callback-XXXXXX"};

static const char *const local[] = {"127.0.0.1", NULL};

static unsigned count_path(const char *path, unsigned until)
{
	unsigned count = 0;
	for (unsigned i = 0; i < until; i++)
		count += strcmp(owed.got[i].path, path) == 0;
	return count;
}

/* Fails, but not before the test says so. */
static void serve_held(struct receiver *server, int fd)
{
	bool go = false;
	while (!go) {
		usleep(1000);
		pthread_mutex_lock(&server->lock);
		go = owed.released || server->stopping;
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
	unsigned index = owed.got_count++; /* each its own: many are answered at once */
	owed.got[index % OWED_GOT_MAX] = request;
	unsigned before = count_path(request.path, index < OWED_GOT_MAX ? index : OWED_GOT_MAX);
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

unsigned owed_requests(void)
{
	pthread_mutex_lock(&owed.receiver.lock);
	unsigned count = owed.receiver.requests;
	pthread_mutex_unlock(&owed.receiver.lock);
	return count;
}

void owed_start(void)
{
	struct error err = {0};
	char path[64];
	snprintf(path, sizeof(path), "%s/store.db", owed.folder);
	uv_loop_init(&owed.loop);
	assert_int_equal(store_open(&owed.store, path, &err), 0);
	assert_int_equal(store_attach(owed.store, &owed.loop, &err), 0);
	assert_int_equal(
		callbacks_start(&owed.callbacks, &owed.loop, owed.store, &owed.settings, &err), 0);
}

static void on_end(void *ctx)
{
	*(bool *)ctx = true;
}

void owed_stop(void)
{
	bool stopped = false, detached = false;
	callbacks_stop(owed.callbacks, on_end, &stopped);
	assert_false(stopped);
	while (!stopped)
		uv_run(&owed.loop, UV_RUN_ONCE);
	store_detach(owed.store, on_end, &detached);
	uv_run(&owed.loop, UV_RUN_DEFAULT);
	assert_true(detached);
	store_close(owed.store);
	assert_int_equal(uv_loop_close(&owed.loop), 0);
}

int owed_set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	memcpy(owed.folder + strlen(owed.folder) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(owed.folder));
	memset(owed.got, 0, sizeof(owed.got));
	owed.got_count = 0;
	owed.released = false;
	owed.next_ms = 0;
	owed.settings = (struct callback_settings){
		.secret = OWED_SECRET,
		.private_hosts = local,
		.first_delay_ms = 20,
		.max_delay_ms = 50,
	};
	receiver_start(&owed.receiver, 0, serve, NULL);
	owed_start();
	return 0;
}

int owed_tear_down(void **state)
{
	(void)state;
	struct error err = {0};
	owed_stop();
	receiver_stop(&owed.receiver);
	return file_remove_tree(AT_FDCWD, owed.folder, &err);
}

void owed_written(void *ctx, const struct error *err)
{
	(void)ctx;
	assert_null(err);
	owed.pending--;
}

void owed_add_url(const char *id, const char *tenant, const char *url)
{
	char report[128];
	snprintf(report, sizeof(report), "{\"id\":\"%s\",\"text\":\"\\u00fc \xc3\xbc\"}", id);
	struct execution_row row = {.id = id, .tenant = tenant, .accepted_ms = clock_unix_ms()};
	owed.pending += 2;
	store_accept(owed.store, &row, NULL, owed_written, NULL);
	row.state = EXECUTION_FINAL;
	row.started_ms = row.finished_ms = row.accepted_ms;
	row.verdict = "passed";
	row.report = report;
	struct delivery_row delivery = {
		.execution = id, .tenant = tenant, .url = url, .next_ms = owed.next_ms};
	struct store_final final = {.execution = &row, .delivery = &delivery};
	store_finish(owed.store, &final, owed_written, NULL);
	while (owed.pending > 0)
		uv_run(&owed.loop, UV_RUN_ONCE);
	callbacks_wake(owed.callbacks);
}

void owed_add(const char *id, const char *path)
{
	char url[128];
	snprintf(url, sizeof(url), "%s%s", owed.receiver.url, path);
	owed_add_url(id, "tenant", url);
}

void owed_run_until(uint64_t ended)
{
	struct callback_counts counts;
	do {
		uv_run(&owed.loop, UV_RUN_ONCE);
		callbacks_count(owed.callbacks, &counts);
	} while (counts.delivered + counts.given_up < ended || callbacks_owed(owed.callbacks) > 0);
}

size_t owed_rows(struct arena *arena, struct delivery_row **rows)
{
	struct error err = {0};
	size_t count;
	assert_int_equal(store_deliveries(owed.store, arena, rows, &count, &err), 0);
	return count;
}

size_t owed_rows_left(void)
{
	struct arena arena;
	struct delivery_row *rows;
	arena_init(&arena);
	size_t count = owed_rows(&arena, &rows);
	arena_done(&arena);
	return count;
}
