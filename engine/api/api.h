/* The HTTP face of a service: finds the route, asks who is there, checks the request, calls the dialect. */
#ifndef API_API_H
#define API_API_H

#include "engine/net/server/http.h"
#include "engine/service/canary.h"
#include "engine/service/metrics.h"
#include "engine/service/service.h"

struct api;

#define API_OPERATOR "@metrics" /* who reads /metrics and nothing of any tenant's */

/* A bearer token and what it opens; the token itself is kept as its SHA-256 only. */
struct api_token {
	const char *sha256; /* hex */
	const char *tenant; /* "*": whichever X-Tenant-ID names; API_OPERATOR: none */
};

struct api_settings {
	const struct api_token *tokens;
	size_t token_count; /* 0: none is asked for; only local listeners allow that */
	unsigned requests_per_minute; /* of one tenant, bursts of a tenth; 0: no bound */
	struct canary *canary; /* for /health */
	struct metrics *metrics; /* for /metrics; told of every answer */
	double cost_per_hour; /* of a sandbox that is up, for the estimate; 0: none is given */
};

/* Borrows service and settings. ERROR_INTERNAL: a schema or a route is not well made. */
int api_new(struct api **out, uv_loop_t *loop, struct service *service,
	    const struct api_settings *settings, struct error *err);
/* Nothing is asked and nothing is still done for somebody who left: only then may the service be closed. */
bool api_is_idle(const struct api *api);
/* It is idle. The loop has to turn once more. */
void api_free(struct api *api);

/* For http_start; ctx is the api. */
struct http_handlers api_handlers(struct api *api);
void api_set_server(struct api *api, struct http *http); /* for /metrics */

#endif
