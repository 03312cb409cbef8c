/* What a service owes and what it may forget: callbacks, whole outputs, old executions. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "tests/receiver.h"
#include "tests/service_world.h"

/* ---- callbacks ---- */

/* The last answer that came. */
struct mailbox {
	struct receiver receiver;
	char execution[64];
	char *body;
	bool came;
};

static void take(struct receiver *receiver, int fd, const char *text, const char *body)
{
	struct mailbox *box = receiver->ctx;

	pthread_mutex_lock(&receiver->lock);
	receiver_header(text, "X-Assay-Execution", box->execution, sizeof(box->execution));
	free(box->body);
	box->body = strdup(body);
	box->came = true;
	pthread_mutex_unlock(&receiver->lock);
	receiver_say(fd, "HTTP/1.1 204 No Content\r\n\r\n");
}

static void owe_callbacks(struct service_world *world)
{
	static const char *const hosts[] = {"127.0.0.1", NULL};

	service_world_close(world);
	world->settings.callback_secret = "secret";
	world->settings.callback_hosts = hosts;
}

static void until_paid(struct service_world *world)
{
	struct service_state look;

	do {
		uv_run(&world->loop, UV_RUN_ONCE);
		service_look(world->service, &look);
	} while (look.deliveries > 0);
}

static void an_answer_is_sent(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);
	struct mailbox box = {.came = false};

	owe_callbacks(world);
	service_world_open(world);
	receiver_start(&box.receiver, 0, take, &box);
	submission.callback_url = box.receiver.url;
	struct ear *ear = service_world_run(world, &submission, "passed");
	until_paid(world);
	receiver_stop(&box.receiver);
	assert_true(box.came);
	assert_string_equal(box.execution, ear->id);
	assert_string_equal(box.body, ear->report);
	free(box.body);
}

static void a_url_that_nobody_could_ask_is_refused_at_once(void **state)
{
	static const char *const urls[] = {"", "ftp://example.org/",
					   "http://user:pass@example.org/",
					   "http://example.org:99999/"};
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);

	owe_callbacks(world);
	service_world_open(world);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		submission.callback_url = urls[i];
		service_world_refused(world, &submission, ERROR_USAGE);
	}
}

static const char *callback_url; /* of the next child */

