/* open: the sandbox, on top of the workspace. */
#include "engine/pipeline/spool.h"
#include "engine/pipeline/stage.h"

static enum step opened(struct job *job, struct error *err)
{
	(void)err;
	job->options.sandbox->isolation(job->sandbox, &job->execution.isolation);
	return STEP_DONE;
}

enum step stage_open(struct job *job, struct error *err)
{
	struct sandbox_spec *spec = arena_alloc(&job->arena, sizeof(*spec));

	*spec = (struct sandbox_spec){
		.workspace = job->options.workspace,
		.state_dir = job->options.state_dir,
		.mounts = job->environment.mounts,
		.limits = job->limits,
	};
	if (job->options.log_dir &&
	    spool_open(&job->arena, job->options.log_dir, job->execution.id, &job->spool, err) != 0)
		return STEP_FAIL;
	void *operation = job_wait(job, opened);
	if (job->options.sandbox->open(&job->sandbox, job->loop, spec, job_resume, operation,
				       err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}
