/* Go's modules and compiled standard library as a dependency layer. */
#ifndef RUNNERS_GO_DEPS_H
#define RUNNERS_GO_DEPS_H

#include "runners/plan_parts.h"

/*
 * Makes go.mod when the tree has none, plans the download of modules and the compilation of what
 * the sources import, and gives the variables for the commands that use it. joined has a pattern for
 * each module of go.work, NULL where there is none.
 */
const char *const *go_dependencies(const struct plan_request *request, const struct words *sources,
				   const struct words *joined, struct plan *plan);

#endif
