/* A workspace on disk with an outside next to it, and the tools of agents on it. */
#ifndef TESTS_TOOL_WORLD_H
#define TESTS_TOOL_WORLD_H

#include "engine/base/arena.h"
#include "engine/base/json.h"
#include "engine/tools/tools.h"

struct tool_world {
	char folder[64]; /* holds workspace/ and outside/ */
	int workspace;
	struct schemas *schemas; /* whose patterns the tools' schemas use */
	struct arena arena;
	struct buf answer;
	struct json *read; /* the last answer */
	struct error err; /* of the last call */
	struct tool_call call;
};

void tool_world_open(struct tool_world *world);
void tool_world_close(struct tool_world *world);

/* Relative to the workspace; folders are made. */
void tool_world_put(struct tool_world *world, const char *path, const char *data, size_t len);

/*
 * Calls a tool with arguments as JSON, which must fit its schema. NULL: it failed, and err says why. What it
 * returns, and what the call changes, lives until the next call.
 */
const struct json *tool_world_call(struct tool_world *world, const char *tool,
				   const char *arguments);

#endif
