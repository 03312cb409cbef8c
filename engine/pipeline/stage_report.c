/* report: what is left to say once everything else is over. */
#include "engine/base/clock.h"
#include "engine/pipeline/delta.h"
#include "engine/pipeline/feedback.h"
#include "engine/pipeline/spool.h"
#include "engine/pipeline/stage.h"

static void add_usage(struct execution *execution)
{
	for (size_t i = 0; i < execution->output_count; i++) {
		const struct output *output = &execution->outputs[i];
		execution->cpu_ms += output->cpu_ms;
		if (output->peak_memory > execution->peak_memory)
			execution->peak_memory = output->peak_memory;
		if (output->processes > execution->processes)
			execution->processes = output->processes;
	}
}

static enum step make_report(struct job *job, struct error *err)
{
	struct execution *execution = &job->execution;

	(void)err;
	if (execution->verdict == VERDICT_NONE && !job->options.stop_after_plan)
		job_judge(job, VERDICT_ERROR, "no stage gave a verdict");
	if (error_is_set(&job->error)) {
		execution->error = job->error.text;
		execution->error_code = job->error.code;
	}
	add_usage(execution);
	if (job->spool)
		execution->spool_bytes = spool_close(job->spool, execution);
	if (execution->spool_bytes)
		execution->spool = job->spool;
	execution->wall_ms = clock_ms() - job->started;
	delta_compute(&job->arena, job->options.previous_id, job->options.previous,
		      &execution->results, &execution->delta);
	execution->feedback = feedback_make(&job->arena, execution, job->options.feedback_bytes);
	return STEP_DONE;
}

static enum step tell(struct job *job, struct error *err)
{
	(void)err;
	job_verdict_event(job);
	return STEP_DONE;
}

enum step stage_report(struct job *job, struct error *err)
{
	if (job_is_large(job))
		return job_work(job, make_report, tell);
	make_report(job, err);
	return tell(job, err);
}
