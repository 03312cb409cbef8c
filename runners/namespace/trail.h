/* Where a walk through a tree of folders is, and how far it may go. */
#ifndef NAMESPACE_TRAIL_H
#define NAMESPACE_TRAIL_H

#include <limits.h>
#include <stddef.h>

#include "engine/base/error.h"

enum { TRAIL_DEPTH = 96, TRAIL_NAMES = 2000000 };

struct trail {
	char path[PATH_MAX]; /* relative to where the walk began, "" there */
	size_t len;
	int depth;
	size_t seen; /* names, in all */
};

/* Goes down to name; trail_up(before) comes back. ERROR_TOO_LARGE beyond the limits above. */
int trail_down(struct trail *trail, const char *name, size_t *before, struct error *err);
void trail_up(struct trail *trail, size_t before);

#endif
