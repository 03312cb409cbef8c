/* What engines that died left behind. */
#ifndef NAMESPACE_RECOVER_H
#define NAMESPACE_RECOVER_H

#include "engine/base/error.h"

/*
 * Finishes sealed commits, forgets unsealed ones, removes half-made dependency layers and control
 * groups of engines that are gone. Processes and mounts went with the engine; those of living ones
 * are left alone.
 */
int recover_state(const char *state_dir, struct error *err);

#endif
