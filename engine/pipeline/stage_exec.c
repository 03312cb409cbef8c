/* Running one command of a plan: its environment, its limits, and where its output goes. */
#include <string.h>

#include "engine/pipeline/spool.h"
#include "engine/pipeline/stage.h"

static size_t length(const char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

/* Adds "NAME=value", replacing an earlier one of that name. */
static void set(const char **env, size_t *count, const char *entry)
{
	size_t name = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < *count; i++) {
		if (strncmp(env[i], entry, name) == 0) {
			env[i] = entry;
			return;
		}
	}
	env[(*count)++] = entry;
}

/* Later lists win. */
static const char *const *merge_env(struct arena *arena, const char *const *lists[], size_t n)
{
	size_t room = 1, count = 0;

	for (size_t i = 0; i < n; i++)
		room += length(lists[i]);
	const char **env = arena_array(arena, room, sizeof(*env));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; lists[i] && lists[i][j]; j++)
			set(env, &count, lists[i][j]);
	return env;
}

static void on_output(void *ctx, int fd, const char *data, size_t len)
{
	job_output(ctx, fd, data, len);
}

static struct output *add_output(struct job *job, const struct command *command)
{
	struct execution *execution = &job->execution;
	struct output *output = arena_grow(&job->arena, &execution->outputs,
					   execution->output_count, sizeof(*output));

	*output = (struct output){.command = command, .exit_code = -1};
	execution->output_count++;
	return output;
}

enum step job_exec(struct job *job, const struct command *command, const char *const *extra,
		   step_fn next, struct error *err)
{
	const char *const *lists[] = {job->environment.env, command->env, extra};
	struct sandbox_exec *exec = arena_alloc(&job->arena, sizeof(*exec));
	struct output *output = add_output(job, command);

	*exec = (struct sandbox_exec){
		.argv = command->argv,
		.env = merge_env(&job->arena, lists, sizeof(lists) / sizeof(lists[0])),
		.limits = job->limits,
		.on_output = job->options.on_event ? on_output : NULL,
		.on_output_ctx = job,
	};
	if (job->spool && !spool_has_room(&job->execution))
		job_note(job, "the commands have printed so much that of the later ones only the "
			      "head and tail are kept");
	else if (job->spool)
		exec->spool = arena_printf(&job->arena, "%s/%zu-%s", job->spool,
					   job->execution.output_count - 1,
					   command_kind_name(command->kind));
	void *operation = job_wait(job, next);
	if (job->options.sandbox->exec(job->sandbox, exec, &job->arena, output, job_resume,
				       operation, err) != 0) {
		job->execution.output_count--; /* it never ran */
		return job_refused(operation);
	}
	return STEP_WAIT;
}
