/* Where a walk through a tree of folders is, and how far it may go. */
#ifndef OVERLAY_TRAIL_H
#define OVERLAY_TRAIL_H

#include <limits.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "runners/namespace/overlay/view.h"

/* A folder counts once for each layer that has it, for each is a descriptor of the engine's. */
enum { TRAIL_DEPTH = 96, TRAIL_NAMES = 2000000, TRAIL_FOLDERS = 2048 };

struct trail {
	char path[PATH_MAX]; /* relative to where the walk began, "" there */
	size_t len;
	int depth;
	size_t seen; /* names, in all */
	size_t open; /* folders, now */
};

/* Goes down to name; trail_up(before) comes back. ERROR_TOO_LARGE beyond the limits above. */
int trail_down(struct trail *trail, const char *name, size_t *before, struct error *err);
void trail_up(struct trail *trail, size_t before);

/* The walk goes through a folder; trail_leave when it is through, also after a failure. */
int trail_enter(struct trail *trail, const struct view *folder, struct error *err);
void trail_leave(struct trail *trail, const struct view *folder);

#endif
