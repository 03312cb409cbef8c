/* validate: rules, limits and paths; a blocking finding ends the job before anything was touched. */
#include "engine/pipeline/stage.h"

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

enum step stage_validate(struct job *job, struct error *err)
{
	struct findings *findings = &job->execution.findings;
	size_t count;

	if (validators_check(job->options.rules, &job->options.check_limits, job->input.len,
			     &job->execution.blocks, &job->arena, findings, err) != 0)
		return STEP_FAIL;
	const struct finding *first = first_blocking(findings, &count);
	if (!first)
		return STEP_DONE;
	if (count == 1)
		job_judge(job, VERDICT_REJECTED, "%s: %s", first->rule, first->message);
	else
		job_judge(job, VERDICT_REJECTED, "%s: %s (and %zu more)", first->rule,
			  first->message, count - 1);
	return STEP_FAIL;
}
