/* close: the way out is shut, the sandbox goes, and with it all that was not committed. */
#include "engine/pipeline/stage.h"

static enum step closed(struct job *job, struct error *err)
{
	(void)err;
	job->sandbox = NULL;
	return STEP_DONE;
}

static enum step close_sandbox(struct job *job, struct error *err)
{
	job->egress = NULL;
	if (job->abandoned) {
		error_set(err, ERROR_INTERNAL, "the sandbox does not answer; it was given up");
		return STEP_FAIL;
	}
	if (!job->sandbox) { /* it never opened */
		job->skipped = true;
		return STEP_DONE;
	}
	job->options.sandbox->close(job->sandbox, job_resumed, job_wait(job, closed));
	return STEP_WAIT;
}

enum step stage_close(struct job *job, struct error *err)
{
	/* Still open only when an install was cut short. */
	if (!job->egress)
		return close_sandbox(job, err);
	job->options.egress->stop(job->egress, job_resumed, job_wait(job, close_sandbox));
	return STEP_WAIT;
}
