/* Sandboxes that last: made, used, looked at, forked, rolled back and removed. */
#include "engine/api/execution.h"
#include "engine/api/page.h"
#include "engine/api/request.h"
#include "engine/api/row_json.h"
#include "engine/api/snapshots.h"

#define LABEL "sandbox_id"

static const double SECOND_MS = 1000;

static void answer_row(struct call *call, unsigned status, const struct sandbox_row *row, bool busy)
{
	struct json_writer *w = call_object(call);

	json_put_string(w, LABEL, row->id);
	row_json_sandbox(call, w, row, busy);
	call_object_end(call, status);
}

static void on_made(void *ctx, const struct sandbox_row *row, const struct error *err)
{
	struct call *call = ctx;

	if (err) {
		call_fail(call, err);
		return;
	}
	call_header(call, "Location", arena_printf(&call->arena, "/sandbox/%s/status", row->id));
	answer_row(call, 201, row, false);
}

static void run_create(struct call *call)
{
	const struct sandbox_request request = {
		.tenant = call->tenant,
		.agent = call_string(call, "agent_id", NULL),
		.environment = call_string(call, "environment", NULL),
		.ttl_ms = (uint64_t)(call_number(call, "timeout", 0) * SECOND_MS),
	};
	struct error err = {0};

	if (service_sandbox_create(call->service, &request, on_made, call, &err) != 0)
		call_fail(call, &err);
}

static void run_execute(struct call *call)
{
	struct submission submission;

	request_read(call, &submission);
	submission.sandbox = call->path[0];
	execution_run(call, &submission, execution_report);
}

static void run_status(struct call *call)
{
	struct error err = {0};
	const struct sandbox_row *row = service_sandbox(call->service, call->tenant, call->path[0],
							&err);

	if (row)
		answer_row(call, 200, row, service_sandbox_busy(call->service, row->id));
	else
		call_fail(call, &err);
}

static void on_removed(void *ctx, const struct error *err)
{
	struct call *call = ctx;

	if (err) {
		call_fail(call, err);
		return;
	}
	struct json_writer *w = call_object(call);
	json_put_string(w, LABEL, call->path[0]);
	json_put_string(w, "status", "removed");
	call_object_end(call, 200);
}

static void run_remove(struct call *call)
{
	struct error err = {0};

	if (service_sandbox_remove(call->service, call->tenant, call->path[0], on_removed, call,
				   &err) != 0)
		call_fail(call, &err);
}

static void run_list(struct call *call)
{
	call_object(call);
	row_json_sandboxes(call, "sandboxes", LABEL, NULL);
}

static void run_snapshot(struct call *call)
{
	snapshots_take(call, LABEL);
}

static void run_snapshots(struct call *call)
{
	snapshots_list(call, LABEL);
}

static void run_rollback(struct call *call)
{
	snapshots_rollback(call, LABEL, call_string(call, "snapshot", NULL));
}

static void run_fork(struct call *call)
{
	struct error err = {0};

	if (service_sandbox_fork(call->service, call->tenant, call->path[0],
				 call_string(call, "snapshot", NULL), on_made, call, &err) != 0)
		call_fail(call, &err);
}

static const struct route table[] = {
	{
		.method = "POST",
		.path = "/sandbox/create",
		.summary = "Makes a sandbox that lasts until its time is up",
		.body = "sandbox_create",
		.run = run_create,
		.answers = {{201, "It is there", "sandbox", NULL},
			    {403, "The tenant has as many as it may", "error", NULL},
			    {404, "There is no such environment", "error", NULL},
			    {503, "The host lacks what the environment needs", "error", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "POST",
		.path = "/sandbox/{id}/execute",
		.summary = "Runs a reply, or files and commands, in a sandbox",
		.body = "sandbox_execute",
		.text = true,
		.run = run_execute,
		.query = {REQUEST_KEY_PARAMETER, REQUEST_PREFER_PARAMETER,
			  REQUEST_LAST_EVENT_PARAMETER},
		.answers = {{200, "The report, or events and then the report", "report", NULL},
			    {200, NULL, "event", "text/event-stream"},
			    {202, "Accepted: the report will be at the url", "accepted", NULL},
			    {403, "The tenant's share is used up, or callbacks are off", "error",
			     NULL},
			    {409, "The Idempotency-Key belongs to another request", "error", NULL},
			    {503, "The host lacks what the environment needs", "error", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "GET",
		.path = "/sandbox/{id}/status",
		.summary = "Says how a sandbox stands",
		.run = run_status,
		.answers = {{200, "How it stands", "sandbox", NULL}},
	},
	{
		.method = "DELETE",
		.path = "/sandbox/{id}",
		.summary = "Removes a sandbox; what runs in it is cancelled first",
		.run = run_remove,
		.answers = {{200, "It is gone; its executions stay in the history", "removed",
			     NULL}},
	},
	{
		.method = "GET",
		.path = "/sandboxes",
		.summary = "Lists the tenant's sandboxes, oldest first",
		.run = run_list,
		.query = {PAGE_PARAMETERS},
		.answers = {{200, "All of them, or one page", "sandboxes", NULL},
			    {404, "There is no sandbox `after`", "error", NULL}},
	},
	{
		.method = "POST",
		.path = "/sandbox/{id}/snapshots",
		.summary = "Gives the workspace as it is a name to come back to",
		.body = "snapshot_create",
		.run = run_snapshot,
		.answers = {{201, "It is there", "snapshot", NULL},
			    {409, "The name is taken", "error", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "GET",
		.path = "/sandbox/{id}/snapshots",
		.summary = "Lists the snapshots of a sandbox, oldest first",
		.run = run_snapshots,
		.query = {PAGE_PARAMETERS},
		.answers = {{200, "All of them, or one page", "snapshots", NULL}},
	},
	{
		.method = "DELETE",
		.path = "/sandbox/{id}/snapshots/{snapshot}",
		.summary = "Removes a snapshot, by id or name; the workspace stays as it is",
		.run = snapshots_remove,
		.answers = {{204, "It is gone", NULL, NULL}},
	},
	{
		.method = "POST",
		.path = "/sandbox/{id}/rollback",
		.summary = "Puts the workspace back to a snapshot, or to the last success",
		.body = "rollback",
		.run = run_rollback,
		.answers = {{200, "What was reverted", "rolled_back", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "POST",
		.path = "/sandbox/{id}/fork",
		.summary =
			"Makes another sandbox that starts where this one is, or from a snapshot",
		.body = "fork",
		.run = run_fork,
		.answers = {{201, "It is there", "sandbox", NULL},
			    {403, "The tenant has as many as it may", "error", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{.method = NULL},
};

static const struct routes sandbox = {.tag = "sandboxes", .table = table};

REGISTER(route_tables, struct routes, sandbox);
