/*
 * Marks what an engine leaves in the state folder and in the control groups as its own, so that the next one
 * can tell the living from the dead: each engine keeps <state>/engines/<id> locked while it lives.
 */
#ifndef NAMESPACE_OWNER_H
#define NAMESPACE_OWNER_H

#include "engine/base/error.h"

enum { OWNER_ID = 48 };

/* Takes the mark of this process for state_dir; its id is "PID-STARTTIME", valid while it is held. */
int owner_acquire(const char *state_dir, const char **id, struct error *err);
void owner_release(void);

/*
 * Calls dead(id, text of the mark, ctx) for every engine that is gone, then removes its mark unless dead
 * returned -1. Other engines that do the same at the same time are kept out.
 */
int owner_each_dead(const char *state_dir,
		    int (*dead)(void *ctx, const char *id, const char *text, struct error *err),
		    void *ctx, struct error *err);

#endif
