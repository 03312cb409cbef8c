/* Starts jobs, holds those that are judged until all are, commits the best and rolls back the rest. */
#include "engine/service/candidates.h"

#include "engine/base/clock.h"
#include "engine/base/container.h"
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
	struct candidate *candidate = ctx;
	struct trial *trial = candidate->trial;
	struct event told = *event;
	char detail[128];

	if (trial->candidates.count > 1) {
		if (event->type != EVENT_STAGE)
			return;
		snprintf(detail, sizeof(detail), "candidate %zu%s%s", candidate->index,
			 event->detail ? ": " : "", event->detail ? event->detail : "");
		told.detail = detail;
		told.id = trial->row.id;
	}
	listeners_event(trial, &told);
}

static void verdict_event(struct trial *trial, enum verdict verdict)
{
	char at[CLOCK_TEXT];

	clock_text(at);
	const struct event event = {
		.id = trial->row.id,
		.at = at,
		.type = EVENT_VERDICT,
		.stage = "report",
		.ms = NAN,
		.verdict = verdict,
	};
	listeners_event(trial, &event);
}

/* ---- one candidate ---- */

static void over_without_job(struct candidate *candidate, enum verdict verdict, const char *reason)
{
	struct trial *trial = candidate->trial;

	candidate->state = CANDIDATE_OVER;
	answer_unrun(&trial->arena, trial->row.id, verdict, reason, &candidate->execution);
}

static const char *deadline_text(struct trial *trial)
{
	return arena_printf(&trial->arena, "the execution ran into its deadline of %g s",
			    (double)trial->asked.deadline_ms / 1000);
}

static void on_done(void *ctx, struct job *job)
{
	struct candidate *candidate = ctx;
	struct trial *trial = candidate->trial;
	struct execution *execution = &candidate->execution;

	*execution = *job_execution(job);
	execution->id = trial->row.id;
	candidate->state = CANDIDATE_OVER;
	if (candidate->timed_out && execution->verdict == VERDICT_CANCELLED) {
		execution->verdict = VERDICT_TIMED_OUT;
		execution->reason = deadline_text(trial);
		execution->feedback = feedback_make(&trial->arena, execution,
						    trial->asked.feedback_bytes);
	}
	step_later(trial);
}

static void on_judged(void *ctx, struct job *job)
{
	struct candidate *candidate = ctx;

	(void)job;
	candidate->state = CANDIDATE_HELD;
	step_later(candidate->trial);
}

static void set_options(struct candidate *candidate, struct job_options *options)
{
	struct trial *trial = candidate->trial;
	struct candidates *candidates = &trial->candidates;
	struct service *service = trial->service;
	const struct submission *asked = &trial->asked;
	bool alone = candidates->count == 1;
	const char *id = trial->row.id;
	char revision[IDENTIFIER_TEXT];

	identifier_make(revision, "");
	*options = (struct job_options){
		.id = alone ? id : arena_printf(&trial->arena, "%s-%zu", id, candidate->index),
		.environment = asked->environment,
		.revisions = candidates->chain,
		.revision = arena_string(&trial->arena, revision),
		.flatten = candidates->flatten,
		.allowance = shares_allowance(candidates->share),
		.state_dir = service->settings.state_dir,
		.layers_disk = service->settings.layers_disk,
		.on_failure = asked->on_failure,
		.no_install = asked->no_install,
		.limits = asked->limits,
		.most = &service->settings.limits,
		.deadline_ms = alone ? asked->deadline_ms : 0,
		.log_dir = service->log_dir,
		.feedback_bytes = asked->feedback_bytes,
		.rerun_failures = asked->rerun_failures,
		.on_judged = alone ? NULL : on_judged,
		.on_judged_ctx = candidate,
		.rules = service->settings.rules,
		.check_limits = service->settings.check_limits,
		.sandbox = service->settings.sandbox,
		.egress = &egress_proxy,
		.egress_ctx = &service->settings.egress,
		.previous = candidates->previous_id ? &candidates->previous : NULL,
		.previous_id = candidates->previous_id,
		.on_event = on_event,
		.on_event_ctx = candidate,
	};
}

static void start(struct candidate *candidate)
{
	struct trial *trial = candidate->trial;
	struct job_options options;
	struct error err = {0};

	set_options(candidate, &options);
	candidate->state = CANDIDATE_RUNNING;
	if (job_start(&candidate->job, trial->service->loop, &options,
		      &trial->inputs[candidate->index], on_done, candidate, &err) == 0)
		return;
	candidate->job = NULL;
	over_without_job(candidate, VERDICT_ERROR, arena_string(&trial->arena, err.text));
	step_later(trial);
}

/* ---- which is best ---- */

enum rank { RANK_PASSED, RANK_TESTED, RANK_JUDGED, RANK_UNKNOWN };

static const struct execution *known(const struct candidate *candidate)
{
	return candidate->state == CANDIDATE_OVER ? &candidate->execution
						  : job_execution(candidate->job);
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

static bool is_better(const struct candidate *a, const struct candidate *b)
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

static struct candidate *best_of(struct candidates *candidates)
{
	struct candidate *best = &candidates->items[0];

	for (size_t i = 1; i < candidates->count; i++) {
		if (is_better(&candidates->items[i], best))
			best = &candidates->items[i];
	}
	return best;
}

/* ---- all together ---- */

static size_t count_in(const struct candidates *candidates, enum candidate_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < candidates->count; i++)
		count += candidates->items[i].state == state;
	return count;
}

