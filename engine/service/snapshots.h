/* Names for what a sandbox held: a snapshot, or its last success. */
#ifndef SERVICE_SNAPSHOTS_H
#define SERVICE_SNAPSHOTS_H

#include "engine/base/arena.h"
#include "engine/service/sandboxes.h"

/* The revision that word names, NULL: the empty workspace. ERROR_NOT_FOUND: it names none. */
int snapshots_find(const struct sandbox_entry *sandbox, struct arena *arena, const char *word,
		   const char **revision, struct error *err);

#endif
