/* The body of a request for an execution -> a submission. */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include "engine/api/call.h"

/* A body that fits execute.json or sandbox_execute.json, or plain text with the same in the query. */
void request_read(struct call *call, struct submission *out);

/* "timeout": seconds for all of it, and for each command, unless its limits say otherwise. */
void request_timeout(double seconds, struct submission *out);

/* The headers: Idempotency-Key with a digest of what was asked. */
void request_key(struct call *call, struct submission *out);

#define REQUEST_KEY_PARAMETER                                                                      \
	{                                                                                          \
		.name = "Idempotency-Key",                                                         \
		.schema = "{\"type\":\"string\",\"pattern\":\"^[!-~]{1,200}$\"}",                  \
		.what = "The same key gives the same answer, and nothing runs twice",              \
		.header = true,                                                                    \
	}
#define REQUEST_PREFER_PARAMETER                                                                   \
	{                                                                                          \
		.name = "Prefer", .schema = ROUTE_TEXT,                                            \
		.what = "respond-async: 202 at once, the report later at /executions/{id}",        \
		.header = true,                                                                    \
	}
/* The id of an event: its number, or "report", which is the last one's. */
#define REQUEST_LAST_EVENT_PARAMETER                                                               \
	{                                                                                          \
		.name = "Last-Event-ID",                                                           \
		.schema = "{\"type\":\"string\",\"pattern\":\"^([0-9]{1,15}|report)$\"}",          \
		.what = "Of a stream that broke off: it goes on after this event", .header = true, \
	}

#endif
