/* What is known by name about node's modules and the packages of its registry. */
#ifndef RUNNERS_NODE_PACKAGES_H
#define RUNNERS_NODE_PACKAGES_H

#include <stdbool.h>

bool node_is_builtin(const char *name); /* without "node:" */

/*
 * The range to ask for when a reply names a package only by importing it: one that runs on node 18
 * and that code in the wild is written for. "*" when any will do. commonjs: the code uses require(),
 * which newer versions of some packages no longer allow.
 */
const char *node_version_of(const char *package, bool commonjs);

#endif
