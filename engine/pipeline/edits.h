/*
 * A reply's edits: read, shown to the checks, and applied over the workspace and the reply's own
 * files.
 */
#ifndef PIPELINE_EDITS_H
#define PIPELINE_EDITS_H

#include "engine/base/arena.h"
#include "engine/model.h"
#include "parsers/edit.h"

/* Reads the edits of all blocks; a block that cannot be read is a finding ("edit-malformed"). */
void edits_read(struct arena *arena, const struct blocks *blocks, struct edits *out,
		struct findings *findings);

/*
 * The blocks as the checks are to see them: in the place of a block that edits stand its parts,
 * one for each file, with the file's language and the lines that the edit brings or keeps.
 */
struct blocks edits_parts(struct arena *arena, const struct blocks *blocks,
			  const struct edits *edits, const struct language *const *languages);

/* The files that edits make, change and remove, as they are afterwards. */
struct edited {
	struct file *files;
	size_t count;
	const char **notes; /* NULL-terminated, or NULL */
};

/*
 * Applies the edits in document order, each to what the reply's files and edits before it and the
 * workspace (workspace_dirfd, -1: there is none) hold. All are tried; each that does not fit is a
 * finding ("edit-does-not-fit"), and then out is not for use.
 */
void edits_apply(struct arena *arena, const struct blocks *blocks, const struct edits *edits,
		 int workspace_dirfd, struct edited *out, struct findings *findings);

#endif
