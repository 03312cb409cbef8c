/* Answers, refusals and streams, and the end of every call with its line in the log. */
#include "engine/api/call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/api/instance.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"

static const struct {
	unsigned status;
	const char *name;
} refusals[] = {
	[ERROR_NONE] = {500, "internal"},       [ERROR_USAGE] = {400, "invalid"},
	[ERROR_INPUT] = {400, "invalid"},       [ERROR_NOT_FOUND] = {404, "not_found"},
	[ERROR_TOO_LARGE] = {413, "too_large"}, [ERROR_UNAVAILABLE] = {503, "unavailable"},
	[ERROR_NO_SPACE] = {507, "no_space"},   [ERROR_IO] = {500, "io"},
	[ERROR_CANCELLED] = {409, "cancelled"}, [ERROR_BUSY] = {429, "busy"},
	[ERROR_CONFLICT] = {409, "conflict"},   [ERROR_DENIED] = {403, "denied"},
	[ERROR_INTERNAL] = {500, "internal"},
};

/* ---- from begin to end ---- */

static void unlink_stream(struct call *call)
{
	if (!call->streaming)
		return;
	call->streaming = false;
	if (call->next_stream)
		call->next_stream->previous_stream = call->previous_stream;
	if (call->previous_stream)
		call->previous_stream->next_stream = call->next_stream;
	else
		call->api->streams = call->next_stream;
}

static void write_log(const struct call *call)
{
	const struct log_field fields[] = {
		{"method", .text = call->method},
		{"route", .text = call->route ? call->route->path : NULL},
		{"status", .number = call->status},
		{"ms", .number = clock_ms() - call->since},
		{"tenant", .text = call->tenant},
		{"execution", .text = call->execution},
		{.name = NULL},
	};

	log_fields(LOG_INFO, call->gone ? "the client left" : "request", fields);
}

static void end(struct call *call)
{
	unlink_stream(call);
	write_log(call);
	if (call->status)
		metrics_answered(call->api->settings->metrics, call->status);
	call->api->calls--;
	json_free(call->body_root);
	json_free(call->query_root);
	buf_done(&call->last);
	arena_done(&call->arena);
	free(call);
}

static void on_exchange_gone(void *ctx)
{
	struct call *call = ctx;

	call->gone = true;
	call->exchange = NULL; /* gone too */
	unlink_stream(call);
	if (call->on_gone)
		call->on_gone(call);
	if (call->on_gone || call->ending || !call->running)
		end(call);
}

struct call *call_new(struct api *api, struct http_exchange *exchange)
{
	struct call *call = memory_zeroed(sizeof(*call));

	api->calls++;
	call->api = api;
	call->service = api->service;
	call->exchange = exchange;
	call->since = clock_ms();
	arena_init(&call->arena);
	buf_init(&call->last, 0);
	call->method = arena_string(&call->arena, http_method(exchange));
	http_set_context(exchange, call);
	http_on_gone(exchange, on_exchange_gone, call);
	return call;
}

void call_on_gone(struct call *call, void (*gone)(struct call *call))
{
	call->on_gone = gone;
}

/* ---- answers ---- */

void call_text(struct call *call, unsigned status, const char *type, const char *text, size_t len)
{
	call->status = status;
	if (!call->gone)
		call->status = http_answer(call->exchange, status, type, text, len);
	end(call);
}

void call_json(struct call *call, unsigned status, struct buf *body)
{
	if (body->len && body->data[body->len - 1] != '\n')
		buf_putc(body, '\n');
	/* The body may hold what only the call keeps alive, so it goes last. */
	struct buf sent = *body;
	call_text(call, status, "application/json", sent.data, sent.len);
	buf_done(&sent);
}

struct json_writer *call_object(struct call *call)
{
	buf_init(&call->answer, 0);
	json_writer_init(&call->writer, &call->answer, false);
	json_object_begin(&call->writer, NULL);
	return &call->writer;
}

void call_object_end(struct call *call, unsigned status)
{
	json_object_end(&call->writer);
	call_json(call, status, &call->answer);
}

void call_empty(struct call *call, unsigned status)
{
	call_text(call, status, NULL, NULL, 0);
}

void call_header(struct call *call, const char *name, const char *value)
{
	if (!call->gone)
		http_add_header(call->exchange, name, value);
}

static void refuse(struct call *call, unsigned status, const char *code, const char *field,
		   const char *message)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 0);
	json_writer_init(&w, &out, true);
	json_object_begin(&w, NULL);
	json_object_begin(&w, "error");
	json_put_string(&w, "code", code);
	json_put_string(&w, "message", message);
	json_put_string(&w, "field", field && *field ? field : NULL);
	json_object_end(&w);
	json_object_end(&w);
	call_json(call, status, &out);
}

void call_refuse(struct call *call, unsigned status, const char *code, const char *field,
		 const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	refuse(call, status, code, field, message);
}

