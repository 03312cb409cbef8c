/* Whether what is asked may be had, its copy, and the bounds of the service. */
#include "engine/service/submission.h"

#include <string.h>

#include "engine/net/client/fetch.h"
#include "engine/service/instance.h"

static const uint64_t DEADLINE_MS = 60 * 60 * 1000;

/* ---- checks ---- */

static bool is_empty(const struct job_input *input)
{
	bool commands = input->commands && input->commands[0];

	return !input->text && input->file_count == 0 && !commands;
}

int submission_check_environment(const struct service *service, const char *name, struct error *err)
{
	const char *const *known = service->environments;
	struct buf names;

	for (; *known; known++) {
		if (strcmp(*known, name) == 0)
			return 0;
	}
	buf_init(&names, sizeof(err->text) / 2);
	for (known = service->environments; *known; known++)
		buf_printf(&names, "%s%s", known == service->environments ? "" : ", ", *known);
	error_set(err, ERROR_NOT_FOUND, "there is no environment \"%.60s\"; these are: %s", name,
		  names.data);
	buf_done(&names);
	return -1;
}

/* What can be known at once is told at once; the rest only the log tells, and nobody waits for that. */
static int check_callback(const struct service *service, const char *url, struct error *err)
{
	if (!service->callbacks)
		return error_set(err, ERROR_DENIED,
				 "this service sends no callbacks: it has no secret to sign them "
				 "(--callback-secret-file)");
	if (fetch_check(url, service->settings.callback_hosts, err) != 0)
		return error_wrap(err, err->code == ERROR_DENIED
					       ? "callback_url without --callback-host"
					       : "callback_url");
	return 0;
}

int submission_check(const struct service *service, const struct submission *submission,
		     struct error *err)
{
	if (!submission->tenant)
		return error_set(err, ERROR_INTERNAL, "a submission needs a tenant");
	if (submission->candidate_count > CANDIDATES_MOST)
		return error_set(err, ERROR_USAGE, "%zu candidates are too many: at most %d",
				 submission->candidate_count, CANDIDATES_MOST);
	if (submission->rerun_failures > RERUNS_MOST)
		return error_set(err, ERROR_USAGE, "failures run again at most %d times, not %u",
				 RERUNS_MOST, submission->rerun_failures);
	if (submission->candidate_count == 0 && is_empty(&submission->input))
		return error_set(err, ERROR_USAGE, "there is neither a text nor a file to run");
	for (size_t i = 0; i < submission->candidate_count; i++) {
		if (is_empty(&submission->candidates[i]))
			return error_set(err, ERROR_USAGE, "candidate %zu is empty", i);
	}
	if (submission->callback_url && check_callback(service, submission->callback_url, err) != 0)
		return -1;
	if (submission->environment)
		return submission_check_environment(service, submission->environment, err);
	return 0;
}

int submission_check_disk(const struct service *service, struct error *err)
{
	if (service->unkept == 0)
		return 0;
	return error_set(err, ERROR_NO_SPACE,
			 "the disk does not take the results of executions: nothing new is "
			 "accepted until it does");
}

int submission_check_quota(struct service *service, const char *tenant, struct error *err)
{
	uint64_t most = service->settings.quota.disk;
	struct store_usage usage;
	char of[SHARES_TEXT];

	if (submission_check_disk(service, err) != 0)
		return -1;
	if (!most)
		return 0;
	if (store_usage(service->store, tenant, &usage, err) != 0)
		return -1;
	if (usage.revision_bytes < most)
		return 0;
	shares_name(service, of);
	return error_set(err, ERROR_DENIED, "%s are used up: remove a sandbox", of);
}

/* ---- bounds ---- */

static uint64_t bounded_deadline(uint64_t asked, uint64_t most)
{
	uint64_t bound = most ? most : DEADLINE_MS;

	return asked && asked < bound ? asked : bound;
}

/* ---- copies ---- */

static void copy_files(struct arena *arena, struct job_input *input)
{
	struct job_file *files = arena_array(arena, input->file_count, sizeof(*files));

	for (size_t i = 0; i < input->file_count; i++) {
		const struct job_file *from = &input->files[i];
		files[i] = (struct job_file){
			.path = arena_string(arena, from->path),
			.language = arena_string(arena, from->language),
			.data = arena_copy(arena, from->data, from->len),
			.len = from->len,
		};
	}
	input->files = files;
}

static void copy_commands(struct arena *arena, struct job_input *input)
{
	size_t count = 0;

	while (input->commands[count])
		count++;
	const char **commands = arena_array(arena, count + 1, sizeof(*commands));
	for (size_t i = 0; i < count; i++)
		commands[i] = arena_string(arena, input->commands[i]);
	input->commands = commands;
}

static void copy_input(struct arena *arena, struct job_input *input)
{
	if (input->text)
		input->text = arena_copy(arena, input->text, input->len);
	if (input->file_count)
		copy_files(arena, input);
	if (input->commands)
		copy_commands(arena, input);
}

void submission_copy(struct arena *arena, const struct service_settings *settings,
		     const struct submission *from, struct submission *to,
		     const struct job_input **inputs, size_t *count)
{
	bool many = from->candidate_count > 0;
	size_t total = many ? from->candidate_count : 1;
	struct job_input *copies = arena_array(arena, total, sizeof(*copies));

	for (size_t i = 0; i < total; i++) {
		copies[i] = many ? from->candidates[i] : from->input;
		copy_input(arena, &copies[i]);
	}
	*to = *from;
	to->input = (struct job_input){.text = NULL}; /* in inputs, as the candidates are */
	to->candidates = NULL;
	to->candidate_count = 0;
	to->tenant = arena_string(arena, from->tenant);
	to->agent = arena_string(arena, from->agent);
	to->sandbox = arena_string(arena, from->sandbox);
	to->environment = arena_string(arena, from->environment);
	to->idempotency_key = arena_string(arena, from->idempotency_key);
	to->request_digest = arena_string(arena, from->request_digest);
	to->callback_url = arena_string(arena, from->callback_url);
	to->deadline_ms = bounded_deadline(from->deadline_ms, settings->max_deadline_ms);
	*inputs = copies;
	*count = total;
}
