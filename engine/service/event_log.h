/*
 * What executions told as they ran, for those who come late or come again: each event is written once, as
 * the line of JSON that everybody gets, with its number in the execution. Memory is bounded, for one
 * execution and for all: the oldest output goes first, then what the oldest ended executions told, and a
 * reader is told how many events are missing.
 */
#ifndef SERVICE_EVENT_LOG_H
#define SERVICE_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "engine/base/table.h"
#include "engine/pipeline/event.h"

/* Zero fields take the default. */
struct event_bounds {
	size_t one; /* bytes that one execution's output may take: 2 MiB */
	size_t all; /* and everybody's: 32 MiB */
	uint64_t keep_ms; /* how long after its end an execution's events stay: 2 min */
};

struct event_log;

/* Those of one service. */
struct event_logs {
	uv_loop_t *loop;
	struct event_bounds bounds;
	size_t bytes; /* of all logs that there are */
	struct table over; /* of executions that have ended, by their ids */
	struct event_log *oldest, *newest; /* of those, in the order of their ends */
	uv_timer_t *timer;
};

void event_logs_init(struct event_logs *logs, uv_loop_t *loop, const struct event_bounds *bounds);
/* Only logs that somebody else holds live on. */
void event_logs_done(struct event_logs *logs);

/* The execution has ended: its log is kept a while. Takes over the caller's hold. */
void event_logs_keep(struct event_logs *logs, struct event_log *log);
/* Borrowed; NULL: nothing is kept of it any more. */
struct event_log *event_logs_find(const struct event_logs *logs, const char *id);

/* One log, held by the caller. It lives until nobody holds it. */
struct event_log *event_log_new(struct event_logs *logs, const char *id);
struct event_log *event_log_hold(struct event_log *log);
void event_log_release(struct event_log *log); /* NULL: none */

void event_log_add(struct event_log *log, const struct event *event);

struct event_line {
	uint64_t seq;
	const char *type; /* "output" */
	const char *json; /* without a line's end; good until the log is used again */
	size_t len;
};

/*
 * The first event after number `after`; where the next ones fell out, one that says how many did, with the
 * number of the last of them. False: there is none, or not yet.
 */
bool event_log_next(struct event_log *log, uint64_t after, struct event_line *out);

#endif
