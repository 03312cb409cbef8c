/*
 * Seals: what a revision's layer holds (names, kinds, modes, links' targets, contents) as one digest, kept
 * with its folder when it is made, so that later one can tell whether it still holds that.
 */
#ifndef OVERLAY_SEAL_H
#define OVERLAY_SEAL_H

#include "engine/base/arena.h"
#include "engine/model.h"
#include "runners/namespace/overlay/chain.h"

/* What looking may cost, whatever the workspace's size: for one seal, and for checking a whole chain. */
enum { SEAL_ENTRIES = 20000, SEAL_BYTES = 64 << 20 };

/* Seals a new revision; one that is larger than that, or on a disk without attributes, gets no seal. */
void seal_put(int folder);

/*
 * Sets changes->verified when every revision of the chain holds what it was sealed with; else doubt, and
 * spoiled when one of them holds something else.
 */
void seal_check(const struct chain *chain, struct arena *arena, struct changes *changes);

#endif
