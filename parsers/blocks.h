/* What each fenced block is for: its language, its file and its role. */
#ifndef PARSERS_BLOCKS_H
#define PARSERS_BLOCKS_H

#include "parsers/fence.h"

/* languages is NULL-terminated. out's strings live in the arena or in the fences' own. */
void blocks_describe(const struct fences *fences, const struct language *const *languages,
		     struct arena *arena, struct blocks *out);

#endif
