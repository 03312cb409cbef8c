/* What a failed Rust test printed: its own output, then how it failed. */
#ifndef PARSERS_RUST_FAILURE_H
#define PARSERS_RUST_FAILURE_H

#include "parsers/term.h"

/* Fills message, stack, output, values and place from the lines between from and to. */
void rust_failure_read(struct arena *arena, struct test *test, const char *from, const char *to);

#endif
