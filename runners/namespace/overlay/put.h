/* Writes and removes files in the newest layer as if through the merged workspace. */
#ifndef OVERLAY_PUT_H
#define OVERLAY_PUT_H

#include "engine/model.h"
#include "runners/namespace/overlay/stack.h"

/*
 * A path that is absolute, climbs, or runs through anything but folders is ERROR_INPUT. Files
 * before the one that failed stay written: the caller rolls back. One to remove that is not there is
 * ERROR_NOT_FOUND.
 */
int put_files(const struct stack *stack, const struct file *files, size_t count, struct error *err);

/* The same into a plain folder; owner and group as above. */
int put_into(int folder, uid_t owner, gid_t group, const struct file *files, size_t count,
	     struct error *err);

#endif
