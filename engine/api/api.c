/* From an exchange to a call: route, asker, body, schema, and then the dialect. */
#include "engine/api/api.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/api/body.h"
#include "engine/api/instance.h"
#include "engine/api/openapi.h"
#include "engine/api/query.h"
#include "engine/base/memory.h"

enum { KEEP_ALIVE_MS = 15000 };

/* A tool may take seconds, and the store, jobs and lookups of names share the 16 threads with them. */
static const struct queue_limits tools_at_once = {
	.running = 6, .running_of_owner = 3, .waiting = 128};
/* Each at most one of the largest bodies, which the server has counted. */
static const struct queue_limits readers_at_once = {
	.running = 3, .running_of_owner = 2, .waiting = 1024};

/* ---- a life ---- */

static void on_keep_alive(uv_timer_t *timer)
{
	call_keep_alive(timer->data);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void release(struct api *api)
{
	queue_free(api->tools);
	queue_free(api->readers);
	schemas_free(api->schemas);
	admit_done(&api->admit);
	buf_done(&api->openapi);
}

int api_new(struct api **out, uv_loop_t *loop, struct service *service,
	    const struct api_settings *settings, struct error *err)
{
	struct api *api = memory_zeroed(sizeof(*api));

	api->loop = loop;
	api->service = service;
	api->settings = settings;
	admit_init(&api->admit, settings);
	api->tools = queue_new(&tools_at_once);
	api->readers = queue_new(&readers_at_once);
	buf_init(&api->openapi, 0);
	if (schemas_load(&api->schemas, err) != 0 ||
	    openapi_write(api->schemas, settings->token_count > 0, &api->openapi, err) != 0) {
		release(api);
		free(api);
		return -1;
	}
	uv_timer_init(loop, &api->keep_alive);
	api->keep_alive.data = api;
	uv_timer_start(&api->keep_alive, on_keep_alive, KEEP_ALIVE_MS, KEEP_ALIVE_MS);
	*out = api;
	return 0;
}

bool api_is_idle(const struct api *api)
{
	return api->calls == 0;
}

void api_free(struct api *api)
{
	release(api);
	uv_close((uv_handle_t *)&api->keep_alive, on_closed);
}

void api_set_server(struct api *api, struct http *http)
{
	api->http = http;
}

/* ---- the headers ---- */

/* 0: goes on; -1: answered. */
static int find_route(struct call *call)
{
	struct route_match match;
	const char *path = http_path(call->exchange);

	route_find(&call->arena, call->method, path, &match);
	if (!match.allow) {
		call_refuse(call, 404, "not_found", NULL,
			    "there is nothing at %.200s; GET /openapi.json lists what there is",
			    path);
		return -1;
	}
	if (!match.route) {
		call_header(call, "Allow", match.allow);
		if (strcmp(call->method, "OPTIONS") == 0)
			call_empty(call, 204);
		else
			call_refuse(call, 405, "method_not_allowed", NULL,
				    "%.200s takes %s, not %s", path, match.allow, call->method);
		return -1;
	}
	call->route = match.route;
	memcpy(call->path, match.path, sizeof(call->path));
	return 0;
}

static int admit(struct call *call)
{
	struct admit_refusal refusal = {0};
	char seconds[16];

	if (call->route->open)
		return 0;
	const struct admit_headers headers = {http_header(call->exchange, "Authorization"),
					      http_header(call->exchange, "X-Tenant-ID")};
	call->tenant = admit_request(&call->api->admit, &call->arena, &headers, call->route->of_all,
				     call->since, &refusal);
	if (call->tenant)
		return 0;
	if (refusal.status == 401)
		call_header(call, "WWW-Authenticate", "Bearer");
	if (refusal.retry_after_s) {
		snprintf(seconds, sizeof(seconds), "%u", refusal.retry_after_s);
		call_header(call, "Retry-After", seconds);
	}
	call_refuse(call, refusal.status, refusal.code, NULL, "%s", refusal.message);
	return -1;
}

static bool takes_body(const struct route *route)
{
	return route->body || route->text;
}

/* "application/json; charset=utf-8" is application/json. */
static bool is_type(const char *header, const char *type)
{
	size_t len = strlen(type);

	return strncasecmp(header, type, len) == 0 && strchr("; \t", header[len]);
}

static bool is_text(const struct call *call)
{
	const char *type = http_header(call->exchange, "Content-Type");

	return call->route->text && type && is_type(type, "text/plain");
}

static int check_type(struct call *call)
{
	const char *type = http_header(call->exchange, "Content-Type");

	if (!takes_body(call->route) || !type || is_text(call) ||
	    (call->route->body && is_type(type, "application/json")))
		return 0;
	call_refuse(call, 415, "unsupported_media_type", NULL,
		    "the body must be application/json%s, not %.100s",
		    call->route->text ? " or text/plain" : "", type);
	return -1;
}

static int check_length(struct call *call, double length)
{
	size_t most = call->route->max_body;

	if (!most || length <= (double)most)
		return 0;
	call_refuse(call, 413, "too_large", NULL, "the body is over %zu bytes", most);
	return -1;
}

static void begin(void *ctx, struct http_exchange *exchange)
{
	struct call *call = call_new(ctx, exchange);
	const char *length = http_header(exchange, "Content-Length");

	if (find_route(call) != 0 || admit(call) != 0 || check_type(call) != 0)
		return;
	if (call->tenant)
		http_set_owner(exchange, call->tenant);
	check_length(call, length ? strtod(length, NULL) : 0);
}

/* ---- the body ---- */

static void run(struct call *call)
{
	call->running = true;
	call->route->run(call);
}

static void handle(void *ctx, struct http_exchange *exchange)
{
	struct call *call = http_context(exchange);
	struct schema_place place = {""};
	struct error err = {0};
	size_t len = 0;

	(void)ctx;
	http_body(exchange, &len);
	if (takes_body(call->route) && check_length(call, (double)len) != 0)
		return;
	if (query_read(call, &place, &err) != 0) {
		call_refuse(call, 400, "invalid", place.field, "%s", err.text);
		return;
	}
	call->text = !call->route->body || is_text(call);
	body_read(call, run);
}

struct http_handlers api_handlers(struct api *api)
{
	return (struct http_handlers){.begin = begin, .handle = handle, .ctx = api};
}
