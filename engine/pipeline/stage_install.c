/*
 * install: dependencies as a layer of their own. A kept layer is stacked and nothing is fetched;
 * otherwise the install commands run with the egress proxy as the only way out.
 *
 * Where an install is cut short (a cancel, a deadline, an exec that is refused), `close` shuts the way out,
 * and the layer that was begun goes with the sandbox.
 */
#include <string.h>

#include "engine/base/quantity.h"
#include "engine/pipeline/stage.h"

static const struct dependencies *dependencies(const struct job *job)
{
	return &job->plan.dependencies;
}

bool job_wants_install(const struct job *job)
{
	return job->plan.dependencies.command_count && !job->options.no_install;
}

/* Opens the way to what the plan's registries need. */
static int open_egress(struct job *job, struct error *err)
{
	int fd;

	if (!job->options.egress)
		return 0;
	job->execution.isolation.network = "install-only";
	if (job->options.sandbox->egress(job->sandbox, &fd, err) != 0)
		return -1;
	return job->options.egress->start(job->options.egress_ctx, job->loop, fd,
					  job->reachable.hosts, &job->egress, err);
}

static enum step layer_ended(struct job *job, struct error *err)
{
	(void)err;
	return job->install_failed ? STEP_FAIL : STEP_DONE;
}

/* The egress is gone; only now is the layer sealed or dropped, for nothing writes to it any more. */
static enum step egress_closed(struct job *job, struct error *err)
{
	if (dependencies(job)->in_place)
		return layer_ended(job, err);
	void *operation = job_wait(job, layer_ended);
	if (job->options.sandbox->layer_end(job->sandbox, !job->install_failed, job_resume,
					    operation, err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}

static enum step close_egress(struct job *job, struct error *err)
{
	void *egress = job->egress;

	if (!egress)
		return egress_closed(job, err);
	const char *refusal = job->options.egress->refusal(egress);
	if (refusal && job->install_failed) /* the handle and its text are about to go */
		job->execution.refused = arena_string(&job->arena, refusal);
	job->egress = NULL; /* a cancel from here on must not stop it twice */
	job->options.egress->stop(egress, job_resumed, job_wait(job, egress_closed));
	return STEP_WAIT;
}

/* What lies in memory (/tmp, the caches) has the same limit, and there the kernel refuses the write. */
static bool found_no_space(const struct stream *stream)
{
	static const char *const words[] = {"ENOSPC", "No space left on device",
					    "no space left on device"};
	bool found = false;

	for (size_t i = 0; stream->text && i < sizeof(words) / sizeof(words[0]); i++)
		found = found || memmem(stream->text, stream->len, words[i], strlen(words[i]));
	return found;
}

static void rule_failure(struct job *job, const struct output *output)
{
	struct ruling ruling = judge_command(&job->arena, output);
	char limit[QUANTITY_TEXT];

	if (output->ended_by == ENDED_EXIT && job->limits.disk &&
	    (found_no_space(&output->out) || found_no_space(&output->err)))
		ruling.reason = arena_printf(&job->arena,
					     "%s: no space was left; the disk limit is %s",
					     ruling.reason, quantity_text(job->limits.disk, limit));
	job_rule(job, STAGE_INSTALL, &ruling);
}

static enum step installed(struct job *job, struct error *err)
{
	const struct output *output = &job->execution.outputs[job->execution.output_count - 1];

	if (output->ended_by != ENDED_EXIT || output->exit_code != 0) {
		rule_failure(job, output);
		job->install_failed = true;
		return close_egress(job, err);
	}
	if (++job->command == dependencies(job)->command_count)
		return close_egress(job, err);
	return job_exec(job, &dependencies(job)->commands[job->command], job->reachable.env,
			installed, err);
}

static enum step start_install(struct job *job, struct error *err)
{
	const struct dependencies *wanted = dependencies(job);

	if (open_egress(job, err) != 0)
		return STEP_FAIL;
	if (!wanted->in_place &&
	    job->options.sandbox->layer_begin(job->sandbox, wanted->key, wanted->files,
					      wanted->file_count, err) != 0)
		return STEP_FAIL;
	if (wanted->in_place)
		job_note(job, "installed in place, so the next run installs again: %s",
			 wanted->why_in_place);
	job->command = 0;
	job->detail = wanted->commands[0].shown;
	return job_exec(job, &wanted->commands[0], job->reachable.env, installed, err);
}

enum step job_ask_clients(struct job *job, struct error *err)
{
	return reachable_load(&job->reachable, &job->arena, &job->environment,
			      dependencies(job)->registries, err) == 0
		       ? STEP_DONE
		       : STEP_FAIL;
}

enum step stage_install(struct job *job, struct error *err)
{
	const struct dependencies *wanted = dependencies(job);
	bool found = false;

	if (!job_wants_install(job)) {
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
	if (!job->reachable
		     .asked) /* the layer that `open` saw is gone: another process made room */
		return job_work(job, job_ask_clients, start_install);
	return start_install(job, err);
}
