/* Live progress for a person at a terminal: one status line that is gone when the run is over. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/pipeline/event.h"

struct progress {
	bool rewrites; /* the terminal can clear a line; otherwise each stage gets its own */
	size_t width; /* columns of the terminal */
	double started_ms; /* of the stage */
	char stage[32];
	char last[256]; /* the newest line of output, made harmless */
	bool shown;
};

void progress_init(struct progress *progress, bool rewrites, size_t width);

/* Each adds to out what has to be written to the terminal, often nothing. now as clock_ms. */
void progress_event(struct progress *progress, const struct event *event, double now_ms,
		    struct buf *out);
void progress_tick(struct progress *progress, double now_ms, struct buf *out);
void progress_clear(struct progress *progress, struct buf *out);

#endif
