/* From endings and results to a verdict: pure functions, one rule a line. */
#ifndef PIPELINE_JUDGE_H
#define PIPELINE_JUDGE_H

#include "engine/base/arena.h"
#include "engine/model.h"

struct ruling {
	enum verdict verdict;
	const char *reason; /* one sentence, in the arena */
	int exit_code; /* of the command that decided, -1: none */
	int signal;
};

/* One command on its own: passed, or why not. An install or build is judged by nothing else. */
struct ruling judge_command(struct arena *arena, const struct output *output);

/* All of it. outputs are those of the plan's commands, in order; results those of its tests. */
struct ruling judge(struct arena *arena, const struct output *outputs, size_t count,
		    const struct results *results);

#endif
