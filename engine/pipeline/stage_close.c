/* close: the way out is shut, the sandbox goes, and with it all that was not committed. */
#include "engine/pipeline/stage.h"

static enum step close_sandbox(struct job *job, struct error *err)
{
	struct sandbox *sandbox = job->sandbox;

	if (job->abandoned) {
		error_set(err, ERROR_INTERNAL, "the sandbox does not answer; it was given up");
		return STEP_FAIL;
	}
	if (!sandbox) { /* it never opened */
		job->skipped = true;
		return STEP_DONE;
	}
	job->sandbox = NULL; /* closed once, even when the answer comes too late */
	job->options.sandbox->close(sandbox, job_resumed, job_wait(job, NULL));
	return STEP_WAIT;
}

enum step stage_close(struct job *job, struct error *err)
{
	void *egress = job->egress;

	/* Still open only when an install was cut short. */
	if (!egress)
		return close_sandbox(job, err);
	job->egress = NULL;
	job->options.egress->stop(egress, job_resumed, job_wait(job, close_sandbox));
	return STEP_WAIT;
}
