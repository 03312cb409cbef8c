/* What the files of the digest share: an output with a budget, and text made fit to be quoted. */
#ifndef PIPELINE_FEEDBACK_PARTS_H
#define PIPELINE_FEEDBACK_PARTS_H

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/model.h"

enum {
	FEEDBACK_LINE = 200, /* bytes of one quoted line */
	FEEDBACK_QUOTED = 65536, /* of a text from outside, no more is looked at */
};

struct feedback {
	struct arena *arena;
	const struct execution *execution;
	struct buf out;
	size_t limit; /* entries may fill out up to here: the rest is for closing lines */
};

/* ---- feedback_text.c ---- */

/* Appends the whole entry, or nothing and false when there is no room for it. */
bool feedback_add(struct feedback *f, const char *entry);

/* "... and N more WHAT", if that fits. */
void feedback_more(struct feedback *f, size_t count, const char *what);

/* A copy without escape sequences and control characters (but tabs and line ends), valid UTF-8. */
const char *feedback_clean(struct arena *arena, const char *text, size_t len);

/* The lines of a clean text that are not blank, with at most one "..." for what max leaves out. */
void feedback_quote(struct buf *out, const char *indent, const char *text, size_t max_lines);

/* One line of at most max bytes, "..." included; line ends in text become spaces. */
void feedback_line(struct buf *out, const char *text, size_t max);

/* ---- one file each ---- */

void feedback_outputs(struct feedback *f); /* commands that failed, and why one can tell */
void feedback_tests(struct feedback *f); /* tests that failed */

#endif
