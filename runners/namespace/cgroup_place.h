/* The folders in which this process makes control groups; in v2, how one becomes fit for that. */
#ifndef NAMESPACE_CGROUP_PLACE_H
#define NAMESPACE_CGROUP_PLACE_H

#include "runners/namespace/cgroup_find.h"

/*
 * Looked up at the first call, which must not run beside another: in v2 it may switch controllers on
 * and, where this engine is alone in its group, move it into a leaf of that group, until exit.
 */
const struct cgroup_place *cgroup_place(enum cgroup_controller controller);

#endif
