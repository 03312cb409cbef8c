/* From a reply's blocks to a plan: which language, which environment, what to place and to run. */
#ifndef RUNNERS_PLAN_H
#define RUNNERS_PLAN_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"
#include "runners/environment.h"

/* What is asked for; borrowed. */
struct plan_order {
	const struct blocks *blocks; /* the used ones become files */
	const struct file *edited; /* what the reply's edits make, change and remove, as if the
				      reply held these files whole */
	size_t edited_count;
	const char *const *lines; /* shell lines that run instead of what a planner would run (see
				     command_line.h), NULL-terminated; NULL: the planner says */
	const char *environment; /* a template's name; NULL: the default of the language that has
				    tests, else of the one with the most code */
	const char *state_dir; /* environment_load's */
	int workspace_dirfd; /* what the blocks are laid over; -1: there is nothing yet */
	bool no_install;
};

/*
 * Runs nothing of the reply's and writes nothing outside state_dir. Everything in env_out and out lives
 * in arena or borrows from the order.
 *
 * Fails with ERROR_NOT_FOUND (no such environment), ERROR_UNAVAILABLE (no toolchain, or a language
 * that has no environment yet), ERROR_USAGE (the environment runs another language) or ERROR_INPUT
 * (a template or a manifest that cannot be read). With lines and an environment any language will do.
 */
int plan_make(struct arena *arena, const struct plan_order *order, struct environment *env_out,
	      struct plan *out, struct error *err);

#endif
