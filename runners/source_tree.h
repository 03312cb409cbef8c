/* A reply's files laid over an existing folder, for reading: what the workspace will look like. */
#ifndef RUNNERS_SOURCE_TREE_H
#define RUNNERS_SOURCE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

struct source_tree {
	const struct file *files; /* on top; borrowed */
	size_t file_count;
	int dirfd; /* the workspace, or -1: there is none yet */
	const char **listed; /* every path, workspace and files, sorted, no duplicates */
	size_t listed_count;
	bool cut; /* the workspace has more files than the listing may hold */
};

/*
 * Lists the workspace (at most 20,000 files, 16 levels; .git, node_modules, __pycache__, .venv and
 * target are not entered; symbolic links are not followed) under the reply's files.
 */
int source_tree_init(struct source_tree *tree, struct arena *arena, const struct file *files,
		     size_t file_count, int workspace_dirfd, struct error *err);

bool source_tree_has(const struct source_tree *tree, const char *path);

enum source_kind {
	SOURCE_NONE, /* there is nothing of that name */
	SOURCE_FILE, /* source_tree_read has its text */
	SOURCE_LARGE, /* over 4 MiB */
	SOURCE_OTHER, /* a folder, a link, something that may not be read */
};

/* What stands in the workspace, whatever the reply's files are. */
enum source_kind source_tree_look(int workspace_dirfd, const char *path, bool *executable);

/*
 * The text of path, in the arena or the reply's own; NULL when it is absent, over 4 MiB or not a
 * regular file. len may be NULL.
 */
const char *source_tree_read(const struct source_tree *tree, struct arena *arena, const char *path,
			     size_t *len);

#endif
