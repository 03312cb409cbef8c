/*
 * The life of a job: the stage table, and the only code that changes a job's stage.
 *
 * Before `snapshot` everything is pure; after it everything is undone unless `commit` was reached.
 * That guarantee is the "on failure" column.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/identifier.h"
#include "engine/base/memory.h"
#include "engine/pipeline/stage.h"

enum cancel { NO, YES };
/* A stage that only computes may hold up the loop for what is small: a thread costs 50 us. */
enum where { LOOP, THREAD, IF_LARGE };

struct stage {
	const char *name;
	step_fn enter;
	enum stage_id then, on_failure;
	unsigned within_ms; /* for one operation, 0: the command's own time limit and a margin */
	enum cancel cancel; /* may be cut short; commit and rollback may not */
	enum where where; /* on a thread it touches nothing but the job: see job_work */
};

/* clang-format off */
static const struct stage stages[] = {
	/*                     name        enter           then            on_failure      within   cancel where */
	[STAGE_EXTRACT]  = {"extract",  stage_extract,  STAGE_VALIDATE, STAGE_REPORT,   60000,   YES,   IF_LARGE},
	[STAGE_VALIDATE] = {"validate", stage_validate, STAGE_PLAN,     STAGE_REPORT,   60000,   YES,   IF_LARGE},
	[STAGE_PLAN]     = {"plan",     stage_plan,     STAGE_OPEN,     STAGE_REPORT,   60000,   YES,   THREAD},
	[STAGE_OPEN]     = {"open",     stage_open,     STAGE_SNAPSHOT, STAGE_CLOSE,    30000,   NO,    LOOP},
	[STAGE_SNAPSHOT] = {"snapshot", stage_snapshot, STAGE_PLACE,    STAGE_CLOSE,    30000,   YES,   LOOP},
	[STAGE_PLACE]    = {"place",    stage_place,    STAGE_INSTALL,  STAGE_ROLLBACK, 60000,   YES,   LOOP},
	[STAGE_INSTALL]  = {"install",  stage_install,  STAGE_TEST,     STAGE_ROLLBACK, 0,       YES,   LOOP},
	[STAGE_TEST]     = {"test",     stage_test,     STAGE_PARSE,    STAGE_ROLLBACK, 0,       YES,   LOOP},
	[STAGE_PARSE]    = {"parse",    stage_parse,    STAGE_SETTLE,   STAGE_RERUN,    60000,   YES,   IF_LARGE},
	[STAGE_RERUN]    = {"rerun",    stage_rerun,    STAGE_SETTLE,   STAGE_SETTLE,   0,       YES,   LOOP},
	[STAGE_SETTLE]   = {"settle",   stage_settle,   STAGE_COMMIT,   STAGE_ROLLBACK, 0,       YES,   LOOP},
	[STAGE_COMMIT]   = {"commit",   stage_commit,   STAGE_CLOSE,    STAGE_ROLLBACK, 3600000, NO,    LOOP},
	[STAGE_ROLLBACK] = {"rollback", stage_rollback, STAGE_CLOSE,    STAGE_CLOSE,    60000,   NO,    LOOP},
	[STAGE_CLOSE]    = {"close",    stage_close,    STAGE_REPORT,   STAGE_REPORT,   30000,   NO,    LOOP},
	[STAGE_REPORT]   = {"report",   stage_report,   STAGE_END,      STAGE_END,      60000,   NO,    LOOP},
};
/* clang-format on */

enum {
	STAGE_COUNT = sizeof(stages) / sizeof(stages[0]),
	MARGIN_MS = 30000, /* that a backend may take beyond a command's own time limit */
	FILES_MAX = 10000, /* as many as a text may have blocks, and as large */
	FILE_BYTES_MAX = 64 * 1024 * 1024,
	LINES_MAX = 100,
	LINE_MAX_BYTES = 64 * 1024,
	LARGE = 64 * 1024, /* bytes that take about a millisecond */
};

/* ---- references and handles ---- */

static void release(struct job *job)
{
	if (--job->refs)
		return;
	arena_done(&job->arena);
	free(job);
}

void job_free(struct job *job)
{
	if (job)
		release(job);
}

static void handle_closed(uv_handle_t *handle)
{
	struct job *job = handle->data;

	if (--job->open_handles == 0)
		job->done(job->done_ctx, job);
}

