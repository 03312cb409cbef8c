/* What an install may reach, as the host's own package clients are configured. */
#ifndef PIPELINE_REACHABLE_H
#define PIPELINE_REACHABLE_H

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "runners/environment.h"

struct reachable {
	bool asked; /* the clients were: of an environment's own hosts alone it is not */
	const char **hosts; /* "host:port"; all three NULL-terminated, in the arena */
	const char **env; /* for the clients inside */
	const char **mounts; /* the environment's, and files that the clients name */
};

/*
 * Asks the clients of kinds (NULL-terminated, or NULL: none), which takes some 100 ms each the first time;
 * what they said is kept for five minutes. Any thread.
 */
int reachable_load(struct reachable *list, struct arena *arena,
		   const struct environment *environment, const char *const *kinds,
		   struct error *err);

#endif
