/* The tool operations of agents: one route for each tool, run on a thread over the sandbox's files. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/api/command_result.h"
#include "engine/api/execution.h"
#include "engine/api/instance.h"
#include "engine/api/request.h"
#include "engine/base/container.h"
#include "engine/base/memory.h"
#include "engine/tools/tools.h"

enum { ANSWER_BYTES = 16 << 20 };

/* Freed when the call is answered, or when there is nobody left to answer. */
struct operation {
	struct queue_entry turn;
	uv_work_t work;
	struct call *call;
	const struct tool *tool;
	struct tool_call tool_call;
	struct arena arena;
	struct json_writer w;
	struct buf out;
	struct error err;
};

static void release(struct operation *operation)
{
	if (operation->tool_call.workspace >= 0)
		close(operation->tool_call.workspace);
	buf_done(&operation->out);
	arena_done(&operation->arena);
	free(operation);
}

static void fail(struct operation *operation, const struct error *err)
{
	call_fail(operation->call, err);
	release(operation);
}

static void finish(struct operation *operation)
{
	json_object_end(&operation->w);
	if (operation->out.truncated) {
		error_set(&operation->err, ERROR_TOO_LARGE, "the answer is over %d bytes",
			  ANSWER_BYTES);
		fail(operation, &operation->err);
		return;
	}
	call_text(operation->call, 200, "application/json", operation->out.data,
		  operation->out.len);
	release(operation);
}

static void on_thread(uv_work_t *work)
{
	struct operation *operation = work->data;

	operation->tool->run(&operation->tool_call, &operation->err);
}

/*
 * Arguments that fit the schema are well-formed: where a tool does not want them (a path that is a folder,
 * a text that is not there, a pattern that is none), they do not go with what is there.
 */
static const struct error *refusal(struct error *err)
{
	if (err->code == ERROR_INPUT || err->code == ERROR_USAGE || err->code == ERROR_TOO_LARGE)
		err->code = ERROR_CONFLICT;
	return err;
}

static void on_written(void *ctx, const struct error *err)
{
	struct operation *operation = ctx;

	if (!err) {
		finish(operation);
		return;
	}
	operation->err = *err;
	fail(operation, refusal(&operation->err));
}

static void on_ran(uv_work_t *work, int status)
{
	struct operation *operation = work->data;
	struct tool_call *tool_call = &operation->tool_call;
	struct call *call = operation->call;

	(void)status;
	queue_leave(&operation->turn);
	if (error_is_set(&operation->err))
		fail(operation, refusal(&operation->err));
	else if (!tool_call->file_count)
		finish(operation);
	else if (service_write(call->service, call->tenant, call->path[0], tool_call->files,
			       tool_call->file_count, on_written, operation, &operation->err) != 0)
		fail(operation, &operation->err);
}

/* The route's own schema says "an object"; which one, the tool says. */
static int check_arguments(struct call *call, const struct tool *tool)
{
	struct schema_place place = {""};
	struct error err = {0};
	struct json *schema = json_parse(tool->schema, strlen(tool->schema), tool->name, &err);
	int rc = schema ? schema_check(call->api->schemas, schema, call->body, "the body", &place,
				       &err)
			: -1;

	json_free(schema);
	if (rc != 0)
		call_refuse(call, 400, "invalid", place.field, "%s", err.text);
	return rc;
}

/* Threads are few, and the store needs one: see api_new. */
static void on_turn(struct queue_entry *turn)
{
	struct operation *operation = CONTAINER(turn, struct operation, turn);
	struct call *call = operation->call;
	struct error err = {0};

	if (call->gone)
		error_set(&err, ERROR_CANCELLED, "the client left before the tool's turn");
	else if (service_workspace(call->service, call->tenant, call->path[0],
				   &operation->tool_call.workspace, &err) == 0) {
		uv_queue_work(call->api->loop, &operation->work, on_thread, on_ran);
		return;
	}
	queue_leave(turn);
	fail(operation, &err);
}

static struct operation *operation_new(struct call *call, const struct tool *tool)
{
	struct operation *operation = memory_zeroed(sizeof(*operation));

