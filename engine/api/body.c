/* Small bodies are read on the loop, for a thread costs more; large ones would hold it up for 50 ms. */
#include "engine/api/body.h"

#include <stdlib.h>
#include <string.h>

#include "engine/api/instance.h"
#include "engine/base/container.h"
#include "engine/base/digest.h"
#include "engine/base/memory.h"

enum { LARGE = 256 << 10 };

/* A body on its way through a thread. */
struct reading {
	struct queue_entry turn;
	uv_work_t work;
	struct call *call;
	void (*done)(struct call *call);
	struct buf text;
	const struct schemas *schemas;
	const struct json *schema; /* NULL: plain text */
	bool wants_digest;

	struct json *root;
	char *digest; /* in the call's arena, which is the thread's until it is done */
	struct schema_place place;
	struct error err;
};

/* NULL with err: it is no good. Nothing at all is an empty object to a route that could do with one. */
static struct json *parse(const struct schemas *schemas, const struct json *schema,
			  const char *text, size_t len, struct schema_place *place,
			  struct error *err)
{
	struct json *root = NULL;

	if (len == 0) {
		text = "{}";
		len = 2;
	}
	if (json_strict(text, len, "body", err) == 0)
		root = json_parse(text, len, "body", err);
	if (root && schema_check(schemas, schema, root, "the body", place, err) != 0) {
		json_free(root);
		root = NULL;
	}
	return root;
}

static void refuse(struct call *call, const struct schema_place *place, const struct error *err)
{
	call_refuse(call, 400, "invalid", place->field, "%s", err->text);
}

static void read_here(struct call *call, const struct json *schema, const char *text, size_t len,
		      void (*done)(struct call *call))
{
	struct schema_place place = {""};
	struct error err = {0};

	call->body_root = parse(call->api->schemas, schema, text, len, &place, &err);
	call->body = call->body_root;
	if (call->body)
		done(call);
	else
		refuse(call, &place, &err);
}

/* ---- on a thread ---- */

static void reading_free(struct reading *reading)
{
	buf_done(&reading->text);
	free(reading);
}

static void on_thread(uv_work_t *work)
{
	struct reading *reading = work->data;
	struct buf *text = &reading->text;
	struct digest digest;

	if (reading->schema)
		reading->root = parse(reading->schemas, reading->schema, text->data, text->len,
				      &reading->place, &reading->err);
	if (!reading->wants_digest)
		return;
	digest_init(&digest);
	digest_add(&digest, text->data, text->len);
	digest_end(&digest, reading->digest);
}

static void finish(struct reading *reading)
{
	struct call *call = reading->call;

	call->body_root = reading->root;
	call->body = reading->root;
	if (reading->wants_digest)
		call->body_digest = reading->digest;
	if (call->gone)
		call_empty(call, 0);
	else if (error_is_set(&reading->err))
		refuse(call, &reading->place, &reading->err);
	else
		reading->done(call);
}

static void on_read(uv_work_t *work, int status)
{
	struct reading *reading = work->data;

	(void)status;
	queue_leave(&reading->turn);
	if (!reading->schema && !reading->call->gone) /* the dialect wants it as it came */
		http_give_body(reading->call->exchange, &reading->text);
	finish(reading);
	reading_free(reading);
}

static void on_turn(struct queue_entry *turn)
{
	struct reading *reading = CONTAINER(turn, struct reading, turn);
	struct call *call = reading->call;

	/* from here on it lives until the thread is done, whether the client stays or not */
	call->reading = NULL;
	call->on_gone = NULL;
	call->running = true;
	http_take_body(call->exchange, &reading->text);
	uv_queue_work(call->api->loop, &reading->work, on_thread, on_read);
}

/* While it waits for its turn. */
static void on_gone(struct call *call)
{
	queue_leave(&call->reading->turn);
	reading_free(call->reading);
}

static void read_elsewhere(struct call *call, const struct json *schema, bool wants_digest,
			   void (*done)(struct call *call))
{
	struct reading *reading = memory_zeroed(sizeof(*reading));
	struct error err = {0};

	*reading = (struct reading){
		.turn = {.owner = call->tenant, .start = on_turn},
		.call = call,
		.done = done,
		.schemas = call->api->schemas,
		.schema = schema,
		.wants_digest = wants_digest,
	};
	buf_init(&reading->text, 0);
	reading->work.data = reading;
	if (wants_digest)
		reading->digest = arena_alloc(&call->arena, DIGEST_HEX);
	call->reading = reading;
	call_on_gone(call, on_gone);
	if (queue_enter(call->api->readers, &reading->turn, &err) == 0)
		return;
	call->reading = NULL;
	call->on_gone = NULL;
	reading_free(reading);
	call_fail(call, &err);
}

void body_read(struct call *call, void (*done)(struct call *call))
{
	const struct json *schema = call->text ? NULL
					       : schemas_get(call->api->schemas, call->route->body);
	bool has_key = (schema || call->route->text) &&
		       http_header(call->exchange, "Idempotency-Key");
	size_t len;
	const char *text = http_body(call->exchange, &len);

	if (len > LARGE && (schema || has_key))
		read_elsewhere(call, schema, has_key, done);
	else if (schema)
		read_here(call, schema, text, len, done);
	else
		done(call);
}
