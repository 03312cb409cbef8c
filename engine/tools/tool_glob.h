/* File patterns as agents write them: "*.py", "*.{js,ts}", "src/??_test.go". */
#ifndef TOOLS_TOOL_GLOB_H
#define TOOLS_TOOL_GLOB_H

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

enum { GLOB_BYTES = 256, GLOB_ALTERNATIVES = 64 };

struct glob_pattern;

struct glob {
	struct glob_pattern *patterns; /* one for each choice of what stands in braces */
	size_t count;
};

/*
 * ? and * stand for characters of one name, ** for any number of folders, [a-z] and [!a-z] for one of
 * those, {a,b} for either. A pattern without a slash is about the name alone, wherever it is; others are
 * about the path from the workspace. ERROR_INPUT: what cannot be read.
 */
int glob_read(struct arena *arena, const char *text, struct glob *out, struct error *err);

/* Takes at most GLOB_BYTES steps for each byte of path and alternative. */
bool glob_matches(const struct glob *glob, const char *path);

#endif
