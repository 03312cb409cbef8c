/* From a reply's blocks to a plan: which language, which environment, what to place and to run. */
#ifndef RUNNERS_PLAN_H
#define RUNNERS_PLAN_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"
#include "runners/environment.h"

/*
 * Plans the used blocks over the workspace (workspace_dirfd, or -1: there is none yet). environment
 * is a template's name, or NULL: the default of the language that has tests, else of the one with
 * the most code. state_dir is environment_load's. Runs nothing of the reply's and writes nothing
 * outside state_dir. Everything in env_out and out lives in arena or borrows from blocks.
 *
 * Fails with ERROR_NOT_FOUND (no such environment), ERROR_UNAVAILABLE (no toolchain, or a language
 * that has no environment yet), ERROR_USAGE (the environment runs another language) or ERROR_INPUT
 * (a template or a manifest that cannot be read).
 */
int plan_make(struct arena *arena, const struct blocks *blocks, const char *environment,
	      const char *state_dir, int workspace_dirfd, bool no_install,
	      struct environment *env_out, struct plan *out, struct error *err);

#endif
