/*
 * A tree of folders being written in the order in which changes_walk tells of it: a folder is made
 * only once something is put into it, and gets its mode and times when the walk has left it.
 */
#ifndef OVERLAY_SHELF_H
#define OVERLAY_SHELF_H

#include <stdbool.h>

#include "runners/namespace/overlay/changes.h"
#include "runners/namespace/overlay/trail.h"

struct shelf_level {
	int fd; /* -1: not made yet */
	size_t len; /* of its path */
	bool opaque; /* hides what older revisions have there */
	mode_t mode;
	struct timespec times[2];
};

struct shelf {
	uid_t owner;
	gid_t group;
	char path[PATH_MAX]; /* of the deepest level */
	struct shelf_level levels[TRAIL_DEPTH + 1];
	size_t depth;
};

/* Borrows target, the root of the tree. */
void shelf_init(struct shelf *shelf, int target, uid_t owner, gid_t group);

/* Leaves all folders; on failure one has not got its mode or times. */
int shelf_done(struct shelf *shelf, struct error *err);

/*
 * Leaves the folders that path is not in. *inside says whether the deepest that is left holds path
 * itself, and not only a folder above it.
 */
int shelf_reach(struct shelf *shelf, const char *path, bool *inside, struct error *err);

/* The rest of path, from the deepest folder on. */
const char *shelf_inner(const struct shelf *shelf, const char *path);

/* Whether the deepest folder hides what older revisions have there. */
bool shelf_is_opaque(const struct shelf *shelf);

/* The folder of entry becomes the deepest. */
void shelf_enter(struct shelf *shelf, const struct changes_entry *entry, bool opaque);

/* The deepest folder, made with all above it. */
int shelf_folder(struct shelf *shelf, int *fd, struct error *err);

#endif
