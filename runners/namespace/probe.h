/* What this host offers the namespace backend, and what it lacks. */
#ifndef NAMESPACE_PROBE_H
#define NAMESPACE_PROBE_H

#include "runners/sandbox.h"

/* out, in the arena: each thing that was tried, once. -1: the state folder cannot be used. */
int probe_host(struct arena *arena, const char *state_dir, struct host_check **out, size_t *count,
	       struct error *err);

#endif
