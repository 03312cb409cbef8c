/*
 * Routes: each engine/api/api_<dialect>.c registers its own table, which the server, the checks of requests
 * and the OpenAPI document read alike, so that the document cannot say what is not so.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "engine/base/arena.h"
#include "engine/base/json.h"
#include "engine/base/registry.h"
#include "engine/net/http.h"
#include "engine/service/service.h"

struct api;

/* One request under way. Its memory goes when it was answered or its client left. */
struct call {
	struct api *api;
	struct http_exchange *exchange;
	struct service *service;
	struct arena arena;
	const struct route *route;
	const char *tenant;
	const char *path[4]; /* the {…} of the route, decoded */
	const struct json *body; /* fits the route's schema; NULL: none, or another content type */
	void *own; /* the dialect's */
	bool gone; /* the client left: nobody is answered any more */
};

struct route_answer {
	unsigned status; /* 0 ends the list */
	const char *what; /* "The report of the execution" */
	const char *schema; /* name of a schema in engine/api/schemas/, NULL: see type */
	const char *type; /* NULL: application/json */
};

struct route_parameter {
	const char *name; /* NULL ends the list */
	const char *schema; /* JSON Schema of the (decoded) text: {"type":"integer","minimum":1} */
	const char *what;
};

enum { ROUTE_ANSWERS = 12, ROUTE_PARAMETERS = 8 };

struct route {
	const char *method; /* NULL ends a table */
	const char *path; /* "/sandbox/{id}/execute" */
	const char *summary; /* one sentence */
	const char *body; /* name of a schema in engine/api/schemas/, NULL: no body */
	bool text; /* text/plain is taken as well: the handler reads http_body */
	bool open; /* no token is asked for: /health */
	size_t max_body; /* 0: the server's */
	void (*run)(struct call *call); /* answers now or later, through call.h */
	struct route_parameter query[ROUTE_PARAMETERS];
	struct route_answer answers[ROUTE_ANSWERS];
};

struct routes {
	const char *tag; /* groups them in the document: "sandboxes" */
	const struct route *table;
};

REGISTRY(route_tables, struct routes);

#endif