static void begin(struct service_world *world, int out)
{
	struct submission submission = a_submission(NULL, "```bash\necho x\nsleep 60\n```");

	submission.callback_url = callback_url;
	struct ear *ear = service_world_submit(world, &submission);
	while (ear->outputs == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	dprintf(out, "%s\n", ear->id);
}

static void who_was_interrupted_is_answered_too(void **state)
{
	struct service_world *world = *state;
	struct mailbox box = {.came = false};
	char id[64];

	owe_callbacks(world);
	receiver_start(&box.receiver, 0, take, &box);
	callback_url = box.receiver.url;
	service_world_kill(world, begin, 0, id, sizeof(id));
	id[strcspn(id, "\n")] = '\0';

	service_world_open(world);
	struct ear *ear = service_world_listen(world, "t", id);
	service_world_hear(ear);
	until_paid(world);
	receiver_stop(&box.receiver);
	assert_true(box.came);
	assert_string_equal(box.execution, id);
	assert_string_equal(box.body, ear->report);
	assert_non_null(strstr(box.body, "interrupted"));
	free(box.body);

	/* What it had printed by then belongs to no answer. */
	const char *logs = arena_printf(&world->arena, "%s/executions/%s", world->state, id);
	while (file_exists(logs))
		uv_run(&world->loop, UV_RUN_ONCE);
}

/* ---- what is forgotten ---- */

static const struct execution_row *row_of(struct service_world *world, const char *id)
{
	const struct execution_row *row = NULL;
	struct error err = {0};

	if (store_execution(service_store(world->service), &world->arena, "t", id, &row, &err) != 0)
		fail_msg("%s", err.text);
	return row;
}

static void old_executions_go_with_their_outputs(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(
		NULL, "```bash\nseq 400000\nhead -c 3000000 /dev/zero\n```");

	service_world_close(world);
	world->settings.retention.executions = 2;
	service_world_open(world);
	struct ear *first = service_world_run(world, &submission, "passed");
	const char *logs = row_of(world, first->id)->log_dir;
	assert_non_null(logs);
	assert_true(file_exists(logs));
	submission = a_submission(NULL, shell_text);
	for (int i = 0; i < 2; i++)
		service_world_run(world, &submission, "passed");
	service_world_close(world);
	assert_true(file_exists(logs));
	service_world_open(world); /* looks at it soon */
	while (file_exists(logs))
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_null(row_of(world, first->id));
	enum execution_phase phase;
	assert_int_equal(service_phase(world->service, "t", first->id, &phase, NULL), -1);
}

static void sql(struct service_world *world, const char *text)
{
	const char *path = arena_printf(&world->arena, "%s/history.db", world->state);
	char *why = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

static uint64_t executions_of(struct service_world *world, const char *tenant)
{
	struct store_usage usage;

	assert_int_equal(store_usage(service_store(world->service), tenant, &usage, NULL), 0);
	return usage.executions;
}

#define NUMBERS "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500) "

/* The store forgets a thousand at a time, and a round goes on where the one before has ended. */
static void a_bound_that_is_far_behind_is_caught_up_with(void **state)
{
	static const char executions[] =
		"INSERT INTO executions (id, tenant, state, accepted_ms, started_ms, finished_ms, "
		"wall_ms, report_bytes) " NUMBERS
		"SELECT 'old' || i, 't', 1, i, i, i, 0, 10 FROM n";
	static const char revisions[] =
		"INSERT INTO revisions (id, tenant, bytes, created_ms) " NUMBERS
		"SELECT 'gone' || i, 't', 7, i FROM n";
	struct service_world *world = *state;
	struct store_usage usage;

	service_world_close(world);
	sql(world, executions);
	sql(world, revisions);
	world->settings.retention.executions = 10;
	service_world_open(world);
	assert_true(executions_of(world, "t") >= 2500);
	uint64_t since = uv_hrtime();
	do {
		uv_run(&world->loop, UV_RUN_ONCE);
		assert_int_equal(store_usage(service_store(world->service), "t", &usage, NULL), 0);
		if (uv_hrtime() - since > UINT64_C(120) * 1000000000)
			fail_msg("%llu executions and %llu bytes are still there",
				 (unsigned long long)usage.executions,
				 (unsigned long long)usage.revision_bytes);
	} while (usage.executions > 10 || usage.revision_bytes > 0);
}

/* Many small ones reach the bound of their number long before that of their bytes. */
static void the_number_of_executions_is_kept_to_as_they_come(void **state)
{
	struct service_world *world = *state;
	struct submission submission = a_submission(NULL, shell_text);

	service_world_close(world);
	world->settings.retention.executions = 2;
	service_world_open(world);
	struct service_state look;
	do { /* the round of the start is over: nothing else would come for minutes */
		uv_run(&world->loop, UV_RUN_ONCE);
		service_look(world->service, &look);
	} while (!look.layers);
	for (int i = 0; i < 4; i++)
		service_world_run(world, &submission, "passed");
	uint64_t since = uv_hrtime();
	while (executions_of(world, "t") > 2) {
		uv_run(&world->loop, UV_RUN_ONCE);
		if (uv_hrtime() - since > UINT64_C(120) * 1000000000)
			fail_msg("there are more than 2");
	}
}

static void outputs_of_the_chosen_stay(void **state)
{
	static const char loud[] = "```bash\nhead -c 3000000 /dev/zero | tr '\\0' x\n```";
	const struct job_input candidates[] = {{.text = loud, .len = sizeof(loud) - 1},
					       {.text = loud, .len = sizeof(loud) - 1}};
	struct service_world *world = *state;
	struct submission submission = {
		.tenant = "t", .candidates = candidates, .candidate_count = 2};
	struct ear *ear = service_world_run(world, &submission, "passed");
	const char *kept = row_of(world, ear->id)->log_dir;
	const char *other = arena_printf(&world->arena, "%s/executions/%s-1", world->state,
					 ear->id);

	assert_non_null(kept);
	while (file_exists(other))
		uv_run(&world->loop, UV_RUN_ONCE);
	service_world_close(world);
	service_world_open(world);
	for (int i = 0; i < 200; i++) { /* the round after the start has come and gone */
		uv_run(&world->loop, UV_RUN_NOWAIT);
		usleep(10000);
	}
	assert_true(file_exists(kept));
}

int main(void)
{
#define REAL(test) cmocka_unit_test_setup_teardown(test, service_world_up, service_world_down)
	const struct CMUnitTest tests[] = {
		REAL(an_answer_is_sent),
		REAL(a_url_that_nobody_could_ask_is_refused_at_once),
		REAL(who_was_interrupted_is_answered_too),
		REAL(old_executions_go_with_their_outputs),
		REAL(a_bound_that_is_far_behind_is_caught_up_with),
		REAL(the_number_of_executions_is_kept_to_as_they_come),
		REAL(outputs_of_the_chosen_stay),
	};
	return cmocka_run_group_tests_name("service debts", tests, NULL, NULL);
}
