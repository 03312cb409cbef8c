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
	uint64_t
		seq; /* of the last line: an event can become two, when a stage ends mid-character */
	struct {
		char bytes[4];
		size_t len;
	} held[2]; /* stdout, stderr */
};

/* Adds the line, or none when all of the event's bytes are held, or more than one. */
void events_write(struct events *events, const struct event *event, struct buf *out);

#define EVENTS_MISSING "missing" /* the type of an event that stands for others */

/*
 * One object, without a line's end, in place of `count` events that fell out of memory, seq being the number
 * of the last; both 0: it is not known which.
 */
void events_write_missing(const char *id, uint64_t seq, uint64_t count, struct buf *out);

#endif
