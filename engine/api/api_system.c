/* What operators ask: is it well, which version is it, what does it take. */
#include "engine/api/instance.h"

static void put_check(struct json_writer *w, const char *name, const struct canary_check *check)
{
	json_object_begin(w, name);
	json_put_bool(w, "ok", check->ok);
	json_put_string(w, "why", check->why);
	json_put_number(w, "ms", check->ms);
	json_object_end(w);
}

static void on_canary(void *ctx, const struct canary_state *found)
{
	struct call *call = ctx;
	struct service_state state = {0};

	service_look(call->service, &state);
	bool well = found->healthy && !state.draining;
	struct json_writer *w = call_object(call);
	json_put_string(w, "status",
			state.draining   ? "draining"
			: found->healthy ? "ok"
					 : "unhealthy");
	json_put_string(w, "why", found->why);
	json_put_int(w, "running", state.queue.running);
	json_put_int(w, "waiting", state.queue.waiting);
	put_check(w, "sandbox", &found->sandbox);
	put_check(w, "store", &found->store);
	put_check(w, "disk", &found->disk);
	json_put_int(w, "disk_free", (int64_t)found->disk_free);
	json_put_number(w, "age_ms", found->age_ms);
	call_object_end(call, well ? 200 : 503);
}

static void on_gone(struct call *call)
{
	canary_forget(call->api->settings->canary, call);
}

static void run_health(struct call *call)
{
	call_on_gone(call, on_gone);
	canary_ask(call->api->settings->canary, on_canary, call);
}

static void run_metrics(struct call *call)
{
	struct buf out;

	buf_init(&out, 0);
	metrics_write(call->api->settings->metrics, call->api->http, &out);
	call_text(call, 200, METRICS_TYPE, out.data, out.len);
	buf_done(&out);
}

static void run_version(struct call *call)
{
	struct json_writer *w = call_object(call);

	json_put_string(w, "name", "assay");
	json_put_string(w, "version", ASSAY_VERSION);
	call_object_end(call, 200);
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
		.summary =
			"Runs a canary, at most every few seconds, and says whether the service is well",
		.open = true,
		.run = run_health,
		.answers = {{200, "It is well", "health", NULL},
			    {503, "It is not, or it is about to stop", "health", NULL}},
	},
	{
		.method = "GET",
		.path = "/metrics",
		.summary = "Counters and times, as Prometheus reads them",
		.of_all = true,
		.run = run_metrics,
		.answers = {{200, "All there are", NULL, METRICS_TYPE}},
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
