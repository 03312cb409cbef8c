/* open: the sandbox, on top of the workspace. */
#include "engine/pipeline/spool.h"
#include "engine/pipeline/stage.h"

static enum step opened(struct job *job, struct error *err)
{
	(void)err;
	job->options.sandbox->isolation(job->sandbox, &job->execution.isolation);
	return STEP_DONE;
}

static enum step open_sandbox(struct job *job, struct error *err)
{
	struct sandbox_spec *spec = arena_alloc(&job->arena, sizeof(*spec));

	if (!job->reachable.asked &&
	    reachable_load(&job->reachable, &job->arena, &job->environment, NULL, err) != 0)
		return STEP_FAIL;
	if (job->options.log_dir &&
	    spool_open(&job->arena, job->options.log_dir, job->execution.id, &job->spool, err) != 0)
		return STEP_FAIL;

	*spec = (struct sandbox_spec){
		.workspace = job->options.workspace,
		.revisions = job->options.revisions,
		.revision = job->options.revision,
		.flatten = job->options.flatten,
		.state_dir = job->options.state_dir,
		.mounts = job->reachable.mounts,
		.limits = job->limits,
		.allowance = job->options.allowance,
		.layers_disk = job->options.layers_disk,
	};
	void *operation = job_wait(job, opened);
	if (job->options.sandbox->open(&job->sandbox, job->loop, spec, job_resume, operation,
				       err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}

/* The clients are asked only when they will run: it takes longer than all the rest of `open`. */
enum step stage_open(struct job *job, struct error *err)
{
	const struct dependencies *wanted = &job->plan.dependencies;
	bool kept = !wanted->in_place && wanted->key &&
		    job->options.sandbox->layer_known(job->options.state_dir, wanted->key);

	if (job_wants_install(job) && !kept)
		return job_work(job, job_ask_clients, open_sandbox);
	return open_sandbox(job, err);
}
