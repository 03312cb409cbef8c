/* What every cmocka test of a real sandbox starts from: a fixture, and commands that must work. */
#ifndef TESTS_DRIVE_CMOCKA_H
#define TESTS_DRIVE_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/drive.h"

static inline int setup(void **state)
{
	struct drive *d = calloc(1, sizeof(*d));

	drive_init(d);
	*state = d;
	return 0;
}

static inline int teardown(void **state)
{
	drive_done(*state);
	free(*state);
	return 0;
}

static inline void opened(struct drive *d)
{
	if (drive_open(d, d->workspace))
		fail_msg("open: %s", d->err.text);
}

static inline void shell(struct drive *d, const char *line)
{
	if (drive_shell(d, line))
		fail_msg("%s: %s", line, d->err.text);
}

/* Runs line and expects this on standard output. */
static inline void says(struct drive *d, const char *line, const char *expected)
{
	shell(d, line);
	if (strcmp(d->out.out.text, expected) != 0)
		fail_msg("%s said: %s%s", line, d->out.out.text, d->out.err.text);
}

#endif
