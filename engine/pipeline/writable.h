/* Whether the workspace will take what a plan writes: asked before anything runs. */
#ifndef PIPELINE_WRITABLE_H
#define PIPELINE_WRITABLE_H

#include "engine/base/error.h"
#include "engine/model.h"

/* folder is the open workspace, -1 where there is none yet: then the one above it is asked. */
int writable_check(const char *workspace, int folder, const struct plan *plan, struct error *err);

#endif
