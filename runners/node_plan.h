/* What JavaScript and TypeScript share: the plan of a reply, and how their text looks. */
#ifndef RUNNERS_NODE_PLAN_H
#define RUNNERS_NODE_PLAN_H

#include "runners/language.h"

/* What both call a test, and how both look to a scanner; lists, for use in initializers. */
#define NODE_TESTS                                                                                 \
	"(?m)^\\s*(describe|it|test)(\\.\\w+)*\\s*\\(\\s*[\"'`]|"                                  \
	"['\"](node:test|vitest|@jest/globals)['\"]"
#define NODE_SYNTAX                                                                                \
	{                                                                                          \
		.line_comments = {"//"}, .block_comments = {{"/*", "*/"}},                         \
		.strings = {{"`", "`"}, {"\"", "\""}, {"'", "'"}}, .multiline_strings = {true},    \
		.holes = {{"${", "}"}}, .regex_literals = true,                                    \
	}

int node_plan(const struct plan_request *request, struct plan *plan, struct error *err);

#endif
