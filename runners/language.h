/*
 * What a language needs in order to run: each runners/lang_<name>.c defines one and registers it.
 * To add a language, copy runners/lang_bash.c, the smallest.
 */
#ifndef RUNNERS_LANGUAGE_H
#define RUNNERS_LANGUAGE_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/registry.h"
#include "engine/model.h"
#include "runners/environment.h"
#include "runners/source_tree.h"

/* What a planner may look at. It reads; it runs nothing of the reply's. */
struct plan_request {
	struct arena *arena;
	const struct environment *environment;
	const struct source_tree *tree; /* the reply's files over the workspace's */
	const char *const *program; /* code paths in reply order, NULL-terminated: what a plain
					   program run would start is the last or the "main" one */
	bool no_install;
};

struct runner {
	struct language language; /* first, so that a language is its runner */
	const char *environment; /* default environment: "python-3.11" */
	/* Fills dependencies, commands, notes and scaffold files of plan. */
	int (*plan)(const struct plan_request *request, struct plan *plan, struct error *err);
};

REGISTRY(runners, struct runner);

/*
 * A NULL-terminated array of strings, for the tables of a language; inside a function it lives only
 * as long as the block around it.
 */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* NULL-terminated array of every registered language's text side, in the arena. */
const struct language *const *language_all(struct arena *arena);

const struct runner *runner_for(const struct language *language); /* NULL: cannot be run */

#endif
