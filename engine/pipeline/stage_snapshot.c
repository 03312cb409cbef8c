/* snapshot: freezes the workspace as it was; a snapshot that fails stops the run. */
#include "engine/pipeline/stage.h"

enum step stage_snapshot(struct job *job, struct error *err)
{
	const char *name = arena_printf(&job->arena, "before-%s", job->execution.id);
	void *operation = job_wait(job, NULL);

	job->execution.snapshot = name;
	if (job->options.sandbox->snapshot(job->sandbox, name, job_resume, operation, err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}
