/* Room for dependency layers: what was not used for the longest time goes. */
#ifndef NAMESPACE_EVICT_H
#define NAMESPACE_EVICT_H

#include "runners/sandbox.h"

/* As in struct sandbox_ops. */
int evict_layers(const char *state_dir, uint64_t most, struct layers_kept *kept, struct error *err);

/*
 * The same on a thread of its own, which the end of the process does not wait for. What goes wrong
 * there is tried again by the next one. Any thread.
 */
void evict_start(const char *state_dir, uint64_t most);

/* Starts the removal of what evictions that were cut short left, if there is any. */
void evict_leftovers(const char *state_dir);

#endif
