/*
 * Routes: each engine/api/api_<dialect>.c registers its own table, which the server, the checks of requests
 * and the OpenAPI document read alike, so that the document cannot say what is not so.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/json.h"
#include "engine/base/registry.h"
#include "engine/net/server/http.h"
#include "engine/service/service.h"

struct api;
struct pending;
struct reading;

enum { ROUTE_PATH = 4, ROUTE_ANSWERS = 14, ROUTE_PARAMETERS = 16 };

/* One request under way. Its memory goes when it was answered or its client left. */
struct call {
	struct api *api;
	struct http_exchange *exchange; /* NULL: the client left */
	struct service *service;
	struct arena arena;
	const struct route *route;
	const char *tenant;
	const char *path[ROUTE_PATH]; /* the {…} of the route, decoded */
	const struct json *body; /* fits the route's schema; NULL: none, or plain text */
	const char *
		body_digest; /* of one that a thread has read, with an Idempotency-Key; NULL: none */
	const struct json *query; /* an object of the route's parameters that are there */
	const char *execution; /* its id, for the log; NULL: none yet */
	const void *own; /* the dialect's */
	bool gone; /* the client left: nobody is answered any more */

	/* execution.c's, api.c's and call.c's own */
	struct pending *pending;
	struct reading *reading; /* body.c's own, while its body waits for a thread */
	const char *method;
	bool text; /* the body is taken as it came */
	bool running; /* the dialect has it, or a thread */
	struct json *body_root, *query_root;
	void (*on_gone)(struct call *call);
	struct call *next_stream, *previous_stream;
	bool streaming;
	void (*on_room)(struct call *call);
	struct buf last; /* of a stream: its last event, of which so much is sent */
	size_t last_sent;
	bool ending;
	unsigned status;
	double since; /* clock_ms */
	struct json_writer writer; /* of an answer that is begun */
	struct buf answer;
};

/* The schema of a parameter that is a name of some kind. */
#define ROUTE_TEXT                                                                                 \
	"{\"type\":\"string\",\"minLength\":1,\"maxLength\":128,\"pattern\":\"^[^\\\\x00]*$\"}"

struct route_answer {
	unsigned status; /* 0 ends the list; refusals that every route has are not listed */
	const char *what; /* "The report of the execution" */
	const char *schema; /* name of a schema in engine/api/schemas/; NULL: text, or nothing */
	const char *type; /* NULL: application/json, or nothing where there is no schema */
};

struct route_parameter {
	const char *name; /* NULL ends the list */
	const char *schema; /* JSON Schema of the (decoded) text: {"type":"integer","minimum":1} */
	const char *what;
	bool header; /* one of the request's headers, not of the query */
};

struct route {
	const char *method; /* NULL ends a table */
	const char *path; /* "/sandbox/{id}/execute" */
	const char *summary; /* one sentence */
	const char *body; /* name of a schema in engine/api/schemas/, NULL: no body */
	bool text; /* text/plain is taken as well: the handler reads http_body */
	bool each_tool; /* {tool} stands for each of engine/tools/tools.h, the body for its arguments */
	bool open; /* no token is asked for: /health */
	bool of_all; /* it tells of all tenants: no tenant's own token opens it, an operator's does */
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

struct route_match {
	const struct route *route; /* NULL: none has that path, or none of them that method */
	const char *allow; /* the path's methods: "GET, HEAD, OPTIONS"; NULL: no such path */
	const char *path[ROUTE_PATH]; /* in the arena */
};

/*
 * Looks up a path as it was sent: it is cut at '/' before percent signs are decoded, so that nothing in an
 * id can look like another path. HEAD finds what GET has. Literal parts go before {…}.
 */
void route_find(struct arena *arena, const char *method, const char *path, struct route_match *out);

#endif
