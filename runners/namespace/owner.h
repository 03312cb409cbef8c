/*
 * Marks what an engine leaves in the state folder and in the control groups as its own, so that the
 * next one can tell the living from the dead: each engine keeps <state>/engines/<id> locked while
 * it lives.
 */
#ifndef NAMESPACE_OWNER_H
#define NAMESPACE_OWNER_H

#include "engine/base/error.h"

enum { OWNER_ID = 48 };

/*
 * The mark of this process in state_dir, made the first time and kept until the process ends. Its
 * id is "PID-STARTTIME". Any thread.
 */
int owner_mark(const char *state_dir, const char **id, struct error *err);

/*
 * This process leaves work undone: its marks stay behind it, for the next engine to find. Any
 * thread.
 */
void owner_leave_marks(void);

/*
 * Calls dead(id, text of the mark, ctx) for every engine that is gone, then removes its mark unless
 * dead returned -1; the first error is told when all were asked. Other engines that do the same at
 * the same time are kept out.
 */
int owner_each_dead(const char *state_dir,
		    int (*dead)(void *ctx, const char *id, const char *text, struct error *err),
		    void *ctx, struct error *err);

#endif
