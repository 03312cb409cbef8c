/* How each test framework of node is made to leave a report beside what it prints. */
#ifndef RUNNERS_NODE_FRAMEWORKS_H
#define RUNNERS_NODE_FRAMEWORKS_H

#include "runners/node_project.h"

struct node_runner {
	const char *program; /* in node_modules/.bin; NULL: node itself */
	const char *package; /* NULL: comes with node */
	const char *verb; /* its first argument, or NULL */
	const char *const *flags; /* that make it report; NULL-terminated */
	const char *const *options; /* the same as environment, where flags cannot be appended */
	const char *parser, *report, *fallback;
};

const struct node_runner *node_runner_of(enum node_framework framework); /* never of NONE */

/*
 * The framework that a test script runs last, so that flags put behind the script reach it:
 * "eslint . && jest --ci" is jest's. FRAMEWORK_NONE when it is none of ours, or is piped elsewhere.
 */
enum node_framework node_framework_of_script(struct arena *arena, const char *script);

#endif
