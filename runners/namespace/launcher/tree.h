/*
 * The file tree of a sandbox. A small outer one is the launcher's root; the inner one, read-only,
 * is what commands see as "/".
 *
 *     /proc        the host's: the kernel lets nobody mount a fresh one without one in sight
 *     /rw          a tmpfs for what a run writes: layers L1, W1, L2, ...; out, cache
 *     /lower       the workspace folder, read-only
 *     /layers      kept dependency layers, read-only
 *     /revisions   what commits have made, read-only
 *     /building    the dependency layer being made
 *     /root        "/" of commands: usr, etc, dev, the environment's mounts, workspace, ...
 *
 * All but /rw and /lower is the same for every sandbox of an environment, so a privileged engine
 * keeps it (tree_shared.h).
 */
#ifndef LAUNCHER_TREE_H
#define LAUNCHER_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/error.h"

#define TREE_ROOT "/root"
#define TREE_WRITABLE "/rw"
#define TREE_LOWER "/lower"
#define TREE_LAYERS "/layers"
#define TREE_REVISIONS "/revisions"
#define TREE_BUILDING "/building"

struct tree_plan {
	const char *const *mounts; /* host folders or files, read-only at the same path */
	const char *workspace; /* NULL: none */
	const char *layers; /* host folders of dependency layers */
	const char *revisions; /* host folder of revisions */
	const char *building;
	int idmap; /* user namespace that maps the workspace's owner to owner, or -1 */
	uint64_t disk; /* bytes that a run may write */
	const char *writable; /* host folder for what a run writes; NULL: a tmpfs */
	bool privileged; /* real root: may make device nodes */
	uid_t owner; /* of what commands may write */
	gid_t group;
};

/*
 * Mount options of a tmpfs that may take so many bytes; and an inode for each KiB of them, which is what an
 * empty file takes of the kernel's own memory.
 */
enum { TREE_TMPFS_OPTIONS = 96 };
void tree_tmpfs_options(char out[TREE_TMPFS_OPTIONS], const char *mode, uint64_t bytes);

/*
 * All of these run in a forked child: they allocate nothing. The caller is alone in a fresh mount
 * namespace.
 */

/* What one sandbox takes from the host, held by descriptors; -1: nothing. */
struct tree_own {
	int workspace;
	int writable;
};

/* Takes hold of it while the host is still there. */
int tree_take_own(const struct tree_plan *plan, struct tree_own *own, struct error *err);

/* Makes the shared part and moves into it; nothing else of the host is reachable afterwards. */
int tree_build(const struct tree_plan *plan, struct error *err);

/* Adds the sandbox's own part; closes own. */
int tree_furnish(const struct tree_plan *plan, const struct tree_own *own, struct error *err);

#endif
