/* test: builds, tests and programs, in order; a failed build or shell line ends the row. */
#include <string.h>

#include "engine/pipeline/stage.h"

enum { REPORT_MAX = 64 * 1024 * 1024 };

/*
 * A runner's report leaves the sandbox as soon as its command has ended. One that is to the byte what an
 * earlier run left is that run's: the folder of reports is not rolled back.
 */
static void take_report(struct job *job, struct report_file *report, const struct buf *text)
{
	bool stale = report->data && report->len == text->len &&
		     memcmp(report->data, text->data, text->len) == 0;

	if (stale)
		return;
	report->found = true;
	report->data = arena_copy(&job->arena, text->data, text->len);
	report->len = text->len;
}

static int fetch_report(struct job *job, const struct command *command, struct error *err)
{
	struct report_file *report = &job->reports[job->command];
	struct buf text;

	report->found = false;
	if (!command->report)
		return 0;
	buf_init(&text, REPORT_MAX);
	int rc = job->options.sandbox->fetch(job->sandbox, command->report, &text, err);
	if (rc == 0) {
		take_report(job, report, &text);
	} else if (err->code == ERROR_NOT_FOUND || err->code == ERROR_TOO_LARGE) {
		*err = (struct error){0}; /* the fallback reads what was printed */
		rc = 0;
	}
	buf_done(&text);
	return rc;
}

static enum step ran(struct job *job, struct error *err)
{
	const struct command *command = &job->plan.commands[job->command];
	const struct output *output = &job->execution.outputs[job->execution.output_count - 1];

	if (fetch_report(job, command, err) != 0)
		return STEP_FAIL;
	bool needed = command->kind == COMMAND_BUILD || job_has_lines(job);
	bool ends_the_row = output->ended_by != ENDED_EXIT || (needed && output->exit_code != 0);
	job->command++;
	if (!ends_the_row && job->command < job->plan.command_count)
		return job_exec(job, &job->plan.commands[job->command], NULL, ran, err);
	return job->tested ? job->tested(job, err) : STEP_DONE;
}

enum step job_run_tests(struct job *job, step_fn then, struct error *err)
{
	job->tested = then;
	job->command = 0;
	job->first_output = job->execution.output_count;
	return job_exec(job, &job->plan.commands[0], NULL, ran, err);
}

static enum step run_once(struct job *job, struct error *err)
{
	return job_run_tests(job, NULL, err);
}

enum step stage_test(struct job *job, struct error *err)
{
	if (!job->plan.command_count) {
		job->skipped = true;
		return STEP_DONE;
	}
	job->reports = arena_array(&job->arena, job->plan.command_count, sizeof(*job->reports));
	job->detail = job->plan.commands[job->plan.command_count - 1].shown;
	if (!job->options.rerun_failures)
		return run_once(job, err);
	/* What failures will run again from. */
	job->tested_snapshot = arena_printf(&job->arena, "tested-%s", job->execution.id);
	void *operation = job_wait(job, run_once);
	if (job->options.sandbox->snapshot(job->sandbox, job->tested_snapshot, job_resume,
					   operation, err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}