static void add_retry_after(struct call *call)
{
	struct service_state state = {0};
	char seconds[16];

	service_look(call->service, &state);
	snprintf(seconds, sizeof(seconds), "%u",
		 state.queue.retry_after_s ? state.queue.retry_after_s : 1);
	call_header(call, "Retry-After", seconds);
}

void call_fail(struct call *call, const struct error *err)
{
	size_t code = (size_t)err->code;

	if (code >= sizeof(refusals) / sizeof(refusals[0]))
		code = ERROR_INTERNAL;
	if (err->code == ERROR_BUSY)
		add_retry_after(call);
	if (refusals[code].status == 500)
		log_write(LOG_ERROR, "%s", err->text);
	refuse(call, refusals[code].status, refusals[code].name, NULL, err->text);
}

/* ---- server-sent events ---- */

/* Of the last event as much as the client has room for. */
static void send_last(struct call *call)
{
	http_stream_keeps(call->exchange, call->last.capacity);
	size_t left = call->last.len - call->last_sent;
	size_t room = http_stream_room(call->exchange);
	size_t part = left < room ? left : room;

	http_stream_write(call->exchange, call->last.data + call->last_sent, part, false);
	call->last_sent += part;
	if (part < left)
		return;
	http_stream_end(call->exchange);
	end(call);
}

static void on_room(void *ctx)
{
	struct call *call = ctx;

	if (call->ending)
		send_last(call);
	else if (call->on_room)
		call->on_room(call);
}

void call_on_room(struct call *call, void (*room)(struct call *call))
{
	call->on_room = room;
}

bool call_events_room(const struct call *call)
{
	return !call->gone && http_stream_room(call->exchange) > 0;
}

void call_events_keep(struct call *call, size_t bytes)
{
	if (!call->gone)
		http_stream_keeps(call->exchange, bytes);
}

void call_events_begin(struct call *call)
{
	static const char farewell[] =
		"event: error\ndata: {\"error\":{\"code\":\"busy\",\"message\":\"clients that do not "
		"read hold too much memory, and this one the most: the stream ends here\","
		"\"field\":null}}\n\n";
	struct api *api = call->api;

	call->status = 200;
	if (call->gone)
		return;
	http_add_header(call->exchange, "Cache-Control", "no-store");
	http_stream_begin(call->exchange, 200, "text/event-stream");
	http_stream_on_room(call->exchange, on_room, call);
	http_stream_farewell(call->exchange, "\n\n", farewell);
	call->streaming = true;
	call->next_stream = api->streams;
	if (api->streams)
		api->streams->previous_stream = call;
	api->streams = call;
}

/* json may be written over several indented lines; an event's data is one. */
static void write_event(struct buf *out, const char *name, const char *id, const char *json,
			size_t len)
{
	buf_printf(out, "event: %s\n", name);
	if (id)
		buf_printf(out, "id: %s\n", id);
	buf_puts(out, "data: ");
	while (len) {
		const char *end = memchr(json, '\n', len);
		size_t line = end ? (size_t)(end - json) : len;
		buf_append(out, json, line);
		for (; line < len && (json[line] == '\n' || json[line] == ' '); line++)
			;
		json += line;
		len -= line;
	}
	buf_puts(out, "\n\n");
}

void call_event(struct call *call, const char *name, const char *id, const char *json, size_t len)
{
	struct buf out;

	if (call->gone)
		return;
	buf_init(&out, 0);
	write_event(&out, name, id, json, len);
	http_stream_write(call->exchange, out.data, out.len, false);
	buf_done(&out);
}

void call_events_end(struct call *call, const char *name, const char *id, struct buf *json)
{
	if (!call->gone)
		write_event(&call->last, name, id, json->data, json->len);
	buf_done(json);
	call->on_gone = NULL;
	call->ending = true;
	if (call->gone) {
		end(call);
		return;
	}
	unlink_stream(call); /* nothing comes between the parts of an event */
	send_last(call);
}

void call_keep_alive(struct api *api)
{
	static const char comment[] = ": keep-alive\n\n";

	for (struct call *call = api->streams; call; call = call->next_stream)
		http_stream_write(call->exchange, comment, sizeof(comment) - 1, true);
}

bool call_wants_events(const struct call *call)
{
	const char *accept = http_header(call->exchange, "Accept");

	return accept && strcasestr(accept, "text/event-stream");
}

/* ---- what was asked ---- */

/* What stands in the query counts, whatever the body is: a sandbox_id there must not go unseen. */
static const struct json *member(const struct call *call, const char *key)
{
	const struct json *value = json_get(call->body, key);

	return value ? value : json_get(call->query, key);
}

const char *call_string(const struct call *call, const char *key, const char *otherwise)
{
	return json_string(member(call, key), otherwise);
}

double call_number(const struct call *call, const char *key, double otherwise)
{
	return json_number(member(call, key), otherwise);
}

bool call_bool(const struct call *call, const char *key, bool otherwise)
{
	return json_bool(member(call, key), otherwise);
}

double call_cost_per_hour(const struct call *call)
{
	return call->api->settings->cost_per_hour;
}
