/*
 * Where the writable layers of a run lie. On a tmpfs they are fast, limited in size, and gone with the sandbox;
 * but before Linux 6.6 a tmpfs has no user.* attributes, which overlayfs in a user namespace needs. There they
 * lie in <state>/runs/<owner>-<n>, and limits.disk is not enforced.
 */
#ifndef OVERLAY_STORAGE_H
#define OVERLAY_STORAGE_H

#include <stdbool.h>

/* Tried once for each process. */
bool storage_on_tmpfs(void);

/* For tests: pretends that this host's tmpfs cannot do it. */
void storage_pretend_old(bool old);

#endif
