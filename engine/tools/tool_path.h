/* What an agent names a file by, and what lies there: nothing outside the workspace is ever opened. */
#ifndef TOOLS_TOOL_PATH_H
#define TOOLS_TOOL_PATH_H

#include <sys/stat.h>

#include "engine/tools/tools.h"

/*
 * The argument of that name as a path relative to the workspace, "." for the workspace itself: "./a//b",
 * "a/b/" and "/workspace/a/b" are "a/b". Refuses other absolute paths, "..", control characters.
 */
int tool_path(const struct tool_call *call, const char *key, const char *otherwise,
	      const char **out, struct error *err);

/* The same for a file that shall change: not the workspace itself and nothing of .git. */
int tool_path_to_change(const struct tool_call *call, const char *key, const char **out,
			struct error *err);

/*
 * A descriptor for reading a regular file or a folder. Symbolic links are followed as long as they stay
 * in the workspace. Nothing that could hang or answer (a pipe, a device, a socket) is opened.
 * ERROR_NOT_FOUND: nothing is there.
 */
int tool_open_file(int workspace, const char *path, struct stat *status, struct error *err);
int tool_open_folder(int workspace, const char *path, struct error *err);

/* What is at path, a symbolic link in its last part not followed. */
int tool_look(int workspace, const char *path, struct stat *status, struct error *err);

#endif