static void finish(struct job *job)
{
	job->ended = true;
	uv_close((uv_handle_t *)&job->tick, handle_closed);
	uv_close((uv_handle_t *)&job->deadline, handle_closed);
	uv_close((uv_handle_t *)&job->watchdog, handle_closed);
}

/* ---- events and records ---- */

static void emit(struct job *job, struct event event)
{
	char at[CLOCK_TEXT];

	if (!job->options.on_event)
		return;
	clock_text(at);
	event.at = at;
	event.seq = ++job->seq;
	event.id = job->execution.id;
	event.stage = stages[job->stage].name;
	job->options.on_event(job->options.on_event_ctx, &event);
}

void job_output(struct job *job, int fd, const char *data, size_t len)
{
	emit(job, (struct event){.type = EVENT_OUTPUT, .fd = fd, .text = data, .len = len});
}

void job_verdict_event(struct job *job)
{
	emit(job, (struct event){.type = EVENT_VERDICT, .verdict = job->execution.verdict});
}

static void stage_began(struct job *job)
{
	job->stage_started = clock_ms();
	job->detail = NULL;
	job->skipped = false;
	emit(job, (struct event){.type = EVENT_STAGE, .status = EVENT_STARTED, .ms = NAN});
}

static void stage_ended(struct job *job, enum stage_status status)
{
	struct stage_record *record = &job->execution.stages[job->stage];

	record->status = status;
	record->ms = clock_ms() - job->stage_started;
	emit(job, (struct event){.type = EVENT_STAGE,
				 .status = status == STAGE_FAILED ? EVENT_FAILED
					   : status == STAGE_DONE ? EVENT_DONE
								  : EVENT_SKIPPED,
				 .ms = record->ms,
				 .detail = job->detail});
}

/* ---- going on ---- */

bool job_is_stopping(const struct job *job)
{
	return job->cancelled || job->timed_out;
}

bool job_may_stop(const struct job *job)
{
	return stages[job->stage].cancel;
}

uint64_t job_patience(const struct job *job)
{
	if (job->options.patience_ms)
		return job->options.patience_ms;
	if (stages[job->stage].within_ms)
		return stages[job->stage].within_ms;
	return job->limits.time_ms + MARGIN_MS;
}

/* Stages that only some jobs have are no part of the others: passed over, and not recorded. */
static bool has_stage(const struct job *job, enum stage_id stage)
{
	switch (stage) {
	case STAGE_RERUN: return job->options.rerun_failures;
	case STAGE_SETTLE: return job->options.on_judged;
	default: return true;
	}
}

static enum stage_id following(struct job *job, enum step step)
{
	enum stage_id stage = job->stage;

	if (job->unkept) { /* once more, and this time back */
		job->unkept = false;
		return stage;
	}
	do
		stage = step == STEP_DONE ? stages[stage].then : stages[stage].on_failure;
	while (stage != STAGE_END && !has_stage(job, stage));
	return stage;
}

/* The record of what this job has no stage for goes. */
static void drop_records(struct job *job)
{
	struct execution *execution = &job->execution;
	size_t count = 0;

	for (size_t i = 0; i < STAGE_COUNT; i++) {
		if (has_stage(job, (enum stage_id)i))
			execution->stages[count++] = execution->stages[i];
	}
	execution->stage_count = count;
}

bool job_is_large(const struct job *job)
{
	const struct execution *execution = &job->execution;
	size_t bytes = job->given_bytes;

	for (size_t i = 0; i < execution->output_count && bytes < LARGE; i++)
		bytes += execution->outputs[i].out.len + execution->outputs[i].err.len;
	for (size_t i = 0; job->reports && i < job->plan.command_count && bytes < LARGE; i++)
		bytes += job->reports[i].len;
	return bytes >= LARGE;
}

static enum step enter(struct job *job, struct error *err)
{
	stage_began(job);
	if (job_is_stopping(job) && job_may_stop(job)) /* not begun only to be cut short */
		return STEP_FAIL;
	enum where where = stages[job->stage].where;
	if (where == THREAD || (where == IF_LARGE && job_is_large(job)))
		return job_work(job, stages[job->stage].enter, NULL);
	return stages[job->stage].enter(job, err);
}

