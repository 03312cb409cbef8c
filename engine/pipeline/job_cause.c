/* Why a job ended as it did: the first cause wins, and a failed rollback is told apart. */
#include <stdarg.h>
#include <string.h>

#include "engine/pipeline/stage.h"

static const char *name_of(const struct job *job, enum stage_id stage)
{
	return job->execution.stages[stage].name;
}

/* A pass is provisional until the workspace has it; every other verdict stands. */
static bool is_judged(const struct job *job)
{
	return job->execution.verdict != VERDICT_NONE && job->execution.verdict != VERDICT_PASSED;
}

void job_judge(struct job *job, enum verdict verdict, const char *format, ...)
{
	va_list args;

	if (is_judged(job))
		return;
	va_start(args, format);
	job->execution.reason = arena_vprintf(&job->arena, format, args);
	va_end(args);
	job->execution.verdict = verdict;
	job->execution.phase = name_of(job, job->stage);
}

void job_rule(struct job *job, enum stage_id phase, const struct ruling *ruling)
{
	if (is_judged(job))
		return;
	job->execution.exit_code = ruling->exit_code;
	job->execution.signal = ruling->signal;
	job_judge(job, ruling->verdict, "%s", ruling->reason);
	job->execution.phase = name_of(job, phase);
}

void job_rejudge(struct job *job, const struct ruling *ruling)
{
	job->execution.verdict = VERDICT_NONE;
	job_rule(job, STAGE_TEST, ruling);
}

static bool is_noted(const struct job *job, const char *text)
{
	const char *const *note = (const char *const *)job->execution.notes;

	while (note && *note && strcmp(*note, text) != 0)
		note++;
	return note && *note;
}

void job_note(struct job *job, const char *format, ...)
{
	size_t count = 0;
	va_list args;

	va_start(args, format);
	const char *text = arena_vprintf(&job->arena, format, args);
	va_end(args);
	if (is_noted(job, text)) /* by an earlier run of the same command */
		return;
	while (job->execution.notes && job->execution.notes[count])
		count++;
	const char **notes = arena_array(&job->arena, count + 2, sizeof(*notes));
	if (count)
		memcpy(notes, job->execution.notes, count * sizeof(*notes));
	notes[count] = text;
	job->execution.notes = notes;
}

void job_blame_stop(struct job *job)
{
	job->let_go = true;
	if (is_judged(job))
		job_note(job, "%s was cut short: %s", name_of(job, job->stage),
			 job->timed_out ? "the job ran into its deadline" : "cancelled");
	if (job->timed_out)
		job_judge(job, VERDICT_TIMED_OUT, "the job ran into its deadline of %g s",
			  (double)job->options.deadline_ms / 1000);
	else
		job_judge(job, VERDICT_CANCELLED, "cancelled");
}

void job_blame(struct job *job, const struct error *err)
{
	const char *name = name_of(job, job->stage);

	if (!error_is_set(err)) {
		job_judge(job, VERDICT_ERROR, "%s failed without saying why", name);
		return; /* where the stage gave its verdict, that one stands */
	}
	if (job->stage == STAGE_ROLLBACK && !job->abandoned && job_wants_keep(job)) {
		job_note(job, "the workspace is rolled back, for it could not be kept: %s",
			 err->text);
		job->let_go = job->unkept = true;
		return;
	}
	if (job->stage == STAGE_ROLLBACK) {
		job->execution.quarantined = arena_string(&job->arena, err->text);
		return;
	}
	if (job->stage == STAGE_CLOSE) { /* the workspace has its last state already */
		job_note(job, "the sandbox was not closed properly: %s", err->text);
		return;
	}
	if (error_is_set(&job->error))
		return;
	if (job->stage == STAGE_COMMIT && err->code == ERROR_DENIED) {
		/* more than its owner may keep: no failure of ours */
		job->let_go = true;
		job_judge(job, VERDICT_REJECTED, "%s: %s", name, err->text);
		return;
	}
	job->error = *err;
	/* A verdict about the code stands; the error is told beside it. */
	job_judge(job, err->code == ERROR_CANCELLED ? VERDICT_CANCELLED : VERDICT_ERROR, "%s: %s",
		  name, err->text);
}
