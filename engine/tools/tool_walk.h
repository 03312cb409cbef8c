/* A walk over a workspace, in the order of names, that ends when it has taken enough. */
#ifndef TOOLS_TOOL_WALK_H
#define TOOLS_TOOL_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

enum walk_kind { WALK_FILE, WALK_FOLDER, WALK_LINK, WALK_OTHER };

struct walk_entry {
	const char *path; /* from the workspace */
	const char *name; /* the last part */
	int folder; /* descriptor of the folder that holds it */
	enum walk_kind kind;
	unsigned depth; /* 1: in the folder where the walk began */
};

enum walk_next { WALK_ON, WALK_PAST /* not into this folder */, WALK_STOP };

struct walk {
	unsigned depth; /* folders deeper are not entered; 0: WALK_DEPTH */
	bool ignored_too; /* .git, node_modules and the like are entered as well */
	enum walk_next (*visit)(void *ctx, const struct walk_entry *entry);
	void *ctx;

	/* What came of it. */
	size_t entries; /* seen */
	const char *why; /* a bound ended it, or left something out: a clause; NULL: all was seen */

	double deadline; /* walk.c's own: clock_ms */
	char *path;
};

enum { WALK_DEPTH = 64, WALK_ENTRIES = 200 * 1000, WALK_MS = 5000 };

/* Symbolic links are entries and never followed. start is a path of tool_path. */
int tool_walk(struct walk *walk, int workspace, const char *start, struct error *err);

/* The walk's time is over: a long visit asks, and stops. */
bool tool_walk_late(struct walk *walk);

/* What a search can tell of a file that it does not look into. */
enum text_kind { TEXT_WHOLE, TEXT_BINARY, TEXT_LARGE, TEXT_UNREADABLE };

/* Reads a file of the walk into text (emptied first), up to text->max bytes. */
enum text_kind tool_walk_read(const struct walk_entry *entry, struct buf *text);

#endif