static void settle(struct candidate *candidate, bool chosen)
{
	candidate->state = CANDIDATE_SETTLED;
	job_settle(candidate->job, chosen);
}

/* When the commit of the best goes wrong, the next best is tried: so the others are held till then. */
static bool decide(struct candidates *candidates)
{
	struct candidate *best = best_of(candidates);

	if (best->state == CANDIDATE_HELD) {
		settle(best, true);
		return false;
	}
	candidates->chosen = best;
	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i].state == CANDIDATE_HELD)
			settle(&candidates->items[i], false);
	}
	return true;
}

static void start_more(struct trial *trial)
{
	struct candidates *candidates = &trial->candidates;
	unsigned most = trial->service->settings.queue.running;

	if (most > SIDE_BY_SIDE)
		most = SIDE_BY_SIDE;
	for (size_t i = 0; i < candidates->count; i++) {
		struct candidate *candidate = &candidates->items[i];
		if (candidate->state != CANDIDATE_WAITING)
			continue;
		if (candidates->cancelled)
			over_without_job(candidate, VERDICT_CANCELLED, "cancelled before it ran");
		else if (candidates->expired)
			over_without_job(candidate, VERDICT_TIMED_OUT, deadline_text(trial));
		else if (count_in(candidates, CANDIDATE_RUNNING) < most)
			start(candidate);
	}
}

static void step(struct deferred_call *call)
{
	struct candidates *candidates = CONTAINER(call, struct candidates, call);
	struct trial *trial = candidates->items[0].trial;

	if (trial->ended) /* the deadline came while the end is being stored */
		return;
	start_more(trial);
	if (count_in(candidates, CANDIDATE_WAITING) || count_in(candidates, CANDIDATE_RUNNING))
		return;
	if (!candidates->chosen && (count_in(candidates, CANDIDATE_SETTLED) || !decide(candidates)))
		return;
	if (count_in(candidates, CANDIDATE_OVER) < candidates->count)
		return;
	if (candidates->count > 1)
		verdict_event(trial, candidates->chosen->execution.verdict);
	trial_end(trial, &candidates->chosen->execution);
}

static void step_later(struct trial *trial)
{
	deferred_add(&trial->service->deferred, &trial->candidates.call, step);
}

static void stop_running(struct candidates *candidates, bool held_too)
{
	for (size_t i = 0; i < candidates->count; i++) {
		struct candidate *candidate = &candidates->items[i];
		bool stop = candidate->state == CANDIDATE_RUNNING ||
			    (held_too && candidate->state == CANDIDATE_HELD);
		if (!stop)
			continue;
		candidate->timed_out = candidates->expired && !candidates->cancelled;
		candidate->state = CANDIDATE_RUNNING; /* a held one goes on, to its end */
		job_cancel(candidate->job);
	}
}

/* Those that are judged by then still count: the best of them is kept. */
static void on_deadline(uv_timer_t *timer)
{
	struct trial *trial = timer->data;

	trial->candidates.expired = true;
	stop_running(&trial->candidates, false);
	step_later(trial);
}

/* ---- the outside ---- */

static int find_start(struct trial *trial, struct error *err)
{
	struct candidates *candidates = &trial->candidates;
	struct service *service = trial->service;
	struct error own = {0};

	if (!trial->sandbox)
		return 0;
	if (sandboxes_chain(trial->sandbox, &trial->arena, &candidates->chain, &candidates->flatten,
			    err) != 0)
		return -1;
	const char *workspace = arena_printf(&trial->arena, "sandbox:%s", trial->row.sandbox);
	if (store_last_results(service->store, workspace, &trial->arena, &candidates->previous_id,
			       &candidates->previous, &own) != 0)
		log_write(LOG_WARN, "the attempt before %s is not known: %s", trial->row.id,
			  own.text);
	return 0;
}

void candidates_start(struct trial *trial)
{
	struct candidates *candidates = &trial->candidates;
	struct error err = {0};

	if (find_start(trial, &err) != 0) {
		trial_end_early(trial, VERDICT_ERROR, arena_string(&trial->arena, err.text));
		return;
	}
	if (trial->sandbox)
		candidates->share = shares_enter(trial->service, trial->row.tenant);
	candidates->count = trial->input_count;
	candidates->items = arena_array(&trial->arena, candidates->count,
					sizeof(*candidates->items));
	for (size_t i = 0; i < candidates->count; i++) {
		candidates->items[i].trial = trial;
		candidates->items[i].index = i;
	}
	if (candidates->count > 1)
		candidates->deadline = deferred_timer_start(
			trial->service->loop, trial->asked.deadline_ms, on_deadline, trial);
	step_later(trial);
}

void candidates_cancel(struct trial *trial)
{
	trial->candidates.cancelled = true;
	stop_running(&trial->candidates, true);
	if (trial->candidates.count > 0)
		step_later(trial);
}

void candidates_free(struct trial *trial)
{
	struct candidates *candidates = &trial->candidates;
	uint64_t taken = 0;

	deferred_timer_stop(&candidates->deadline);
	deferred_remove(&trial->service->deferred, &candidates->call);
	for (size_t i = 0; i < candidates->count; i++) {
		struct candidate *candidate = &candidates->items[i];
		/* one that ended by itself may have kept its workspace, as all were asked to */
		if (candidate != candidates->chosen)
			sweeper_execution(trial->service, &candidate->execution);
		if (candidate->execution.revision)
			taken += candidate->execution.changes.bytes;
		job_free(candidate->job);
	}
	candidates->count = 0;
	shares_leave(candidates->share, taken);
	candidates->share = NULL;
}
