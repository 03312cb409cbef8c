/* plan: which environment, which files, which commands. Reads the workspace, touches nothing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/pipeline/stage.h"
#include "engine/pipeline/writable.h"
#include "runners/plan.h"

/* A limit of the caller's wins over the environment's, but not over the most that is allowed. */
static struct limits merged(struct job *job, const struct limits *otherwise)
{
	const struct limits *given = &job->options.limits, *most = job->options.most;
	struct limits limits = *otherwise;

#define MERGE(field)                                                                               \
	do {                                                                                       \
		if (given->field)                                                                  \
			limits.field = given->field;                                               \
		if (most && most->field && limits.field > most->field)                             \
			limits.field = most->field;                                                \
		else if (most && !most->field && limits.field > otherwise->field)                  \
			limits.field = otherwise->field;                                           \
		if (limits.field < given->field)                                                   \
			job_note(job,                                                              \
				 #field " is %.12g: %.12g was asked for, which is more than "      \
					"this service allows",                                     \
				 (double)limits.field, (double)given->field);                      \
	} while (0)
	MERGE(time_ms);
	MERGE(memory);
	MERGE(disk);
	MERGE(file_size);
	MERGE(output);
	MERGE(output_file);
	MERGE(processes);
	MERGE(open_files);
	MERGE(cpus);
#undef MERGE
	return limits;
}

/* -1 with err clear: there is no workspace yet, or it is empty. */
static int open_workspace(const struct job_options *options, struct error *err)
{
	const char *path = options->workspace;
	int view = -1;

	if (options->revisions && options->revisions[0])
		options->sandbox->view(options->state_dir, options->revisions, &view, err);
	if (options->revisions || !path)
		return view;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOTDIR)
		error_set(err, ERROR_USAGE, "the workspace %s is not a folder", path);
	else if (fd < 0 && errno != ENOENT)
		error_errno(err, errno, "cannot open the workspace %s", path);
	return fd;
}

/* The plan sees files as the reply's edits leave them. */
static int make_plan(struct job *job, int workspace, struct error *err)
{
	struct execution *execution = &job->execution;
	struct edited edited;

	edits_apply(&job->arena, &execution->blocks, &job->edits, workspace, &edited,
		    &execution->findings);
	if (job_rejected(job))
		return -1;
	for (const char **note = edited.notes; note && *note; note++)
		job_note(job, "%s", *note);
	const struct plan_order order = {
		.blocks = &execution->blocks,
		.edited = edited.files,
		.edited_count = edited.count,
		.lines = job_has_lines(job) ? job->input.commands : NULL,
		.environment = job->options.environment,
		.state_dir = job->options.state_dir,
		.workspace_dirfd = workspace,
		.no_install = job->options.no_install,
	};
	return plan_make(&job->arena, &order, &job->environment, &job->plan, err);
}

enum step stage_plan(struct job *job, struct error *err)
{
	struct execution *execution = &job->execution;
	int workspace = open_workspace(&job->options, err);

	if (error_is_set(err))
		return STEP_FAIL;
	int rc = make_plan(job, workspace, err);
	if (rc == 0 && job->options.workspace && !job->options.stop_after_plan)
		rc = writable_check(job->options.workspace, workspace, &job->plan, err);
	if (workspace >= 0)
		close(workspace);
	if (rc != 0)
		return STEP_FAIL;

	execution->plan = &job->plan;
	execution->environment = job->plan.environment;
	execution->tool = job->environment.tool;
	job->limits = merged(job, &job->environment.limits);
	for (const char *const *note = job->plan.notes; note && *note; note++)
		job_note(job, "%s", *note);
	job->detail = arena_printf(&job->arena, "%s, %zu files", job->plan.environment,
				   job->plan.file_count);
	return job->options.stop_after_plan ? STEP_STOP : STEP_DONE;
}
