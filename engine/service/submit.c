/* The door for executions: what is asked is checked, known by its key, or begun. */
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/service/instance.h"
#include "engine/service/submission.h"
#include "engine/service/trial.h"

/* What one call of service_submit was given. */
struct request {
	struct service *service;
	const struct submission *submission;
	const char *key; /* of service->keys, NULL: none */
	const struct listener *listener; /* NULL: nobody */
	struct ticket *ticket;
};

static void write_ticket(const struct request *request, const char *id)
{
	snprintf(request->ticket->id, sizeof(request->ticket->id), "%s", id);
}

/* ---- asked before ---- */

static void outcome_of_row(struct service *service, const struct execution_row *row,
			   struct outcome *out)
{
	*out = (struct outcome){
		.id = row->id,
		.sandbox = row->sandbox,
		.verdict = row->verdict,
		.report = row->report ? row->report : "",
		.len = row->report ? strlen(row->report) : 0,
		.accepted_ms = row->accepted_ms,
		.started_ms = row->started_ms,
		.finished_ms = row->finished_ms,
		.events = event_logs_find(&service->events, row->id),
	};
}

/* A final one: by its tenant, from the disk. */
static int load_outcome(struct service *service, struct arena *arena, const char *tenant,
			const char *id, struct outcome *out, struct error *err)
{
	const struct execution_row *row = NULL;

	if (store_execution(service->store, arena, tenant, id, &row, err) != 0)
		return -1;
	if (!row || row->state != EXECUTION_FINAL)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no execution \"%.60s\" (old ones are forgotten)", id);
	outcome_of_row(service, row, out);
	return 0;
}

static void join_trial(const struct request *request, struct trial *trial)
{
	struct outcome outcome;

	write_ticket(request, trial->row.id);
	if (!request->listener)
		return;
	if (!trial->told) {
		listeners_add(trial, request->listener, true, &request->ticket->subscription);
		return;
	}
	trial_outcome(trial, &outcome);
	outcome.replayed = true;
	listeners_replay(request->service, &outcome, request->listener,
			 &request->ticket->subscription);
}

static int join_stored(const struct request *request, struct arena *arena, const char *id,
		       struct error *err)
{
	const char *tenant = request->submission->tenant;
	struct outcome outcome;

	if (load_outcome(request->service, arena, tenant, id, &outcome, err) != 0)
		return -1;
	write_ticket(request, id);
	outcome.replayed = true;
	if (request->listener)
		listeners_replay(request->service, &outcome, request->listener,
				 &request->ticket->subscription);
	return 0;
}

static int check_digest(const char *known, const char *asked, struct error *err)
{
	if (strcmp(known ? known : "", asked ? asked : "") == 0)
		return 0;
	return error_set(err, ERROR_CONFLICT,
			 "this Idempotency-Key was used for another request: take a new one");
}

/* When there was such a request, its ticket is written and all that it needs is done. */
static int join_earlier(const struct request *request, struct arena *scratch, struct error *err)
{
	struct service *service = request->service;
	const struct submission *submission = request->submission;
	const struct idempotency_row *row = NULL;
	struct trial *trial = table_find(&service->keys, request->key);
	const char *digest = trial ? trial->asked.request_digest : NULL;

	if (!trial) {
		if (store_idempotency(service->store, scratch, submission->tenant,
				      submission->idempotency_key, &row, err) != 0)
			return -1;
		if (!row)
			return 0;
		digest = row->request;
		trial = trial_find(service, submission->tenant, row->execution);
	}
	if (check_digest(digest, submission->request_digest, err) != 0)
		return -1;
	if (!trial)
		return join_stored(request, scratch, row->execution, err);
	join_trial(request, trial);
	return 0;
}

/* ---- asked for the first time ---- */

static void store_acceptance(struct trial *trial)
{
	const struct submission *asked = &trial->asked;
	struct idempotency_row key = {
		.tenant = trial->row.tenant,
		.key = asked->idempotency_key,
		.request = asked->request_digest ? asked->request_digest : "",
		.execution = trial->row.id,
		.created_ms = trial->row.accepted_ms,
	};

	store_accept(trial->service->store, &trial->row, key.key ? &key : NULL, trial_accepted,
		     trial);
}

