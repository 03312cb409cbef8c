/* Where a walk through a tree of folders is, and how far it may go. */
#include "runners/namespace/overlay/trail.h"

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

static size_t layers_of(const struct view *folder)
{
	size_t count = 0;

	for (size_t i = 0; i < folder->count; i++)
		count += folder->fds[i] >= 0;
	return count;
}

int trail_enter(struct trail *trail, const struct view *folder, struct error *err)
{
	trail->open += layers_of(folder);
	if (trail->open > TRAIL_FOLDERS)
		return error_set(err, ERROR_TOO_LARGE,
				 "the workspace is nested too deep in too many layers");
	return 0;
}

void trail_leave(struct trail *trail, const struct view *folder)
{
	trail->open -= layers_of(folder);
}
