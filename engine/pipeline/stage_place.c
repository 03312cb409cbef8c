/* place: the plan's files go into the sandbox's workspace. */
#include "engine/pipeline/stage.h"

enum step stage_place(struct job *job, struct error *err)
{
	void *operation = job_wait(job, NULL);

	job->detail = arena_printf(&job->arena, "%zu files", job->plan.file_count);
	if (job->options.sandbox->put(job->sandbox, job->plan.files, job->plan.file_count,
				      job_resume, operation, err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}