void job_go(struct job *job, enum step step, const struct error *err)
{
	struct error own = err ? *err : (struct error){0};

	while (step != STEP_WAIT) {
		const struct stage *stage = &stages[job->stage];

		if (step == STEP_DONE && job_is_stopping(job) && stage->cancel)
			step = STEP_FAIL;
		if (step == STEP_FAIL && job_is_stopping(job) && stage->cancel)
			job_blame_stop(job);
		else if (step == STEP_FAIL)
			job_blame(job, &own);
		stage_ended(job, step == STEP_FAIL ? STAGE_FAILED
				 : job->skipped    ? STAGE_SKIPPED
						   : STAGE_DONE);
		job->stage = following(job, step);
		if (job->stage == STAGE_END) {
			drop_records(job);
			finish(job);
			return;
		}
		own = (struct error){0};
		step = enter(job, &own);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct job *job = timer->data;
	struct error err = {0};

	job->started = clock_ms();
	enum step step = enter(job, &err);
	job_go(job, step, &err);
}

/* Cancel and deadline take one path: what is under way is ended, and the table leads to rollback. */

void job_cancel(struct job *job)
{
	job->cancelled = true;
	job_stop(job);
}

static void on_deadline(uv_timer_t *timer)
{
	struct job *job = timer->data;

	job->timed_out = true;
	job_stop(job);
}

/* ---- the outside ---- */

static void start_timer(struct job *job, uv_timer_t *timer)
{
	uv_timer_init(job->loop, timer);
	timer->data = job;
	job->open_handles++;
}

static int check_input(const struct job_input *input, size_t *given_bytes, struct error *err)
{
	size_t bytes = 0;
	size_t lines = 0;

	for (size_t i = 0; i < input->file_count; i++)
		bytes += input->files[i].len < FILE_BYTES_MAX ? input->files[i].len
							      : FILE_BYTES_MAX;
	if (input->file_count > FILES_MAX || bytes >= FILE_BYTES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the files are too many or too large: %d "
				 "files of %d MiB together can be taken",
				 FILES_MAX, FILE_BYTES_MAX / 1024 / 1024);
	for (; input->commands && input->commands[lines]; lines++) {
		if (strlen(input->commands[lines]) > LINE_MAX_BYTES)
			return error_set(err, ERROR_TOO_LARGE, "a command is longer than %d KiB",
					 LINE_MAX_BYTES / 1024);
	}
	if (lines > LINES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d commands", LINES_MAX);
	if (input->text && (input->file_count || lines))
		return error_set(err, ERROR_USAGE, "either a text, or files and commands");
	if (!input->text && !input->file_count && !lines)
		return error_set(err, ERROR_USAGE,
				 "there is nothing to do: no text, no files, no commands");
	*given_bytes = input->text ? input->len : bytes;
	return 0;
}

int job_start(struct job **out, uv_loop_t *loop, const struct job_options *options,
	      const struct job_input *input, job_done_fn done, void *ctx, struct error *err)
{
	size_t given_bytes = 0;

	if (check_input(input, &given_bytes, err) != 0)
		return -1;
	if (!options->rules || !options->state_dir)
		return error_set(err, ERROR_INTERNAL, "a job needs rules and a state folder");
	if (!options->sandbox && !options->stop_after_plan)
		return error_set(err, ERROR_INTERNAL, "a job needs a sandbox");

	struct job *job = memory_zeroed(sizeof(*job));
	job->refs = 1;
	job->options = *options;
	job->loop = loop;
	job->input = *input;
	job->given_bytes = given_bytes;
	job->done = done;
	job->done_ctx = ctx;
	arena_init(&job->arena);

	struct execution *execution = &job->execution;
	char made[IDENTIFIER_TEXT];
	identifier_make(made, "");
	execution->id = arena_string(&job->arena, options->id ? options->id : made);
	execution->workspace = arena_string(&job->arena, options->workspace);
	execution->exit_code = -1;
	execution->stages = arena_array(&job->arena, STAGE_COUNT, sizeof(*execution->stages));
	execution->stage_count = STAGE_COUNT;
	for (size_t i = 0; i < STAGE_COUNT; i++)
		execution->stages[i].name = stages[i].name;

	start_timer(job, &job->tick);
	start_timer(job, &job->deadline);
	start_timer(job, &job->watchdog);
	uv_timer_start(&job->tick, on_tick, 0, 0);
	if (options->deadline_ms)
		uv_timer_start(&job->deadline, on_deadline, options->deadline_ms, 0);
	*out = job;
	return 0;
}

const struct execution *job_execution(const struct job *job)
{
	return &job->execution;
}
