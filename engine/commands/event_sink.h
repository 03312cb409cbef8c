/* Where event lines go, without ever making the engine wait for their reader. */
#ifndef COMMANDS_EVENT_SINK_H
#define COMMANDS_EVENT_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"

struct event_sink;

/* path "-" is standard output. A file is begun anew. */
int event_sink_open(struct event_sink **out, const char *path, struct error *err);

/*
 * Queues one or more whole lines. When a slow reader has let 64 MiB gather, lines that may be dropped are:
 * the gap shows in their numbers.
 */
void event_sink_add(struct event_sink *sink, const char *lines, size_t len, bool may_drop);

/*
 * Writes what is queued and frees sink. A reader who has left is no error; one that was too slow, or
 * a full disk, is.
 */
int event_sink_close(struct event_sink *sink, struct error *err);

#endif
