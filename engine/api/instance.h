/* What api.c, call.c and openapi.c share; no dialect needs it. */
#ifndef API_INSTANCE_H
#define API_INSTANCE_H

#include "engine/api/admit.h"
#include "engine/api/api.h"
#include "engine/api/call.h"
#include "engine/api/schema.h"
#include "engine/pipeline/queue.h"

struct api {
	uv_loop_t *loop;
	struct service *service;
	const struct api_settings *settings;
	struct schemas *schemas;
	struct http *http; /* NULL until it listens */
	struct admit admit;
	struct queue *tools, *readers; /* for a thread each: of tools, of large bodies */
	uv_timer_t keep_alive;
	struct call *streams; /* that get keep-alive comments */
	unsigned calls; /* alive: answered ones are not */
	struct buf openapi; /* the document, made at the start */
};

/* A call that has no route yet. */
struct call *call_new(struct api *api, struct http_exchange *exchange);

/* A comment line to every stream, so that nothing between us and the client takes it for dead. */
void call_keep_alive(struct api *api);

#endif
