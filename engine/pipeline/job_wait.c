/*
 * Waiting: for an operation of the sandbox, which may not answer; for a thread; or for somebody to settle
 * the job.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/pipeline/stage.h"

enum { GRACE_MS = 5000 }; /* for a killed operation to call back */

/*
 * One asynchronous operation of the sandbox. It outlives the job's interest in it: an operation that
 * ignores its kill is abandoned, and its late answer finds a job that no longer waits for it.
 */
struct operation {
	struct job *job; /* holds a reference */
	/* of work on a thread only */
	uv_work_t work;
	step_fn run;
	enum step step; /* what it returned */
	struct error err;
};

static struct operation *operation_new(struct job *job)
{
	struct operation *operation = memory_zeroed(sizeof(*operation));

	operation->job = job;
	job->refs++;
	return operation;
}

static void operation_free(struct operation *operation)
{
	job_free(operation->job);
	free(operation);
}

static void on_watchdog(uv_timer_t *timer);

static uint64_t grace(const struct job *job)
{
	return job->options.patience_ms ? job->options.patience_ms : GRACE_MS;
}

void *job_wait(struct job *job, step_fn next)
{
	job->next = next;
	job->kill_sent = false;
	job->overdue = false;
	job->operation = operation_new(job);
	uv_timer_start(&job->watchdog, on_watchdog, job_patience(job), 0);
	return job->operation;
}

enum step job_refused(void *context)
{
	struct operation *operation = context;
	struct job *job = operation->job;

	uv_timer_stop(&job->watchdog);
	job->operation = NULL;
	operation_free(operation);
	return STEP_FAIL;
}

static void forgotten(void *ctx)
{
	(void)ctx;
}

/* An abandoned operation came back: its sandbox can be closed after all, and nobody waits for that. */
static void answered_late(struct operation *operation)
{
	struct job *job = operation->job;
	struct sandbox *sandbox = job->sandbox;

	job->sandbox = NULL;
	if (sandbox)
		job->options.sandbox->close(sandbox, forgotten, NULL);
	operation_free(operation);
}

void job_resume(void *context, const struct error *err)
{
	struct operation *operation = context;
	struct job *job = operation->job;
	struct error own = {0};
	enum step step;

	if (job->operation != operation) {
		answered_late(operation);
		return;
	}
	uv_timer_stop(&job->watchdog);
	job->operation = NULL;
	if (err && error_is_set(err)) {
		own = *err;
		step = STEP_FAIL;
	} else if (job->overdue && job_may_stop(job)) {
		/* A commit or rollback that says it worked has worked, however late. */
		error_set(&own, ERROR_INTERNAL,
			  "the sandbox did not answer in time; what it ran was ended");
		step = STEP_FAIL;
	} else if (job_is_stopping(job) && job_may_stop(job)) {
		step = STEP_FAIL;
	} else {
		step = job->next ? job->next(job, &own) : STEP_DONE;
	}
	job_go(job, step, &own);
	operation_free(operation);
}

void job_resumed(void *context)
{
	job_resume(context, NULL);
}

/* The operation did not answer. First it is killed, then it is given up. */
static void on_watchdog(uv_timer_t *timer)
{
	struct job *job = timer->data;
	struct error err = {0};

	if (!job->kill_sent) {
		job->kill_sent = true;
		job->overdue = true;
		if (job->sandbox)
			job->options.sandbox->kill(job->sandbox);
		uv_timer_start(&job->watchdog, on_watchdog, grace(job), 0);
		return;
	}
	job->operation = NULL; /* abandoned: job_resume will know it */
	job->abandoned = true;
	error_set(&err, ERROR_INTERNAL, "the sandbox did not answer");
	job_go(job, STEP_FAIL, &err);
}

/* ---- until a thread has done its work ---- */

static void on_work(uv_work_t *work)
{
	struct operation *operation = work->data;

	operation->step = operation->run(operation->job, &operation->err);
}

static void on_worked(uv_work_t *work, int status)
{
	struct operation *operation = work->data;
	struct job *job = operation->job;
	enum step step = operation->step;

	job->operation = NULL;
	if (status != 0 || (job_is_stopping(job) && job_may_stop(job)))
		step = STEP_FAIL; /* one that never began was called back by job_stop */
	else if (step == STEP_DONE && job->next)
		step = job->next(job, &operation->err);
	job_go(job, step, &operation->err);
	operation_free(operation);
}

enum step job_work(struct job *job, step_fn work, step_fn next)
{
	struct operation *operation = operation_new(job);

	job->next = next;
	job->operation = operation;
	operation->run = work;
	operation->work.data = operation;
	uv_queue_work(job->loop, &operation->work, on_work, on_worked);
	return STEP_WAIT;
}

/* ---- until somebody settles it ---- */

static void on_settled(uv_timer_t *timer)
{
	struct job *job = timer->data;
	bool commits = !job->let_go && job->execution.verdict == VERDICT_PASSED;

	job_go(job, job_is_stopping(job) ? STEP_FAIL : commits ? STEP_DONE : STEP_STOP, NULL);
}

/* Later, so that nobody finds the job gone on in a call of his own. */
static void settled(struct job *job, bool chosen)
{
	job->unsettled = false;
	job->let_go = !chosen;
	uv_timer_start(&job->tick, on_settled, 0, 0);
}

static void on_unsettled(uv_timer_t *timer)
{
	struct job *job = timer->data;

	job->options.on_judged(job->options.on_judged_ctx, job);
}

enum step stage_settle(struct job *job, struct error *err)
{
	(void)err;
	job->unsettled = true;
	uv_timer_start(&job->tick, on_unsettled, 0, 0);
	return STEP_WAIT;
}

void job_settle(struct job *job, bool chosen)
{
	if (job->unsettled)
		settled(job, chosen);
}

/* ---- the end of all waiting ---- */

void job_stop(struct job *job)
{
	if (job->unsettled)
		settled(job, false);
	if (!job->operation || !job_may_stop(job))
		return;
	if (job->operation->run) { /* waits its turn, or ends by itself soon */
		uv_cancel((uv_req_t *)&job->operation->work);
		return;
	}
	if (job->kill_sent)
		return;
	job->kill_sent = true;
	job->options.sandbox->kill(job->sandbox);
	uv_timer_start(&job->watchdog, on_watchdog, grace(job), 0);
}
