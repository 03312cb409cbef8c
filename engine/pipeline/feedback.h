/*
 * The digest for the coder, a model or a person: what went wrong, first causes first, within a
 * budget of bytes.
 */
#ifndef PIPELINE_FEEDBACK_H
#define PIPELINE_FEEDBACK_H

#include "engine/base/arena.h"
#include "engine/model.h"

enum { FEEDBACK_BYTES = 4096 };

/*
 * Reads everything of execution but feedback itself. max_bytes 0 means FEEDBACK_BYTES. The result
 * is valid UTF-8, without terminal escapes, never longer than max_bytes, and cut between entries.
 */
const char *feedback_make(struct arena *arena, const struct execution *execution, size_t max_bytes);

#endif
