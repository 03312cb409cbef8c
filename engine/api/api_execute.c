/* POST /execute: a reply, files and commands, or several replies of which the best is kept. */
#include "engine/api/execution.h"
#include "engine/api/request.h"

static void run_execute(struct call *call)
{
	struct submission submission;

	request_read(call, &submission);
	execution_run(call, &submission, execution_report);
}

#define URL                                                                                        \
	"{\"type\":\"string\",\"maxLength\":2000,\"pattern\":"                                     \
	"\"^https?://(\\\\[[0-9A-Fa-f:.]+\\\\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?([/?][!-~]*)?$\"}"

static const struct route table[] = {
	{
		.method = "POST",
		.path = "/execute",
		.summary = "Runs a reply, or files and commands, and answers the report",
		.body = "execute",
		.text = true,
		.run = run_execute,
		.query =
			{
				REQUEST_KEY_PARAMETER,
				REQUEST_PREFER_PARAMETER,
				REQUEST_LAST_EVENT_PARAMETER,
				{"environment", ROUTE_TEXT,
				 "python-3.11, nodejs-18, ...; as all that follow for a body of plain "
				 "text, or where a JSON body does not say it",
				 false},
				{"sandbox_id", ROUTE_TEXT,
				 "The sandbox to run in; without it a workspace that is forgotten",
				 false},
				{"agent_id", ROUTE_TEXT, "A label for the history", false},
				{"timeout", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":3600}",
				 "Seconds for all of it", false},
				{"feedback_bytes",
				 "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1048576}",
				 "Length of the feedback for the coder", false},
				{"callback_url", URL, "Gets the report when it is there", false},
				{"async", "{\"type\":\"boolean\"}", "202 at once", false},
				{"on_disconnect", "{\"enum\":[\"cancel\",\"continue\"]}",
				 "What happens when the client leaves", false},
				{"on_failure", "{\"enum\":[\"rollback\",\"keep\"]}",
				 "What becomes of the workspace when it does not pass", false},
				{"install", "{\"type\":\"boolean\"}",
				 "Whether dependencies are installed", false},
				{"rerun_failures",
				 "{\"type\":\"integer\",\"minimum\":0,\"maximum\":10}",
				 "How often failures run again, to tell the flaky ones", false},
			},
		.answers =
			{
				{200, "The report, or events and then the report", "report", NULL},
				{200, NULL, "event", "text/event-stream"},
				{202, "Accepted: the report will be at the url", "accepted", NULL},
				{404, "There is no such sandbox or environment", "error", NULL},
				{403, "The tenant's share is used up, or callbacks are off",
				 "error", NULL},
				{409, "The Idempotency-Key belongs to another request", "error",
				 NULL},
				{503, "The host lacks what the environment needs", "error", NULL},
				{507, "The disk is full", "error", NULL},
			},
	},
	{.method = NULL},
};

static const struct routes execute = {.tag = "executions", .table = table};

REGISTER(route_tables, struct routes, execute);
