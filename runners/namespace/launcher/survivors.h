/* Looks at the processes that outlived their command. */
#ifndef LAUNCHER_SURVIVORS_H
#define LAUNCHER_SURVIVORS_H

#include <stdbool.h>

/*
 * Whether any other process that /proc shows holds one of these pipes open. Allocates nothing;
 * called by a task's init inside its own pid namespace.
 */
bool survivors_hold(int out, int err);

#endif
