/* What happens in a job, as it happens: progress, the NDJSON stream and the log all read these. */
#ifndef PIPELINE_EVENT_H
#define PIPELINE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/model.h"

enum event_type { EVENT_STAGE, EVENT_OUTPUT, EVENT_VERDICT };
enum event_status { EVENT_STARTED, EVENT_DONE, EVENT_FAILED, EVENT_SKIPPED };

struct event {
	uint64_t seq; /* from 1, without gaps */
	const char *id;
	const char *at; /* RFC 3339 */
	enum event_type type;
	const char *stage;
	enum event_status status; /* EVENT_STAGE */
	double ms; /* EVENT_STAGE that ended, else NAN */
	const char *detail; /* EVENT_STAGE: "npm install", "3 files"; may be NULL */
	int fd; /* EVENT_OUTPUT: 1 or 2 */
	const char *text; /* EVENT_OUTPUT: bytes */
	size_t len;
	enum verdict verdict; /* EVENT_VERDICT */
};

/* The event and all it points at are gone when the listener returns. */
typedef void (*event_fn)(void *ctx, const struct event *event);

const char *event_type_name(enum event_type type);
const char *event_status_name(enum event_status status);

#endif
