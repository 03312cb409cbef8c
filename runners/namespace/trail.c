/* Where a walk through a tree of folders is, and how far it may go. */
#include "runners/namespace/trail.h"

#include <stdio.h>

int trail_down(struct trail *trail, const char *name, size_t *before, struct error *err)
{
	size_t room = sizeof(trail->path) - trail->len;

	*before = trail->len;
	int len = snprintf(trail->path + trail->len, room, "%s%s", trail->len ? "/" : "", name);
	if (len < 0 || (size_t)len >= room || trail->depth >= TRAIL_DEPTH) {
		trail->path[trail->len] = '\0';
		return error_set(err, ERROR_TOO_LARGE,
				 "the workspace is nested deeper than %d folders", TRAIL_DEPTH);
	}
	if (++trail->seen > TRAIL_NAMES)
		return error_set(err, ERROR_TOO_LARGE, "more than %d files were changed",
				 TRAIL_NAMES);
	trail->len += (size_t)len;
	trail->depth++;
	return 0;
}

void trail_up(struct trail *trail, size_t before)
{
	trail->len = before;
	trail->path[before] = '\0';
	trail->depth--;
}
