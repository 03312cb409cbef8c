/* How a process becomes the launcher of a sandbox; each function once, in this order. */
#ifndef LAUNCHER_ENTER_H
#define LAUNCHER_ENTER_H

#include <sys/types.h>

#include "engine/base/error.h"
#include "runners/namespace/launcher/launcher.h"

/* Where the socket to the engine is moved before all other descriptors are closed. */
enum { FD_SOCKET = 3 };

/*
 * CLONE_CLEAR_SIGHAND has dealt with handlers; what the engine or its stem ignores must reach the
 * commands.
 */
void enter_reset_signals(void);

/* What an engine of a real-time class has the right to, commands have not; its nice value is theirs. */
void enter_reset_priority(void);

/* Moves what is kept to the lowest numbers and closes everything else that the engine has open. */
int enter_keep_descriptors(int socket, struct launcher_plan *plan, struct error *err);

/*
 * Makes the namespaces and the file tree, which is sent to the engine, and waits for what the engine
 * makes meanwhile; uid and gid are the engine's own. *oom_score: the file that commands set theirs by,
 * open. Does not return where the engine is gone.
 */
int enter_sandbox(struct launcher_plan *plan, uid_t uid, gid_t gid, int *oom_score,
		  struct error *err);

/* No program that is ever executed here may have a capability; we still have ours, to mount with. */
void enter_bound_capabilities(void);

#endif
