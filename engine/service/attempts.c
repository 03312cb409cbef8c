/* Starts jobs, holds those that are judged until all are, commits the best and rolls back the rest. */
#include "engine/service/attempts.h"

#include "engine/base/clock.h"
#include "engine/base/identifier.h"
#include "engine/base/log.h"
#include "engine/pipeline/feedback.h"
#include "engine/service/answer.h"
#include "engine/service/instance.h"
#include "engine/service/trial.h"

enum { SIDE_BY_SIDE = 4 };

static void step_later(struct trial *trial);

/* ---- events ---- */

/*
 * Of several, the stages of all are told, with the candidate's number in front of the detail; what they
 * print is not, for it would run together, and there is one verdict, at the end.
 */
static void on_event(void *ctx, const struct event *event)
{
	struct attempt *attempt = ctx;
	struct trial *trial = attempt->trial;
	struct event told = *event;
	char detail[128];

	if (trial->attempts.count > 1) {
		if (event->type != EVENT_STAGE)
			return;
		snprintf(detail, sizeof(detail), "candidate %zu%s%s", attempt->index,
			 event->detail ? ": " : "", event->detail ? event->detail : "");
		told.detail = detail;
		told.id = trial->row.id;
		told.seq = ++trial->attempts.seq;
	}
	listeners_event(trial, &told);
}

static void verdict_event(struct trial *trial, enum verdict verdict)
{
	char at[CLOCK_TEXT];

	clock_text(at);
	const struct event event = {
		.seq = ++trial->attempts.seq,
		.id = trial->row.id,
		.at = at,
		.type = EVENT_VERDICT,
		.stage = "report",
		.ms = NAN,
		.verdict = verdict,
	};
	listeners_event(trial, &event);
}

/* ---- one attempt ---- */

static void over_without_job(struct attempt *attempt, enum verdict verdict, const char *reason)
{
	struct trial *trial = attempt->trial;

	attempt->state = ATTEMPT_OVER;
	answer_unrun(&trial->arena, trial->row.id, verdict, reason, &attempt->execution);
}

static const char *deadline_text(struct trial *trial)
{
	return arena_printf(&trial->arena, "the execution ran into its deadline of %g s",
			    (double)trial->asked.deadline_ms / 1000);
}

static void on_done(void *ctx, struct job *job)
{
	struct attempt *attempt = ctx;
	struct trial *trial = attempt->trial;
	struct execution *execution = &attempt->execution;

	*execution = *job_execution(job);
	execution->id = trial->row.id;
	attempt->state = ATTEMPT_OVER;
	if (attempt->timed_out && execution->verdict == VERDICT_CANCELLED) {
		execution->verdict = VERDICT_TIMED_OUT;
		execution->reason = deadline_text(trial);
		execution->feedback = feedback_make(&trial->arena, execution,
						    trial->asked.feedback_bytes);
	}
	step_later(trial);
}

static void on_judged(void *ctx, struct job *job)
{
	struct attempt *attempt = ctx;

	(void)job;
	attempt->state = ATTEMPT_HELD;
	step_later(attempt->trial);
}

static void set_options(struct attempt *attempt, struct job_options *options)
{
	struct trial *trial = attempt->trial;
	struct attempts *attempts = &trial->attempts;
	struct service *service = trial->service;
	const struct submission *asked = &trial->asked;
	bool alone = attempts->count == 1;
	const char *id = trial->row.id;
	char revision[IDENTIFIER_TEXT];

	identifier_make(revision, "");
	*options = (struct job_options){
		.id = alone ? id : arena_printf(&trial->arena, "%s-%zu", id, attempt->index),
		.environment = asked->environment,
		.revisions = attempts->chain,
		.revision = arena_string(&trial->arena, revision),
		.flatten = attempts->flatten,
		.state_dir = service->settings.state_dir,
		.on_failure = asked->on_failure,
		.no_install = asked->no_install,
		.limits = asked->limits,
		.most = &service->settings.limits,
		.deadline_ms = alone ? asked->deadline_ms : 0,
		.log_dir = service->log_dir,
		.feedback_bytes = asked->feedback_bytes,
		.rerun_failures = asked->rerun_failures,
		.on_judged = alone ? NULL : on_judged,
		.on_judged_ctx = attempt,
		.rules = service->settings.rules,
		.check_limits = service->settings.check_limits,
		.sandbox = service->settings.sandbox,
		.egress = &egress_proxy,
		.egress_ctx = &service->settings.egress,
		.previous = attempts->previous_id ? &attempts->previous : NULL,
		.previous_id = attempts->previous_id,
		.on_event = on_event,
		.on_event_ctx = attempt,
	};
}

