/* rollback: the workspace is as it was before, or keeps a failed attempt when the caller asked so. */
#include "engine/pipeline/stage.h"

static enum step rolled_back(struct job *job, struct error *err)
{
	struct changes *changes = &job->execution.changes;

	if (!changes->verified) {
		error_set(err, ERROR_INTERNAL,
			  "the workspace is not what it was before: its digest differs");
		return STEP_FAIL;
	}
	job->execution.outcome = WORKSPACE_ROLLED_BACK;
	job->detail = arena_printf(&job->arena, "%zu files reverted", changes->count);
	return STEP_DONE;
}

static enum step kept(struct job *job, struct error *err)
{
	(void)err;
	job->execution.outcome = WORKSPACE_KEPT;
	if (job->execution.changes.revised)
		job->execution.revision = job->options.revision;
	job->detail = arena_printf(&job->arena, "%zu files kept", job->execution.changes.count);
	return STEP_DONE;
}

/* Only a finished verdict about the code is worth keeping: not a cancelled run, not our own error. */
bool job_wants_keep(const struct job *job)
{
	return job->options.on_failure == ON_FAILURE_KEEP && !job->let_go &&
	       !error_is_set(&job->error) && job->execution.verdict != VERDICT_CANCELLED &&
	       job->execution.verdict != VERDICT_ERROR;
}

enum step stage_rollback(struct job *job, struct error *err)
{
	const struct sandbox_ops *ops = job->options.sandbox;
	struct changes *changes = &job->execution.changes;

	if (job->abandoned) {
		error_set(err, ERROR_INTERNAL, "the sandbox does not answer; it was given up");
		return STEP_FAIL;
	}
	*changes = (struct changes){0};
	bool keep = job_wants_keep(job);
	void *operation = job_wait(job, keep ? kept : rolled_back);
	int rc = keep ? ops->commit(job->sandbox, &job->arena, changes, job_resume, operation, err)
		      : ops->rollback(job->sandbox, job->execution.snapshot, &job->arena, changes,
				      job_resume, operation, err);
	return rc == 0 ? STEP_WAIT : job_refused(operation);
}
