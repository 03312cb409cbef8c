/* The agents' dialect: each agent has sandboxes of its own, called VMs, and speaks of code and snapshots. */
#include <string.h>

#include "engine/api/command_result.h"
#include "engine/api/execution.h"
#include "engine/api/extract.h"
#include "engine/api/page.h"
#include "engine/api/request.h"
#include "engine/api/row_json.h"
#include "engine/api/snapshots.h"
#include "parsers/block_language.h"
#include "runners/language.h"

#define LABEL "vm_id"

/* ---- executions ---- */

static void put_answer(struct json_writer *w, const char *key, const struct outcome *outcome,
		       const struct json *report)
{
	json_object_begin(w, key);
	json_put_string(w, "execution_id", outcome->id);
	json_put_string(w, LABEL, outcome->sandbox);
	command_result_write(w, report);
	row_json_time(w, "started_at", outcome->started_ms);
	row_json_time(w, "completed_at", outcome->finished_ms);
	json_put_string(w, "feedback", json_string(json_get(report, "feedback"), NULL));
	json_object_end(w);
}

static void answer_execute(struct call *call, const struct outcome *outcome, struct buf *out)
{
	struct error err = {0};
	struct json *report = json_parse(outcome->report, outcome->len, "report", &err);
	struct json_writer w;

	(void)call;
	json_writer_init(&w, out, false);
	put_answer(&w, NULL, outcome, report);
	json_free(report);
}

static void answer_parse(struct call *call, const struct outcome *outcome, struct buf *out)
{
	struct error err = {0};
	struct json *report = json_parse(outcome->report, outcome->len, "report", &err);
	struct json_writer w;

	(void)call;
	json_writer_init(&w, out, false);
	json_object_begin(&w, NULL);
	json_put_value(&w, "blocks", json_get(report, "blocks"));
	put_answer(&w, "execution", outcome, report);
	json_object_end(&w);
	json_free(report);
}

static void submit(struct call *call, const char *vm)
{
	const char *text = call_string(call, "llm_response", NULL);
	const char *code = call_string(call, "code", "");
	struct job_file file = {
		.language = call_string(call, "language", NULL), .data = code, .len = strlen(code)};
	struct submission submission = {.tenant = call->tenant,
					.agent = call_string(call, "agent_id", NULL),
					.sandbox = vm};

	if (text)
		submission.input = (struct job_input){.text = text, .len = strlen(text)};
	else
		submission.input = (struct job_input){.files = &file, .file_count = 1};
	if (call_number(call, "timeout_seconds", 0) > 0)
		request_timeout(call_number(call, "timeout_seconds", 0), &submission);
	request_key(call, &submission);
	execution_run(call, &submission, text ? answer_parse : answer_execute);
}

/* ---- the agent's own sandbox ---- */

struct search {
	struct call *call;
	const char *agent, *idle, *busy; /* the oldest of either kind */
};

static void consider(void *ctx, const struct sandbox_row *row)
{
	struct search *search = ctx;
	bool busy = service_sandbox_busy(search->call->service, row->id);
	const char **slot = busy ? &search->busy : &search->idle;

	if (!*slot && row->agent && strcmp(row->agent, search->agent) == 0)
		*slot = arena_string(&search->call->arena, row->id);
}

static void on_made(void *ctx, const struct sandbox_row *row, const struct error *err)
{
	struct call *call = ctx;
	struct error own = {0};

	if (!err && call->gone) {
		error_set(&own, ERROR_CANCELLED, "the client left before its VM was made");
		err = &own;
	}
	if (err)
		call_fail(call, err);
	else
		submit(call, arena_string(&call->arena, row->id));
}

