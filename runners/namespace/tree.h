/*
 * The file tree of a sandbox. Two tmpfs: the outer one is the launcher's root and holds what a run
 * writes; the inner one, read-only, is what commands see as "/".
 *
 *     /            writable layers (L1, W1, L2, ...), out, cache
 *     /proc        the host's, only because the kernel lets nobody mount a fresh proc without one in sight
 *     /lower       the workspace folder, read-only
 *     /layers      kept dependency layers, read-only
 *     /building    the dependency layer being made
 *     /root        "/" of commands: usr, etc, dev, the environment's mounts, workspace, deps, out, cache
 */
#ifndef NAMESPACE_TREE_H
#define NAMESPACE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/error.h"

#define TREE_ROOT "/root"
#define TREE_LOWER "/lower"
#define TREE_LAYERS "/layers"
#define TREE_BUILDING "/building"

struct tree_plan {
	const char *const *mounts; /* host folders or files, read-only at the same path */
	const char *workspace; /* NULL: none */
	const char *layers; /* host folders of dependency layers */
	const char *building;
	int idmap; /* user namespace that maps the workspace's owner to owner, or -1 */
	uint64_t disk; /* bytes that a run may write */
	bool privileged; /* real root: may make device nodes */
	uid_t owner; /* of what commands may write */
	gid_t group;
};

/*
 * Makes the tree and moves the calling process into it; nothing of the host is reachable afterwards. The
 * caller is alone in a fresh mount namespace. Allocates nothing: safe in a forked child.
 */
int tree_enter(const struct tree_plan *plan, struct error *err);

#endif