static void start(struct attempt *attempt)
{
	struct trial *trial = attempt->trial;
	struct job_options options;
	struct error err = {0};

	set_options(attempt, &options);
	attempt->state = ATTEMPT_RUNNING;
	if (job_start(&attempt->job, trial->service->loop, &options, &trial->inputs[attempt->index],
		      on_done, attempt, &err) == 0)
		return;
	attempt->job = NULL;
	over_without_job(attempt, VERDICT_ERROR, arena_string(&trial->arena, err.text));
	step_later(trial);
}

/* ---- which is best ---- */

enum rank { RANK_PASSED, RANK_TESTED, RANK_JUDGED, RANK_UNKNOWN };

static const struct execution *known(const struct attempt *attempt)
{
	return attempt->state == ATTEMPT_OVER ? &attempt->execution : job_execution(attempt->job);
}

static enum rank rank_of(const struct execution *execution)
{
	switch (execution->verdict) {
	case VERDICT_NONE: /* held before it could be told */
	case VERDICT_PASSED: return RANK_PASSED;
	case VERDICT_ERROR:
	case VERDICT_CANCELLED: return RANK_UNKNOWN;
	default: return execution->results.count > 0 ? RANK_TESTED : RANK_JUDGED;
	}
}

static bool is_better(const struct attempt *a, const struct attempt *b)
{
	const struct execution *x = known(a), *y = known(b);
	struct summary of_x = results_summary(&x->results), of_y = results_summary(&y->results);
	size_t x_failed = of_x.failed + of_x.errors, y_failed = of_y.failed + of_y.errors;

	if (rank_of(x) != rank_of(y))
		return rank_of(x) < rank_of(y);
	if (of_x.passed != of_y.passed)
		return of_x.passed > of_y.passed;
	if (x_failed != y_failed)
		return x_failed < y_failed;
	if (x->findings.count != y->findings.count)
		return x->findings.count < y->findings.count;
	return a->index < b->index;
}

static struct attempt *best_of(struct attempts *attempts)
{
	struct attempt *best = &attempts->items[0];

	for (size_t i = 1; i < attempts->count; i++) {
		if (is_better(&attempts->items[i], best))
			best = &attempts->items[i];
	}
	return best;
}

/* ---- all together ---- */

static size_t count_in(const struct attempts *attempts, enum attempt_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < attempts->count; i++)
		count += attempts->items[i].state == state;
	return count;
}

static void settle(struct attempt *attempt, bool chosen)
{
	attempt->state = ATTEMPT_SETTLED;
	job_settle(attempt->job, chosen);
}

/* When the commit of the best goes wrong, the next best is tried: so the others are held till then. */
static bool decide(struct attempts *attempts)
{
	struct attempt *best = best_of(attempts);

	if (best->state == ATTEMPT_HELD) {
		settle(best, true);
		return false;
	}
	attempts->chosen = best;
	for (size_t i = 0; i < attempts->count; i++) {
		if (attempts->items[i].state == ATTEMPT_HELD)
			settle(&attempts->items[i], false);
	}
	return true;
}

static void start_more(struct trial *trial)
{
	struct attempts *attempts = &trial->attempts;
	unsigned most = trial->service->settings.queue.running;

	if (most > SIDE_BY_SIDE)
		most = SIDE_BY_SIDE;
	for (size_t i = 0; i < attempts->count; i++) {
		struct attempt *attempt = &attempts->items[i];
		if (attempt->state != ATTEMPT_WAITING)
			continue;
		if (attempts->cancelled)
			over_without_job(attempt, VERDICT_CANCELLED, "cancelled before it ran");
		else if (attempts->expired)
			over_without_job(attempt, VERDICT_TIMED_OUT, deadline_text(trial));
		else if (count_in(attempts, ATTEMPT_RUNNING) < most)
			start(attempt);
	}
}

