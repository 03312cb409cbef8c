/*
 * install: dependencies as a layer of their own. A kept layer is stacked and nothing is fetched;
 * otherwise the install commands run with the egress proxy as the only way out.
 */
#include <string.h>

#include "engine/pipeline/stage.h"

static const struct dependencies *dependencies(const struct job *job)
{
	return &job->plan.dependencies;
}

static const char **join(struct arena *arena, const char **list, const char *const *more)
{
	size_t have = 0, add = 0;

	while (list && list[have])
		have++;
	while (more && more[add])
		add++;
	const char **joined = arena_array(arena, have + add + 1, sizeof(*joined));
	if (have)
		memcpy(joined, list, have * sizeof(*joined));
	if (add)
		memcpy(joined + have, more, add * sizeof(*joined));
	return joined;
}

/* Opens the way to the plan's registries, as the host's own clients are configured to reach them. */
static int open_egress(struct job *job, struct error *err)
{
	const char **hosts = join(&job->arena, NULL, job->environment.hosts);
	int fd;

	job->registry_env = NULL;
	for (const char *const *kind = dependencies(job)->registries; kind && *kind; kind++) {
		struct registry registry = {0};
		if (registry_load(&job->arena, &job->environment, *kind, &registry, err) != 0)
			return -1;
		hosts = join(&job->arena, hosts, registry.hosts);
		job->registry_env = join(&job->arena, job->registry_env, registry.env);
	}
	if (!job->options.egress)
		return 0;
	job->execution.isolation.network = "install-only";
	if (job->options.sandbox->egress(job->sandbox, &fd, err) != 0)
		return -1;
	return job->options.egress->start(job->options.egress_ctx, job->loop, fd, hosts,
					  &job->egress, err);
}

/* The egress is gone; only now is the layer sealed or dropped, for nothing writes to it any more. */
static enum step egress_closed(struct job *job, struct error *err)
{
	bool good = !job->install_failed;

	job->egress = NULL;
	if (!dependencies(job)->in_place &&
	    job->options.sandbox->layer_end(job->sandbox, good, err) != 0)
		return STEP_FAIL;
	return good ? STEP_DONE : STEP_FAIL;
}

static enum step close_egress(struct job *job, struct error *err)
{
	if (!job->egress)
		return egress_closed(job, err);
	const char *refusal = job->options.egress->refusal(job->egress);
	if (refusal && job->install_failed) /* the handle and its text are about to go */
		job->execution.refused = arena_string(&job->arena, refusal);
	job->options.egress->stop(job->egress, job_resumed, job_wait(job, egress_closed));
	return STEP_WAIT;
}

static enum step installed(struct job *job, struct error *err)
{
	const struct output *output = &job->execution.outputs[job->execution.output_count - 1];

	if (output->ended_by != ENDED_EXIT || output->exit_code != 0) {
		struct ruling ruling = judge_command(&job->arena, output);
		job_rule(job, STAGE_INSTALL, &ruling);
		job->install_failed = true;
		return close_egress(job, err);
	}
	if (++job->command == dependencies(job)->command_count)
		return close_egress(job, err);
	return job_exec(job, &dependencies(job)->commands[job->command], job->registry_env,
			installed, err);
}

static enum step start_install(struct job *job, struct error *err)
{
	const struct dependencies *wanted = dependencies(job);

	if (!wanted->in_place &&
	    job->options.sandbox->layer_begin(job->sandbox, wanted->key, wanted->files,
					      wanted->file_count, err) != 0)
		return STEP_FAIL;
	if (wanted->in_place)
		job_note(job, "installed in place, so the next run installs again: %s",
			 wanted->why_in_place);
	job->command = 0;
	job->detail = wanted->commands[0].shown;
	return job_exec(job, &wanted->commands[0], job->registry_env, installed, err);
}

enum step stage_install(struct job *job, struct error *err)
{
	const struct dependencies *wanted = dependencies(job);
	bool found = false;

	if (!wanted->command_count || job->options.no_install) {
		job->skipped = true;
		return STEP_DONE;
	}
	if (!wanted->in_place &&
	    job->options.sandbox->layer_use(job->sandbox, wanted->key, &found, err) != 0)
		return STEP_FAIL;
	if (found) {
		job->detail = "kept from an earlier run";
		job->skipped = true;
		return STEP_DONE;
	}
	if (open_egress(job, err) != 0)
		return STEP_FAIL;
	return start_install(job, err);
}
