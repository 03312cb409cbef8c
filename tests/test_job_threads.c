/*
 * Many jobs at once on one loop, each large enough to be read on a thread: what they find is what each
 * finds alone. Under ThreadSanitizer this is the test for state that threads share.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "tests/job_play.h"

enum { JOBS = 40, PADDING = 80 * 1024 };

struct player {
	struct job *job;
	struct buf text;
	char *found; /* what the job found, as text */
	bool done;
};

static const char *described(const struct execution *execution)
{
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "%s %s\n", verdict_name(execution->verdict),
		   execution->reason ? execution->reason : "");
	for (size_t i = 0; i < execution->blocks.count; i++) {
		const struct block *block = &execution->blocks.items[i];
		buf_printf(&text, "%s %s %zu\n", block_role_name(block->role),
			   block->path ? block->path : "-", block->code_len);
	}
	for (size_t i = 0; i < execution->findings.count; i++)
		buf_printf(&text, "%s\n", execution->findings.items[i].rule);
	for (size_t i = 0; execution->plan && i < execution->plan->command_count; i++)
		buf_printf(&text, "%s\n", execution->plan->commands[i].shown);
	return text.data;
}

static void on_done(void *ctx, struct job *job)
{
	struct player *player = ctx;

	player->found = (char *)described(job_execution(job));
	player->done = true;
}

static void start(struct player *player, uv_loop_t *loop)
{
	const struct job_input input = {.text = player->text.data, .len = player->text.len};
	const struct job_options options = {
		.state_dir = job_play_state_dir, .rules = job_play_rules, .stop_after_plan = true};
	struct error err = {0};

	player->done = false;
	if (job_start(&player->job, loop, &options, &input, on_done, player, &err) != 0)
		fail_msg("%s", err.text);
}

static void read_replies(struct player *players)
{
	glob_t files;

	assert_int_equal(glob("examples/replies/*.md", 0, NULL, &files), 0);
	assert_true(files.gl_pathc > 5);
	for (size_t i = 0; i < JOBS; i++) {
		buf_init(&players[i].text, 0);
		assert_int_equal(
			file_read(files.gl_pathv[i % files.gl_pathc], &players[i].text, NULL), 0);
		buf_puts(&players[i].text, "\n\n");
		while (players[i].text.len < PADDING)
			buf_puts(&players[i].text, "Words that a model is fond of.\n");
	}
	globfree(&files);
}

static void together_is_as_alone(void **state)
{
	struct player *players = calloc(JOBS, sizeof(*players));
	char *together[JOBS];
	uv_loop_t loop;
	(void)state;

	assert_non_null(players);
	read_replies(players);
	assert_int_equal(uv_loop_init(&loop), 0);
	for (size_t i = 0; i < JOBS; i++)
		start(&players[i], &loop);
	for (size_t i = 0; i < JOBS; i += 7) /* some do not want to know */
		job_cancel(players[i].job);
	uv_run(&loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < JOBS; i++) {
		assert_true(players[i].done);
		job_free(players[i].job);
		together[i] = players[i].found;
	}
	for (size_t i = 0; i < JOBS; i++) {
		start(&players[i], &loop);
		uv_run(&loop, UV_RUN_DEFAULT);
		job_free(players[i].job);
		if (i % 7 == 0)
			assert_non_null(strstr(together[i], "cancelled"));
		else
			assert_string_equal(together[i], players[i].found);
		free(together[i]);
		free(players[i].found);
		buf_done(&players[i].text);
	}
	free(players);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- a pool of threads that has no time ---- */

enum { POOL = 2 };

struct late {
	struct job *job;
	uv_timer_t timer;
	uv_work_t busy[POOL];
	uv_sem_t gate;
	bool done;
};

static void wait_for_gate(uv_work_t *work)
{
	struct late *late = work->data;

	uv_sem_wait(&late->gate);
}

static void cancel_now(uv_timer_t *timer)
{
	struct late *late = timer->data;

	job_cancel(late->job);
}

static void cancel_soon(void *ctx, const struct event *event)
{
	struct late *late = ctx;

	if (event->type == EVENT_STAGE && event->status == EVENT_STARTED &&
	    strcmp(event->stage, "plan") == 0)
		uv_timer_start(&late->timer, cancel_now, 1, 0);
}

static void late_done(void *ctx, struct job *job)
{
	struct late *late = ctx;

	assert_int_equal(job_execution(job)->verdict, VERDICT_CANCELLED);
	late->done = true;
}

/* What waits for a thread ends when it is told to; no sandbox is open that could be killed. */
static void a_cancel_does_not_wait_for_a_thread(void **state)
{
	const struct job_input input = {.text = "```bash\necho hello\n```\n", .len = 24};
	struct late late = {.done = false};
	const struct job_options options = {.state_dir = job_play_state_dir,
					    .rules = job_play_rules,
					    .stop_after_plan = true,
					    .on_event = cancel_soon,
					    .on_event_ctx = &late};
	struct error err = {0};
	uv_loop_t loop;
	(void)state;

	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(uv_sem_init(&late.gate, 0), 0);
	uv_timer_init(&loop, &late.timer);
	late.timer.data = &late;
	for (size_t i = 0; i < POOL; i++) {
		late.busy[i].data = &late;
		uv_queue_work(&loop, &late.busy[i], wait_for_gate, NULL);
	}
	assert_int_equal(job_start(&late.job, &loop, &options, &input, late_done, &late, &err), 0);
	while (!late.done)
		uv_run(&loop, UV_RUN_ONCE);
	job_free(late.job);
	for (size_t i = 0; i < POOL; i++)
		uv_sem_post(&late.gate);
	uv_close((uv_handle_t *)&late.timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_sem_destroy(&late.gate);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static int set_up(void **state)
{
	setenv("UV_THREADPOOL_SIZE", "2", 1); /* before there are threads */
	return job_play_set_up(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_is_as_alone),
		cmocka_unit_test(a_cancel_does_not_wait_for_a_thread),
	};
	return cmocka_run_group_tests_name("job_threads", tests, set_up, job_play_tear_down);
}
