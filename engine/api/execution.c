/* One execution and whoever waits for its end: the call may go while the service still has it in hand. */
#include "engine/api/execution.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/memory.h"
#include "engine/report/events.h"
#include "engine/service/event_log.h"

#define REPORT_ID "report" /* of the last event */

/* Freed when the client was answered or left, and the service will not call any more. */
struct pending {
	struct call *call; /* NULL: answered, or the client left */
	struct subscription *subscription; /* NULL: it has ended, or nobody waits for the end */
	bool async, events, streaming;
	bool stays; /* it goes on when the client leaves */
	execution_answer_fn answer;
	struct event_log *log; /* NULL: nothing was told yet, or it is not kept */
	uint64_t after; /* number of the last event that was sent */
	bool over; /* what comes after the events is in report */
	struct buf report;
	struct service *service;
	const char *tenant, *id; /* in the arena */
	struct arena arena;
};

static void release(struct pending *pending)
{
	if (pending->call || pending->subscription)
		return;
	event_log_release(pending->log);
	buf_done(&pending->report);
	arena_done(&pending->arena);
	free(pending);
}

static struct pending *pending_new(struct call *call, execution_answer_fn answer)
{
	struct pending *pending = memory_zeroed(sizeof(*pending));

	arena_init(&pending->arena);
	buf_init(&pending->report, 0);
	pending->call = call;
	pending->answer = answer;
	pending->service = call->service;
	pending->tenant = arena_string(&pending->arena, call->tenant);
	return pending;
}

/* The call, once: whoever takes it ends it. */
static struct call *take_call(struct pending *pending)
{
	struct call *call = pending->call;

	pending->call = NULL;
	return call;
}

static void stop_listening(struct pending *pending)
{
	if (pending->subscription)
		service_unlisten(pending->subscription);
	pending->subscription = NULL;
}

static void on_gone(struct call *call)
{
	struct pending *pending = call->pending;
	bool cancel = pending->subscription && !pending->stays;

	take_call(pending);
	stop_listening(pending);
	if (cancel)
		service_cancel(pending->service, pending->tenant, pending->id, NULL);
	release(pending);
}

/* ---- events: as many as the client takes; the others wait in the log ---- */

/* Whether there is one for which there is no room. */
static bool send_events(struct pending *pending)
{
	struct event_line line;
	char id[24];

	while (event_log_next(pending->log, pending->after, &line)) {
		if (!call_events_room(pending->call))
			return true;
		snprintf(id, sizeof(id), "%" PRIu64, line.seq);
		pending->after = line.seq;
		call_event(pending->call, line.type, id, line.json, line.len);
	}
	return false;
}

static void send_missing(struct pending *pending)
{
	struct buf text;

	buf_init(&text, 0);
	events_write_missing(pending->id, 0, 0, &text);
	call_event(pending->call, EVENTS_MISSING, NULL, text.data, text.len);
	buf_done(&text);
}

static void send_all(struct pending *pending)
{
	if (!pending->call || (pending->log && send_events(pending)) || !pending->over)
		return;
	call_events_end(take_call(pending), "report", REPORT_ID, &pending->report);
	release(pending);
}

static void on_room(struct call *call)
{
	send_all(call->pending);
}

static void begin_stream(struct pending *pending)
{
	if (pending->streaming || !pending->call)
		return;
	pending->streaming = true;
	call_on_room(pending->call, on_room);
	call_events_begin(pending->call);
}

/* ---- what the service tells ---- */

static void hold(struct pending *pending, struct event_log *log)
{
	if (!pending->log)
		pending->log = event_log_hold(log);
}

static void on_events(void *ctx, struct event_log *log)
{
	struct pending *pending = ctx;

	begin_stream(pending);
	hold(pending, log);
	send_all(pending);
}

static void end_stream(struct pending *pending, const struct outcome *outcome)
{
	begin_stream(pending);
	pending->answer(pending->call, outcome, &pending->report);
	call_events_keep(pending->call, pending->report.capacity);
	pending->over = true;
	hold(pending, outcome->events);
	if (!pending->log)
		send_missing(pending);
	send_all(pending);
}

