/* What the commands of an execution printed, piece by piece, from the folder of whole outputs. */
#ifndef API_LOGS_H
#define API_LOGS_H

#include "engine/api/call.h"

/* Answers with the pieces that the query (command, stream, offset, limit) asks for. The row has a report. */
void logs_answer(struct call *call, const struct execution_row *row);

#endif
