/* The three readers of a job's events: progress on a terminal, the NDJSON stream, the log. */
#ifndef COMMANDS_OBSERVE_H
#define COMMANDS_OBSERVE_H

#include <uv.h>

#include "engine/commands/event_sink.h"
#include "engine/pipeline/event.h"
#include "engine/report/events.h"
#include "engine/report/progress.h"

struct observer {
	struct progress progress;
	bool shows_progress;
	uv_timer_t tick;
	struct events events;
	struct event_sink *sink; /* NULL: no stream was asked for */
};

/* events_path NULL: none. quiet: no progress, whatever the terminal. */
int observe_start(struct observer *observer, uv_loop_t *loop, const char *events_path, bool quiet,
		  struct error *err);

/* An event_fn; ctx is the observer. */
void observe_event(void *ctx, const struct event *event);

/* Ends progress (its timer closes on the next turn of the loop). */
void observe_stop(struct observer *observer);

/* After the loop: waits until the stream is written. */
int observe_finish(struct observer *observer, struct error *err);

#endif
