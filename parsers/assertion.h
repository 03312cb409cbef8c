/* What a failure's text says in the standard forms of the assertion libraries. */
#ifndef PARSERS_ASSERTION_H
#define PARSERS_ASSERTION_H

#include "engine/base/arena.h"
#include "engine/model.h"

/*
 * Fills expected, actual, file and line of a failed test where they are unknown, from its message
 * and then its stack (both without escape sequences). Leaves them alone where no form is clear:
 * a wrong value is worse than none. Knows pytest, unittest, jest, chai, node:assert, testify and
 * the "got, want" habit of Go, Rust, JUnit, PHPUnit and RSpec.
 */
void assertion_read(struct arena *arena, struct test *test);

/* The values alone. -1 when text has none of the forms. */
int assertion_values(struct arena *arena, const char *text, const char **expected,
		     const char **actual);

/*
 * The place alone: of the frames in text that are not a library's, the one closest to the failure
 * (Python prints the innermost last, others first). -1 when there is none.
 */
int assertion_location(struct arena *arena, const char *text, const char **file, size_t *line);

#endif
