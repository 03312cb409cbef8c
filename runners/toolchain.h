/* Finds the toolchain that a template asks for on this host: the real executable and its folder. */
#ifndef RUNNERS_TOOLCHAIN_H
#define RUNNERS_TOOLCHAIN_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "runners/template.h"

struct toolchain {
	const char *path; /* the executable behind links and shims */
	const char *bin; /* the folder it is in */
	const char *const *mounts; /* what it needs to run; NULL-terminated */
	const char *version; /* the first line of what it says of its version */
};

/*
 * Looks for the template's names along PATH, best name first. The version command runs once for
 * each executable: its answer is kept in state_dir (may be NULL) under the file's identity, size
 * and times, so an upgraded tool is asked again. ERROR_UNAVAILABLE when there is none that works.
 */
int toolchain_find(struct arena *arena, const struct template *template, const char *state_dir,
		   struct toolchain *out, struct error *err);

#endif