/* A language that nobody knows is told before a VM is made for it. */
static int check_language(struct call *call, struct error *err)
{
	const struct language *const *languages = language_all(&call->arena);
	const char *tag = call_string(call, "language", NULL);
	struct buf names;

	if (!tag || block_language_of_tag(languages, span_trim(span_of(tag))))
		return 0;
	buf_init(&names, sizeof(err->text) / 2);
	for (size_t i = 0; languages[i]; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", languages[i]->name);
	error_set(err, ERROR_NOT_FOUND, "there is no language \"%.40s\"; there are %s", tag,
		  names.data);
	buf_done(&names);
	return -1;
}

static void run_execute(struct call *call)
{
	const char *vm = call_string(call, LABEL, NULL);
	struct search search = {.call = call, .agent = call_string(call, "agent_id", "")};
	const struct sandbox_request request = {.tenant = call->tenant, .agent = search.agent};
	struct error err = {0};

	if (check_language(call, &err) != 0) {
		call_fail(call, &err);
		return;
	}
	if (!vm) {
		service_each_sandbox(call->service, call->tenant, consider, &search);
		vm = search.idle ? search.idle : search.busy;
	}
	if (vm)
		submit(call, vm);
	else if (service_sandbox_create(call->service, &request, on_made, call, &err) != 0)
		call_fail(call, &err);
}

static void run_parse_execute(struct call *call)
{
	if (call_bool(call, "auto_execute", true))
		run_execute(call);
	else
		extract_answer(call, call_string(call, "llm_response", ""));
}

/* ---- what an agent's VMs are ---- */

static void run_snapshot(struct call *call)
{
	snapshots_take(call, LABEL);
}

static void run_rollback(struct call *call)
{
	snapshots_rollback(call, LABEL, call->path[1]);
}

static void run_history(struct call *call)
{
	struct history_query query = {.sandbox = call->path[0]};
	struct error err = {0};

	if (service_sandbox(call->service, call->tenant, call->path[0], &err))
		row_json_history(call, &query);
	else
		call_fail(call, &err);
}

static void run_pool(struct call *call)
{
	struct json_writer *w = call_object(call);

	json_put_string(w, "agent_id", call->path[0]);
	row_json_sandboxes(call, "vms", LABEL, call->path[0]);
}

/* clang-format off */
#define EXECUTION_REFUSALS                                                                         \
	{403, "The tenant's share is used up", "error", NULL},                                     \
	{404, "There is no such VM or language", "error", NULL},                                   \
	{409, "The Idempotency-Key belongs to another request", "error", NULL},                    \
	{503, "The host lacks what the language needs", "error", NULL},                            \
	{507, "The disk is full", "error", NULL}
/* clang-format on */

static const struct route table[] = {
	{
		.method = "POST",
		.path = "/api/llm/execute",
		.summary = "Runs code of one language in the agent's VM",
		.body = "llm_execute",
		.run = run_execute,
		.query = {REQUEST_KEY_PARAMETER, REQUEST_PREFER_PARAMETER,
			  REQUEST_LAST_EVENT_PARAMETER},
		.answers = {{200, "How it fared, or events and then that", "llm_execution", NULL},
			    {200, NULL, "event", "text/event-stream"},
			    {202, "Accepted: the report will be at the url", "accepted", NULL},
			    EXECUTION_REFUSALS},
	},
	{
		.method = "POST",
		.path = "/api/llm/parse-execute",
		.summary = "Takes a reply apart and runs it in the agent's VM",
		.body = "llm_parse_execute",
		.run = run_parse_execute,
		.query = {REQUEST_KEY_PARAMETER, REQUEST_PREFER_PARAMETER,
			  REQUEST_LAST_EVENT_PARAMETER},
		.answers = {{200, "Its blocks and how they fared, or events and then that",
			     "llm_parsed", NULL},
			    {200, NULL, "event", "text/event-stream"},
			    {202, "Accepted: the report will be at the url", "accepted", NULL},
			    EXECUTION_REFUSALS},
	},
	{
		.method = "POST",
		.path = "/api/vms/{id}/snapshots",
		.summary = "Gives the VM's workspace as it is a name to come back to",
		.body = "snapshot_create",
		.run = run_snapshot,
		.answers = {{201, "It is there", "vm_snapshot", NULL},
			    {409, "The name is taken", "error", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "POST",
		.path = "/api/vms/{id}/rollback/{snapshot_id}",
		.summary = "Puts the VM's workspace back to a snapshot",
		.run = run_rollback,
		.answers = {{200, "What was reverted", "vm_rolled_back", NULL},
			    {507, "The disk is full", "error", NULL}},
	},
	{
		.method = "GET",
		.path = "/api/vms/{id}/history",
		.summary = "Lists the VM's executions, newest first",
		.run = run_history,
		.query = {ROW_JSON_BEFORE_PARAMETER, ROW_JSON_LIMIT_PARAMETER},
		.answers = {{200, "One page of them", "executions", NULL}},
	},
	{
		.method = "GET",
		.path = "/api/llm/vm-pool/{agent_id}",
		.summary = "Lists the agent's VMs, oldest first",
		.run = run_pool,
		.query = {PAGE_PARAMETERS},
		.answers = {{200, "All of them, or one page", "vm_pool", NULL},
			    {404, "There is no VM `after`", "error", NULL}},
	},
	{.method = NULL},
};

static const struct routes agent = {.tag = "agents", .table = table};

REGISTER(route_tables, struct routes, agent);