static void on_done(void *ctx, const struct outcome *outcome)
{
	struct pending *pending = ctx;
	struct call *call = pending->call;

	pending->subscription = NULL;
	if (call && pending->events) {
		end_stream(pending, outcome);
		return;
	}
	if (call) {
		struct buf out;
		take_call(pending);
		buf_init(&out, 0);
		pending->answer(call, outcome, &out);
		if (outcome->replayed)
			call_header(call, "Idempotent-Replayed", "true");
		call_json(call, 200, &out);
	}
	release(pending);
}

static void answer_accepted(struct call *call, const char *id)
{
	char *url = arena_printf(&call->arena, "/executions/%s", id);
	struct json_writer *w = call_object(call);

	json_put_string(w, "id", id);
	json_put_string(w, "status", "accepted");
	json_put_string(w, "url", url);
	call_header(call, "Location", url);
	call_object_end(call, 202);
}

static void on_accepted(void *ctx, const struct error *err)
{
	struct pending *pending = ctx;

	if (err) {
		pending->subscription = NULL;
		call_fail(take_call(pending), err);
	} else if (pending->async) {
		stop_listening(pending);
		answer_accepted(take_call(pending), pending->id);
	} else if (pending->events) {
		begin_stream(pending);
	}
	release(pending);
}

/* ---- what the client asks ---- */

/* How far the client had come when it was cut off. */
static uint64_t read_after(const struct call *call)
{
	const char *last = json_string(json_get(call->query, "Last-Event-ID"), "");

	if (strcmp(last, REPORT_ID) == 0)
		return UINT64_MAX;
	if (*last)
		return strtoull(last, NULL, 10);
	return (uint64_t)json_number(json_get(call->query, "after"), 0);
}

static void read_manners(struct pending *pending, const struct submission *submission)
{
	struct call *call = pending->call;
	const char *prefer = json_string(json_get(call->query, "Prefer"), "");
	const char *leaving = call_string(call, "on_disconnect", "cancel");

	pending->async = call_bool(call, "async", false) || strcasestr(prefer, "respond-async");
	pending->events = !pending->async && call_wants_events(call);
	pending->after = read_after(call);
	if (submission->callback_url && !pending->events)
		pending->async = true;
	pending->stays = pending->async || submission->callback_url ||
			 submission->idempotency_key || strcmp(leaving, "continue") == 0;
}

static void refuse(struct call *call, const struct error *err)
{
	if (err->code == ERROR_CONFLICT)
		call_refuse(call, 409, "key_reused", "Idempotency-Key", "%s", err->text);
	else
		call_fail(call, err);
}

void execution_run(struct call *call, const struct submission *submission,
		   execution_answer_fn answer)
{
	struct pending *pending = pending_new(call, answer);
	struct error err = {0};
	struct ticket ticket;

	read_manners(pending, submission);
	const struct listener listener = {
		.on_accepted = on_accepted,
		.on_events = pending->events ? on_events : NULL,
		.on_done = on_done,
		.ctx = pending,
	};
	if (service_submit(call->service, submission, &listener, &ticket, &err) != 0) {
		take_call(pending);
		release(pending);
		refuse(call, &err);
		return;
	}
	pending->id = arena_string(&pending->arena, ticket.id);
	pending->subscription = ticket.subscription;
	call->execution = arena_string(&call->arena, pending->id);
	call->pending = pending;
	call_on_gone(call, on_gone);
}

void execution_follow(struct call *call, const char *id)
{
	struct pending *pending = pending_new(call, execution_report);
	const struct listener listener = {
		.on_events = on_events, .on_done = on_done, .ctx = pending};
	struct error err = {0};

	pending->events = true;
	pending->stays = true;
	pending->after = read_after(call);
	pending->id = arena_string(&pending->arena, id);
	if (service_listen(call->service, call->tenant, id, &listener, &pending->subscription,
			   &err) != 0) {
		take_call(pending);
		release(pending);
		call_fail(call, &err);
		return;
	}
	call->execution = arena_string(&call->arena, id);
	if (pending->after == UINT64_MAX) { /* so that a browser does not come again and again */
		take_call(pending);
		stop_listening(pending);
		release(pending);
		call_empty(call, 204);
		return;
	}
	call->pending = pending;
	call_on_gone(call, on_gone);
	begin_stream(pending);
}

void execution_report(struct call *call, const struct outcome *outcome, struct buf *out)
{
	(void)call;
	buf_append(out, outcome->report, outcome->len);
}
