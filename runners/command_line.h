/* Shell lines that somebody gives instead of what a planner would run: what each of them is for. */
#ifndef RUNNERS_COMMAND_LINE_H
#define RUNNERS_COMMAND_LINE_H

#include "engine/base/arena.h"
#include "engine/model.h"
#include "runners/environment.h"

/* Whether one of the lines (NULL-terminated) is an install: the plan then needs none of its own. */
bool command_lines_install(const char *const *lines);

/*
 * Replaces the plan's commands by the lines, in their order. A line that is plainly a package client's
 * install ("npm ci", "cd api && pip install -r requirements.txt") runs in place before the others, for
 * only installs reach a registry; what it is followed by ("npm ci && npm test") stays a line. A line
 * that ends in a test runner is a test, its results are found in what it prints. All else is judged by
 * its exit status. Lines are borrowed.
 */
void command_lines_plan(struct arena *arena, const char *const *lines,
			const struct environment *environment, bool no_install, struct plan *plan);

#endif
