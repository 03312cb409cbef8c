/* A sandbox that does as it is told: every operation works, fails, refuses, hangs or never answers. */
#ifndef TESTS_SCRIPTED_SANDBOX_H
#define TESTS_SCRIPTED_SANDBOX_H

#include "runners/sandbox.h"

enum script_op {
	OP_OPEN,
	OP_SNAPSHOT,
	OP_PUT,
	OP_EXEC,
	OP_ROLLBACK,
	OP_COMMIT,
	OP_CLOSE,
	OP_COUNT
};

enum script_act {
	WORKS,
	FAILS, /* calls back with an error; an exec runs and exits with 1 */
	REFUSES, /* returns -1 */
	LATE, /* works, but answers only once it is killed */
	HANGS, /* fails, and answers only once it is killed */
	CRASHES, /* FAILS, but an exec ends by a signal */
	STUCK, /* answers only when the test lets it, long after */
};

struct script {
	enum script_act acts[OP_COUNT];
	unsigned failures[OP_COUNT]; /* that an act lasts; 0: for ever */
	enum script_act then[OP_COUNT]; /* the act after them */
	bool revises; /* what commit says */
	/* seen */
	unsigned calls[OP_COUNT];
	unsigned kills, views;
	const char *const *revisions; /* of the last open */
	bool flattens;
	unsigned open; /* sandboxes not yet closed */
};

extern struct script script;
extern const struct sandbox_ops scripted_sandbox;

void script_reset(void);
/* Lets a stuck operation answer now. Returns whether there was one. */
bool script_release(void);

#endif
