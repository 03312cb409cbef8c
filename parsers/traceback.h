/* Python's tracebacks, as pytest and unittest print them. */
#ifndef PARSERS_TRACEBACK_H
#define PARSERS_TRACEBACK_H

#include "parsers/parser.h"

/*
 * What was raised: the lines behind the last frame of the last "Traceback (most recent call
 * last):", "ValueError: boom". Without a traceback the whole text. NULL for an empty text.
 */
char *traceback_message(struct arena *arena, const char *text);

#endif
