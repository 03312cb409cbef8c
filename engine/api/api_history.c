/* Executions that were accepted: how they stand, what came of them, what they printed. */
#include <string.h>

#include "engine/api/execution.h"
#include "engine/api/logs.h"
#include "engine/api/request.h"
#include "engine/api/row_json.h"

/* NULL: refused. */
static const struct execution_row *find(struct call *call)
{
	const struct execution_row *row = NULL;
	struct error err = {0};

	if (store_execution(service_store(call->service), &call->arena, call->tenant, call->path[0],
			    &row, &err) == 0 &&
	    !row)
		error_set(&err, ERROR_NOT_FOUND, "there is no execution %.64s", call->path[0]);
	if (row)
		call->execution = row->id;
	else
		call_fail(call, &err);
	return row;
}

static void answer_state(struct call *call, unsigned status, const struct execution_row *row)
{
	struct json_writer *w = call_object(call);

	row_json_execution(call, w, row);
	if (row->report)
		json_put_text(w, "report", row->report, strlen(row->report));
	else
		json_put_null(w, "report");
	call_object_end(call, status);
}

static void run_one(struct call *call)
{
	const struct execution_row *row = find(call);

	if (row)
		answer_state(call, 200, row);
}

static void run_report(struct call *call)
{
	const struct execution_row *row = find(call);
	struct buf out;

	if (!row)
		return;
	if (!row->report) {
		call_refuse(call, 409, "conflict", NULL, "this execution is not over yet");
		return;
	}
	buf_init(&out, 0);
	buf_puts(&out, row->report);
	call_json(call, 200, &out);
}

static void run_events(struct call *call)
{
	execution_follow(call, call->path[0]);
}

static void run_cancel(struct call *call)
{
	const struct execution_row *row = find(call);
	struct error err = {0};

	if (!row)
		return;
	if (service_cancel(call->service, call->tenant, row->id, &err) != 0)
		call_fail(call, &err);
	else
		answer_state(call, 202, row);
}

static void run_logs(struct call *call)
{
	const struct execution_row *row = find(call);

	if (!row)
		return;
	if (row->report)
		logs_answer(call, row);
	else
		call_refuse(call, 409, "conflict", NULL, "this execution is not over yet");
}

static void run_list(struct call *call)
{
	struct history_query query = {
		.sandbox = json_string(json_get(call->query, "sandbox_id"), NULL),
		.agent = json_string(json_get(call->query, "agent_id"), NULL),
		.verdict = json_string(json_get(call->query, "verdict"), NULL),
	};

	row_json_history(call, &query);
}

#define NAME ROUTE_TEXT

static const struct route table[] = {
	{
		.method = "GET",
		.path = "/executions",
		.summary = "Lists executions, newest first",
		.run = run_list,
		.query = {{"sandbox_id", NAME, "Only those of this sandbox", false},
			  {"agent_id", NAME, "Only those of this agent", false},
			  {"verdict", "{\"$ref\":\"#/components/schemas/verdict\"}",
			   "Only those with this verdict", false},
			  ROW_JSON_BEFORE_PARAMETER,
			  ROW_JSON_LIMIT_PARAMETER},
		.answers = {{200, "One page of them", "executions", NULL},
			    {404, "There is no execution `before`", "error", NULL}},
	},
	{
		.method = "GET",
		.path = "/executions/{id}",
		.summary = "Says how an execution stands, with its report once it is final",
		.run = run_one,
		.answers = {{200, "How it stands", "execution", NULL}},
	},
	{
		.method = "POST",
		.path = "/executions/{id}/cancel",
		.summary = "Ends an execution early; one that is over stays as it is",
		.run = run_cancel,
		.answers = {{202, "It ends, or has ended: how it stood", "execution", NULL}},
	},
	{
		.method = "GET",
		.path = "/executions/{id}/report",
		.summary = "The report as it was answered",
		.run = run_report,
		.answers = {{200, "The report", "report", NULL},
			    {409, "It is not over yet", "error", NULL}},
	},
	{
		.method = "GET",
		.path = "/executions/{id}/events",
		.summary =
			"Events from the first that is still kept, as they come, and then the report",
		.run = run_events,
		.query = {{"after",
			   "{\"type\":\"integer\",\"minimum\":0,\"maximum\":999999999999999}",
			   "Only those after this seq", false},
			  REQUEST_LAST_EVENT_PARAMETER},
		.answers = {{200, "Server-sent events", "event", "text/event-stream"},
			    {204, "The client has had all of it: Last-Event-ID is the report's",
			     NULL, NULL}},
	},
	{
		.method = "GET",
		.path = "/executions/{id}/logs",
		.summary = "What its commands printed, whole",
		.run = run_logs,
		.query =
			{{"command", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":10000}",
			  "Only this one: its place in the report's `commands`", false},
			 {"stream", "{\"enum\":[\"stdout\",\"stderr\"]}", "Only this one", false},
			 {"offset",
			  "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000000000000}",
			  "From this byte of each stream: `next` of the page before", false},
			 {"limit",
			  "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1048576,\"default\":65536}",
			  "Bytes of each stream", false}},
		.answers = {{200, "Pieces of the streams", "logs", NULL},
			    {409, "It is not over yet", "error", NULL}},
	},
	{.method = NULL},
};

static const struct routes history = {.tag = "executions", .table = table};

REGISTER(route_tables, struct routes, history);
