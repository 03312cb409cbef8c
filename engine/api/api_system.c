/* What operators ask: is it well, which version is it, what does it take. */
#include "engine/api/api_parts.h"

static void run_health(struct call *call)
{
	struct service_state state = {0};
	struct json_writer w;
	struct buf out;

	service_look(call->service, &state);
	buf_init(&out, 0);
	json_writer_init(&w, &out, false);
	json_object_begin(&w, NULL);
	json_put_string(&w, "status", state.draining ? "draining" : "ok");
	json_put_int(&w, "running", state.queue.running);
	json_put_int(&w, "waiting", state.queue.waiting);
	json_object_end(&w);
	call_json(call, state.draining ? 503 : 200, &out);
}

static void run_version(struct call *call)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 0);
	json_writer_init(&w, &out, false);
	json_object_begin(&w, NULL);
	json_put_string(&w, "name", "assay");
	json_put_string(&w, "version", ASSAY_VERSION);
	json_object_end(&w);
	call_json(call, 200, &out);
}

static void run_openapi(struct call *call)
{
	const struct buf *document = &call->api->openapi;

	call_text(call, 200, "application/json", document->data, document->len);
}

static const struct route table[] = {
	{
		.method = "GET",
		.path = "/health",
		.summary = "Says whether the service is well",
		.open = true,
		.run = run_health,
		.answers = {{200, "It is well", "health", NULL},
			    {503, "It is not, or it is about to stop", "health", NULL}},
	},
	{
		.method = "GET",
		.path = "/version",
		.summary = "Says which version this is",
		.open = true,
		.run = run_version,
		.answers = {{200, "Name and version", "version", NULL}},
	},
	{
		.method = "GET",
		.path = "/openapi.json",
		.summary = "This document",
		.open = true,
		.run = run_openapi,
		.answers = {{200, "OpenAPI 3.1", "document", NULL}},
	},
	{.method = NULL},
};

static const struct routes system_routes = {.tag = "system", .table = table};

REGISTER(route_tables, struct routes, system_routes);
