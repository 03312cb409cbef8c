/* What sub-commands read and where they write: files, standard streams, and people at a terminal. */
#ifndef COMMANDS_STREAMS_H
#define COMMANDS_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/*
 * All of the named file, or of standard input for NULL and "-". what says what is read ("a reply",
 * "test output") in the hint for someone who typed the command alone at a terminal (ERROR_USAGE).
 * The buf is initialised here; longer than max is ERROR_TOO_LARGE.
 */
int streams_read(const char *file, const char *what, size_t max, struct buf *out,
		 struct error *err);

/*
 * Writes to the named file (whole or not at all, except where it is no regular file: a pipe, a
 * device) or, for NULL and "-", to standard output. A reader of standard output who has left is no
 * error.
 */
int streams_write(const char *file, const char *data, size_t len, struct error *err);

/* To standard error: "assay NAME: text", control characters made visible. */
void streams_complain(const char *name, const char *text);

/* --colour auto|always|never, for what is written to fd; NO_COLOR and a dumb terminal count. */
const char *streams_colour_choice(size_t index);
bool streams_colour(const char *choice, int fd);

/*
 * Makes descriptors 0, 1 and 2 exist and SIGPIPE harmless: a caller that closed one must not have
 * it taken by the next file we open. Signals that the caller ignores or blocks are heard again.
 */
void streams_init(void);

#endif
