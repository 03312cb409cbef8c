/*
 * The shared part of the file tree, kept as a mount namespace so that each sandbox need only copy
 * it.
 */
#ifndef LAUNCHER_TREE_SHARED_H
#define LAUNCHER_TREE_SHARED_H

#include "engine/base/error.h"
#include "runners/namespace/launcher/tree.h"

/*
 * A descriptor of a mount namespace that tree_build made for this plan; kept by this process for
 * the next caller, so it is not closed. Made anew when one of the mounted folders has been
 * replaced. Needs root. Not thread-safe: called from the loop.
 */
int tree_shared_get(const struct tree_plan *plan, int *fd, struct error *err);

#endif
