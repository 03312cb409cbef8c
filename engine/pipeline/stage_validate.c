/* validate: rules, limits and paths; a blocking finding ends the job before anything was touched. */
#include "engine/pipeline/stage.h"
#include "runners/language.h"

static const struct finding *first_blocking(const struct findings *findings, size_t *count)
{
	const struct finding *first = NULL;

	*count = 0;
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].action != ACTION_BLOCK)
			continue;
		if (!first)
			first = &findings->items[i];
		(*count)++;
	}
	return first;
}

static void findings_add(struct arena *arena, struct findings *findings,
			 const struct findings *more)
{
	for (size_t i = 0; i < more->count; i++) {
		struct finding *slot = arena_grow(arena, &findings->items, findings->count,
						  sizeof(*slot));
		*slot = more->items[i];
		findings->count++;
	}
}

bool job_rejected(struct job *job)
{
	size_t count;
	const struct finding *first = first_blocking(&job->execution.findings, &count);

	if (!first)
		return false;
	if (count == 1)
		job_judge(job, VERDICT_REJECTED, "%s: %s", first->rule, first->message);
	else
		job_judge(job, VERDICT_REJECTED, "%s: %s (and %zu more)", first->rule,
			  first->message, count - 1);
	return true;
}

enum step stage_validate(struct job *job, struct error *err)
{
	struct execution *execution = &job->execution;
	struct arena *arena = &job->arena;
	struct findings unread = {0};

	edits_read(arena, &execution->blocks, &job->edits, &unread);
	struct blocks parts = edits_parts(arena, &execution->blocks, &job->edits,
					  language_all(arena));
	if (validators_check(job->options.rules, &job->options.check_limits, job->given_bytes,
			     &parts, arena, &execution->findings, err) != 0)
		return STEP_FAIL;
	findings_add(arena, &execution->findings, &unread);
	return job_rejected(job) ? STEP_FAIL : STEP_DONE;
}
