/*
 * The tool operations of an agent in a sandbox: each engine/tools/tool_<name>.c registers one. Reading
 * ones look at a folder and answer; writing ones say which files shall change. None can name a path outside
 * the workspace. To add one, copy tool_list_directory.c.
 */
#ifndef TOOLS_TOOLS_H
#define TOOLS_TOOLS_H

#include "engine/base/arena.h"
#include "engine/base/json.h"
#include "engine/base/registry.h"
#include "engine/model.h"

struct tool_call {
	struct arena *arena;
	int workspace; /* folder descriptor, for reading */
	const struct json *arguments; /* an object that fits the schema */
	struct json_writer *answer; /* inside an open object: the tool adds its members */
	struct file *files; /* a writing tool's; contents may lie in arguments */
	size_t file_count;
};

/* In a schema: a string, of which every one that comes from a request is without NULs. */
#define TOOL_STRING "\"type\":\"string\",\"pattern\":\"^[^\\\\x00]*$\""

struct tool {
	const char *name; /* "readFile" */
	const char *summary; /* one sentence, for the OpenAPI document and for agents */
	const char *schema; /* of the arguments; its words: engine/api/schema.h */
	/*
	 * Runs on a thread: touches nothing but the call. Bounded in time and in what it answers, and says
	 * in the answer what it left out. Fails with one sentence that the coder can use; the answer is
	 * worth nothing then.
	 */
	int (*run)(struct tool_call *call, struct error *err);
};

REGISTRY(tools, struct tool);

const struct tool *tool_find(const char *name); /* NULL: no such tool */

#endif
