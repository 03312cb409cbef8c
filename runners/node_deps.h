/* What a node project needs installed, and the package.json that it gets when it has none. */
#ifndef RUNNERS_NODE_DEPS_H
#define RUNNERS_NODE_DEPS_H

#include "runners/node_project.h"

/*
 * Plans npm's install for package.json and tools (packages that the plan itself needs: "jest");
 * without a package.json it makes one. Nothing is planned when there is nothing to install.
 */
void node_dependencies(const struct plan_request *request, const struct node_project *project,
		       const struct words *tools, struct plan *plan);

#endif
