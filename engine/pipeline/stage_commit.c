/* commit: what the run changed becomes the workspace. */
#include "engine/pipeline/stage.h"

static enum step committed(struct job *job, struct error *err)
{
	(void)err;
	job->execution.outcome = WORKSPACE_COMMITTED;
	if (job->execution.changes.revised)
		job->execution.revision = job->options.revision;
	job->detail = arena_printf(&job->arena, "%zu files", job->execution.changes.count);
	return STEP_DONE;
}

enum step stage_commit(struct job *job, struct error *err)
{
	void *operation = job_wait(job, committed);

	if (job->options.sandbox->commit(job->sandbox, &job->arena, &job->execution.changes,
					 job_resume, operation, err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}