	operation->turn = (struct queue_entry){.owner = call->tenant, .start = on_turn};
	operation->call = call;
	operation->tool = tool;
	operation->work.data = operation;
	arena_init(&operation->arena);
	buf_init(&operation->out, ANSWER_BYTES);
	json_writer_init(&operation->w, &operation->out, false);
	json_object_begin(&operation->w, NULL);
	operation->tool_call = (struct tool_call){.arena = &operation->arena,
						  .workspace = -1,
						  .arguments = call->body,
						  .answer = &operation->w};
	return operation;
}

static void run_tool(struct call *call)
{
	const struct tool *tool = tool_find(call->path[1]);
	struct error err = {0};

	if (!tool) {
		call_refuse(call, 404, "not_found", NULL, "there is no tool %.64s; see /tools",
			    call->path[1]);
		return;
	}
	if (check_arguments(call, tool) != 0)
		return;
	struct operation *operation = operation_new(call, tool);
	if (queue_enter(call->api->tools, &operation->turn, &err) != 0)
		fail(operation, &err);
}

/* ---- executeCommand ---- */

static void answer_command(struct call *call, const struct outcome *outcome, struct buf *out)
{
	struct error err = {0};
	struct json *report = json_parse(outcome->report, outcome->len, "report", &err);
	struct json_writer w;

	(void)call;
	json_writer_init(&w, out, false);
	json_object_begin(&w, NULL);
	json_put_string(&w, "execution_id", outcome->id);
	command_result_write(&w, report);
	json_object_end(&w);
	json_free(report);
}

/* A command that fails is an answer like another: what it did stays. */
static void run_command(struct call *call)
{
	const char *commands[] = {call_string(call, "command", ""), NULL};
	struct submission submission = {
		.tenant = call->tenant,
		.sandbox = call->path[0],
		.input = {.commands = commands},
		.on_failure = ON_FAILURE_KEEP,
		.no_install = true,
	};

	if (call_number(call, "timeout", 0) > 0)
		request_timeout(call_number(call, "timeout", 0), &submission);
	request_key(call, &submission);
	execution_run(call, &submission, answer_command);
}

/* ---- which there are ---- */

static void run_list(struct call *call)
{
	struct error err = {0};
	struct json_writer *w = call_object(call);

	json_array_begin(w, "tools");
	REGISTRY_EACH (tools, struct tool, it) {
		struct json *schema = json_parse((*it)->schema, strlen((*it)->schema), (*it)->name,
						 &err);
		json_object_begin(w, NULL);
		json_put_string(w, "name", (*it)->name);
		json_put_string(w, "summary", (*it)->summary);
		json_put_value(w, "schema", schema);
		json_object_end(w);
		json_free(schema);
	}
	json_object_begin(w, NULL);
	json_put_string(w, "name", "executeCommand");
	json_put_string(w, "summary", "Runs a shell line in the sandbox");
	json_put_value(w, "schema", schemas_get(call->api->schemas, "execute_command"));
	json_object_end(w);
	json_array_end(w);
	call_object_end(call, 200);
}

static const struct route table[] = {
	{
		.method = "POST",
		.path = "/sandbox/{id}/tools/{tool}",
		.summary = "Does one thing with the sandbox's files",
		.body = "tool_arguments",
		.each_tool = true,
		.run = run_tool,
		.answers = {{200, "What the tool found or did", "tool_answer", NULL},
			    {409, "It cannot be done with these arguments, or these files", "error",
			     NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "POST",
		.path = "/sandbox/{id}/tools/executeCommand",
		.summary = "Runs a shell line in the sandbox",
		.body = "execute_command",
		.run = run_command,
		.query = {REQUEST_KEY_PARAMETER, REQUEST_PREFER_PARAMETER,
			  REQUEST_LAST_EVENT_PARAMETER},
		.answers = {{200, "How it ended, or events and then that", "command_result", NULL},
			    {200, NULL, "event", "text/event-stream"},
			    {202, "Accepted: the report will be at the url", "accepted", NULL},
			    {403, "The tenant's share is used up", "error", NULL},
			    {409, "The Idempotency-Key belongs to another request", "error", NULL},
			    {503, "The host lacks what it needs", "error", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "GET",
		.path = "/tools",
		.summary = "Lists the tools, with the schemas of their arguments",
		.run = run_list,
		.answers = {{200, "All of them", "tools", NULL}},
	},
	{.method = NULL},
};

static const struct routes tool_routes = {.tag = "tools", .table = table};

REGISTER(route_tables, struct routes, tool_routes);
