/* The report of an execution: written once, then the same bytes for everybody. */
#ifndef SERVICE_ANSWER_H
#define SERVICE_ANSWER_H

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/model.h"

struct trial;

/*
 * The report of trial->execution and of all candidates, into an initialised buf; never cut, though one
 * of more than 128 MiB is written without the code and the output.
 */
void answer_write(struct trial *trial, struct buf *out);
/* Whether that takes so long (a millisecond for 128 KiB) that a thread should do it. */
bool answer_is_large(const struct trial *trial);

/* An execution that ended without a job; strings are borrowed. */
void answer_unrun(struct arena *arena, const char *id, enum verdict verdict, const char *reason,
		  struct execution *out);

#endif
