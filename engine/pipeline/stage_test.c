/* test: builds, tests and programs, in order; a failed build or shell line ends the row. */
#include "engine/pipeline/stage.h"

enum { REPORT_MAX = 64 * 1024 * 1024 };

/* A runner's report leaves the sandbox as soon as its command has ended. */
static int fetch_report(struct job *job, const struct command *command, struct error *err)
{
	struct report_file *report = &job->reports[job->command];
	struct buf text;

	if (!command->report)
		return 0;
	buf_init(&text, REPORT_MAX);
	int rc = job->options.sandbox->fetch(job->sandbox, command->report, &text, err);
	if (rc == 0) {
		report->found = true;
		report->data = arena_copy(&job->arena, text.data, text.len);
		report->len = text.len;
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
	bool ends_the_line = output->ended_by != ENDED_EXIT || (needed && output->exit_code != 0);
	job->command++;
	if (ends_the_line || job->command == job->plan.command_count)
		return STEP_DONE;
	return job_exec(job, &job->plan.commands[job->command], NULL, ran, err);
}

enum step stage_test(struct job *job, struct error *err)
{
	if (!job->plan.command_count) {
		job->skipped = true;
		return STEP_DONE;
	}
	job->command = 0;
	job->reports = arena_array(&job->arena, job->plan.command_count, sizeof(*job->reports));
	job->detail = job->plan.commands[job->plan.command_count - 1].shown;
	return job_exec(job, &job->plan.commands[0], NULL, ran, err);
}
