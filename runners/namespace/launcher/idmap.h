/*
 * User namespaces that only map ids: what a mount needs to show a folder's files as the sandbox's
 * own.
 */
#ifndef LAUNCHER_IDMAP_H
#define LAUNCHER_IDMAP_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/error.h"

/*
 * Whether we are root of the host: root of a user namespace ("rootless" container) may neither make device
 * nodes nor take an id that its namespace does not map, and is here what a plain user is.
 */
bool idmap_real_root(void);

/*
 * A descriptor of a namespace in which uid and gid are to_uid and to_gid; kept by this process for
 * the next caller, so it is not closed. Needs root. Not thread-safe: called from the loop.
 */
int idmap_get(uid_t uid, gid_t gid, uid_t to_uid, gid_t to_gid, int *fd, struct error *err);

#endif
