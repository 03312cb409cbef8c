/* Events as NDJSON: one JSON object a line, as formats.md has it. */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include "engine/base/buf.h"
#include "engine/pipeline/event.h"

/*
 * Output comes in pieces that may end inside a character: its first bytes wait here for the rest,
 * so that the text of all events together is the text of the stream.
 */
struct events {
	uint64_t seq; /* of the stream: one line can become two when a stage ends mid-character */
	struct {
		char bytes[4];
		size_t len;
	} held[2]; /* stdout, stderr */
};

/* Adds the line, or none when all of the event's bytes are held, or more than one. */
void events_write(struct events *events, const struct event *event, struct buf *out);

#endif
