/*
 * The shared part of the file tree, kept as a mount namespace so that each sandbox need only copy
 * it.
 */
#ifndef NAMESPACE_TEMPLATE_H
#define NAMESPACE_TEMPLATE_H

#include "engine/base/error.h"
#include "runners/namespace/tree.h"

/*
 * A descriptor of a mount namespace that tree_build made for this plan; kept by this process for
 * the next caller, so it is not closed. Made anew when one of the mounted folders has been
 * replaced. Needs root. Not thread-safe: called from the loop.
 */
int template_get(const struct tree_plan *plan, int *fd, struct error *err);

#endif