/* The sandbox's environment unless another is asked for. */
static void fill(struct trial *trial, const struct request *request, struct sandbox_entry *sandbox)
{
	struct submission *asked = &trial->asked;

	submission_copy(&trial->arena, &request->service->settings, request->submission, asked,
			&trial->inputs, &trial->input_count);
	if (!asked->environment && sandbox)
		asked->environment = arena_string(&trial->arena, sandbox->row.environment);
	trial->sandbox = sandbox;
	if (sandbox)
		sandboxes_use(sandbox);
	if (request->key) {
		trial->key = arena_string(&trial->arena, request->key);
		table_add(&trial->service->keys, &trial->by_key, trial->key, trial);
	}
}

static int begin(const struct request *request, struct error *err)
{
	struct service *service = request->service;
	const struct submission *submission = request->submission;
	struct sandbox_entry *sandbox = NULL;
	char made[IDENTIFIER_TEXT];

	if (submission_check_disk(service, err) != 0)
		return -1;
	if (submission->sandbox) {
		sandbox = sandboxes_find(service, submission->tenant, submission->sandbox, err);
		if (!sandbox || sandboxes_check_sound(sandbox, err) != 0 ||
		    submission_check_quota(service, submission->tenant, err) != 0)
			return -1;
	}
	identifier_make(made, "");
	const struct execution_row row = {
		.id = made,
		.tenant = submission->tenant,
		.sandbox = submission->sandbox,
		.agent = submission->agent,
		.state = EXECUTION_ACCEPTED,
		.callback_url = submission->callback_url,
		.accepted_ms = clock_unix_ms(),
		.environment = submission->environment,
	};
	struct trial *trial = trial_new(service, &row);
	fill(trial, request, sandbox);
	if (trial_enter(trial, err) != 0) {
		trial_drop(trial);
		return -1;
	}
	write_ticket(request, made);
	if (request->listener)
		listeners_add(trial, request->listener, false, &request->ticket->subscription);
	store_acceptance(trial);
	return 0;
}

int service_submit(struct service *service, const struct submission *submission,
		   const struct listener *listener, struct ticket *out, struct error *err)
{
	struct request request = {
		.service = service,
		.submission = submission,
		.listener = listener,
		.ticket = out,
	};
	struct arena scratch;
	int rc = 0;

	*out = (struct ticket){.subscription = NULL};
	if (service->draining)
		return error_set(err, ERROR_UNAVAILABLE, "the service is shutting down");
	if (submission_check(service, submission, err) != 0)
		return -1;
	arena_init(&scratch);
	if (submission->idempotency_key) {
		request.key = arena_printf(&scratch, "%zu:%s%s", strlen(submission->tenant),
					   submission->tenant, submission->idempotency_key);
		rc = join_earlier(&request, &scratch, err);
	}
	if (rc == 0 && !*out->id)
		rc = begin(&request, err);
	arena_done(&scratch);
	return rc;
}

/* ---- of one that is known by its id ---- */

int service_listen(struct service *service, const char *tenant, const char *id,
		   const struct listener *listener, struct subscription **subscription,
		   struct error *err)
{
	struct trial *trial = trial_find(service, tenant, id);
	struct outcome outcome;
	struct arena scratch;

	if (trial && !trial->told) {
		listeners_add(trial, listener, false, subscription);
		return 0;
	}
	arena_init(&scratch);
	int rc = 0;
	if (trial)
		trial_outcome(trial, &outcome);
	else
		rc = load_outcome(service, &scratch, tenant, id, &outcome, err);
	if (rc == 0)
		listeners_replay(service, &outcome, listener, subscription);
	arena_done(&scratch);
	return rc;
}

int service_phase(struct service *service, const char *tenant, const char *id,
		  enum execution_phase *out, struct error *err)
{
	struct trial *trial = trial_find(service, tenant, id);
	struct outcome outcome;
	struct arena scratch;

	*out = EXECUTION_OVER;
	if (trial) {
		if (!trial->told)
			*out = trial->running ? EXECUTION_RUNNING : EXECUTION_WAITING;
		return 0;
	}
	arena_init(&scratch);
	int rc = load_outcome(service, &scratch, tenant, id, &outcome, err);
	arena_done(&scratch);
	return rc;
}

int service_cancel(struct service *service, const char *tenant, const char *id, struct error *err)
{
	struct trial *trial = trial_find(service, tenant, id);
	enum execution_phase phase;

	if (trial) {
		trial_cancel(trial, "cancelled before it ran");
		return 0;
	}
	return service_phase(service, tenant, id, &phase, err);
}
