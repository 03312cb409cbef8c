/* Runs a submission for a call and answers it: at once, as a stream, or later. */
#ifndef API_EXECUTION_H
#define API_EXECUTION_H

#include "engine/api/call.h"

/* Writes the dialect's answer, one JSON document. call->own is the dialect's. */
typedef void (*execution_answer_fn)(struct call *call, const struct outcome *outcome,
				    struct buf *out);

/*
 * Answers 200 with what `answer` writes; as events when the client accepts them; 202 when it asked for that
 * or for a callback. A client that leaves cancels its execution, unless it said otherwise, or gave a key
 * or a URL by which it will be asked for.
 */
void execution_run(struct call *call, const struct submission *submission,
		   execution_answer_fn answer);

/*
 * Events of an execution that is under way or over, after the one that the client names or from the first
 * that is kept; then its report.
 */
void execution_follow(struct call *call, const char *id);

/* The report itself. */
void execution_report(struct call *call, const struct outcome *outcome, struct buf *out);

#endif
