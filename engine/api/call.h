/* What a dialect does with a call: answer, refuse, stream. After any of these the call may not be touched. */
#ifndef API_CALL_H
#define API_CALL_H

#include "engine/api/route.h"
#include "engine/base/buf.h"

/*
 * An answer that is one JSON object: call_object opens it and gives the writer for its members, call_object_end
 * closes it and answers with it. Once a call.
 */
struct json_writer *call_object(struct call *call);
void call_object_end(struct call *call, unsigned status);

/* Answers with body and frees the call (and body's memory). Nothing is sent to a client that left. */
void call_json(struct call *call, unsigned status, struct buf *body);
void call_text(struct call *call, unsigned status, const char *type, const char *text, size_t len);
void call_empty(struct call *call, unsigned status); /* 204 */

/*
 * Refuses with the status that err's code has (one table in call.c), Retry-After with ERROR_BUSY, and
 * {"error": {"code": "not_found", "message": "...", "field": null}}.
 */
void call_fail(struct call *call, const struct error *err);
/* The same where HTTP knows better; field NULL: none. */
void call_refuse(struct call *call, unsigned status, const char *code, const char *field,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* One more header of the answer. */
void call_header(struct call *call, const char *name, const char *value);

/* Server-sent events: `event: NAME`, `id:` unless it is NULL, `data:` the JSON in one line. */
void call_events_begin(struct call *call);
/* Who writes only while there is room does not make a client's slowness our memory. */
bool call_events_room(const struct call *call);
/* room is called when there is some again. */
void call_on_room(struct call *call, void (*room)(struct call *call));
/* What is kept to be written later counts as much as if it waited for the client already. */
void call_events_keep(struct call *call, size_t bytes);
void call_event(struct call *call, const char *name, const char *id, const char *json, size_t len);
/* The last event: whole, however long, as fast as the client takes it. Frees json's memory. */
void call_events_end(struct call *call, const char *name, const char *id, struct buf *json);
bool call_wants_events(const struct call *call); /* Accept: text/event-stream */

/*
 * What happens when the client leaves before it was answered: gone is called, then the call is freed. Without
 * it, the call lives on with `gone` set until what it waits for comes back and answers nobody.
 */
void call_on_gone(struct call *call, void (*gone)(struct call *call));

/* Members of the body, or of the query where it has none such, that the schema has let through. */
const char *call_string(const struct call *call, const char *key, const char *otherwise);
double call_number(const struct call *call, const char *key, double otherwise);
bool call_bool(const struct call *call, const char *key, bool otherwise);

double call_cost_per_hour(const struct call *call); /* of a sandbox; 0: not told */

#endif
