/* Version managers of the rbenv family (pyenv, nodenv, goenv): from a shim to what it would run. */
#ifndef RUNNERS_SHIM_H
#define RUNNERS_SHIM_H

#include "engine/base/arena.h"

/*
 * shim is "<root>/shims/<name>". Answers the executable of the version that is chosen for the user
 * (PYENV_VERSION and the like, else <root>/version), else of an installed one that starts with
 * version (may be NULL). NULL when it is no such shim or nothing is installed.
 */
const char *shim_target(struct arena *arena, const char *shim, const char *version);

#endif
