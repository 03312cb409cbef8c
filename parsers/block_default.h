/* Names for blocks that have none, and which of two versions of a program counts. */
#ifndef PARSERS_BLOCK_DEFAULT_H
#define PARSERS_BLOCK_DEFAULT_H

#include "engine/base/arena.h"
#include "engine/model.h"

/*
 * Used blocks without a path get the name that other blocks import them by, or their language's
 * default for code or tests: main.py, then main_2.py, avoiding every explicit path. A block that defines all that an earlier nameless block
 * of its language and role defines is a new version of it: the earlier one is not used.
 */
void block_defaults(struct blocks *blocks, struct arena *arena);

#endif
