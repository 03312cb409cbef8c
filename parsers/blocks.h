/* What each fenced block is for: its language, its file and its role. */
#ifndef PARSERS_BLOCKS_H
#define PARSERS_BLOCKS_H

#include "parsers/fence.h"

/* languages is NULL-terminated. out's strings live in the arena or in the fences' own. */
void blocks_describe(const struct fences *fences, const struct language *const *languages,
		     struct arena *arena, struct blocks *out);

/*
 * The same for files that somebody gave outright: the caller has set each block's code, path (NULL: to be
 * named like a bare block) and tag (as given, or NULL). A file is never an edit, a session or output.
 */
void blocks_describe_files(struct blocks *blocks, const struct language *const *languages,
			   struct arena *arena);

#endif