static void step(struct later_call *call)
{
	struct attempts *attempts = (struct attempts *)((char *)call -
							offsetof(struct attempts, call));
	struct trial *trial = attempts->items[0].trial;

	start_more(trial);
	if (count_in(attempts, ATTEMPT_WAITING) || count_in(attempts, ATTEMPT_RUNNING))
		return;
	if (!attempts->chosen && (count_in(attempts, ATTEMPT_SETTLED) || !decide(attempts)))
		return;
	if (count_in(attempts, ATTEMPT_OVER) < attempts->count)
		return;
	if (attempts->count > 1)
		verdict_event(trial, attempts->chosen->execution.verdict);
	trial_end(trial, &attempts->chosen->execution);
}

static void step_later(struct trial *trial)
{
	later_add(&trial->service->later, &trial->attempts.call, step);
}

static void stop_running(struct attempts *attempts, bool held_too)
{
	for (size_t i = 0; i < attempts->count; i++) {
		struct attempt *attempt = &attempts->items[i];
		bool stop = attempt->state == ATTEMPT_RUNNING ||
			    (held_too && attempt->state == ATTEMPT_HELD);
		if (!stop)
			continue;
		attempt->timed_out = attempts->expired && !attempts->cancelled;
		attempt->state = ATTEMPT_RUNNING; /* a held one goes on, to its end */
		job_cancel(attempt->job);
	}
}

/* Those that are judged by then still count: the best of them is kept. */
static void on_deadline(uv_timer_t *timer)
{
	struct trial *trial = timer->data;

	trial->attempts.expired = true;
	stop_running(&trial->attempts, false);
	step_later(trial);
}

/* ---- the outside ---- */

static int find_start(struct trial *trial, struct error *err)
{
	struct attempts *attempts = &trial->attempts;
	struct service *service = trial->service;
	struct error own = {0};

	if (!trial->sandbox)
		return 0;
	if (sandboxes_chain(trial->sandbox, &trial->arena, &attempts->chain, &attempts->flatten,
			    err) != 0)
		return -1;
	const char *workspace = arena_printf(&trial->arena, "sandbox:%s", trial->row.sandbox);
	if (store_last_results(service->store, workspace, &trial->arena, &attempts->previous_id,
			       &attempts->previous, &own) != 0)
		log_write(LOG_WARN, "the attempt before %s is not known: %s", trial->row.id,
			  own.text);
	return 0;
}

void attempts_start(struct trial *trial)
{
	struct attempts *attempts = &trial->attempts;
	struct error err = {0};

	if (find_start(trial, &err) != 0) {
		trial_end_early(trial, VERDICT_ERROR, arena_string(&trial->arena, err.text));
		return;
	}
	attempts->count = trial->input_count;
	attempts->items = arena_array(&trial->arena, attempts->count, sizeof(*attempts->items));
	for (size_t i = 0; i < attempts->count; i++) {
		attempts->items[i].trial = trial;
		attempts->items[i].index = i;
	}
	if (attempts->count > 1)
		attempts->deadline = later_start(trial->service->loop, trial->asked.deadline_ms,
						 on_deadline, trial);
	step_later(trial);
}

void attempts_cancel(struct trial *trial)
{
	trial->attempts.cancelled = true;
	stop_running(&trial->attempts, true);
	if (trial->attempts.count > 0)
		step_later(trial);
}

/* One that ended by itself may have kept its workspace, as all were asked to. */
static void drop_traces(const struct attempt *attempt)
{
	struct service *service = attempt->trial->service;

	if (attempt->execution.spool)
		sweeper_logs(service, attempt->execution.spool);
	if (attempt->execution.revision)
		sweeper_revision(service, attempt->execution.revision);
}

void attempts_free(struct trial *trial)
{
	struct attempts *attempts = &trial->attempts;

	later_stop(&attempts->deadline);
	later_remove(&trial->service->later, &attempts->call);
	for (size_t i = 0; i < attempts->count; i++) {
		struct attempt *attempt = &attempts->items[i];
		if (attempt != attempts->chosen)
			drop_traces(attempt);
		job_free(attempt->job);
	}
	attempts->count = 0;
}
