/* How JavaScript's runners print a failure: a message, a code frame, the stack. */
#ifndef PARSERS_JS_FAILURE_H
#define PARSERS_JS_FAILURE_H

#include "parsers/term.h"

/*
 * Fills a test's message (up to the first code frame or stack line), stack (all of it), values and
 * place from the lines between from and to. A second text for the same test is added to the stack.
 */
void js_failure_read(struct arena *arena, struct test *test, const char *from, const char *to);

#endif
