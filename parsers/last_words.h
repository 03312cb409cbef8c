/* What a program without tests wrote to standard error when it died: what was wrong, and where. */
#ifndef PARSERS_LAST_WORDS_H
#define PARSERS_LAST_WORDS_H

#include "engine/base/arena.h"
#include "engine/model.h"

/*
 * Fills message, stack, values, file and line of a failed test from the last uncaught error in the
 * text: Python 3's tracebacks and syntax errors, Node.js' uncaught errors (16 and newer), Go's
 * panics and fatal errors, bash's "FILE: line N: ...". Strings live in the arena. Returns -1, and
 * leaves the test alone, where there is none.
 */
int last_words_read(struct arena *arena, struct test *test, const char *text, size_t len);

#endif
