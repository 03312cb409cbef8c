/* What a Python project needs installed, and the commands that install it. */
#ifndef RUNNERS_PYTHON_DEPS_H
#define RUNNERS_PYTHON_DEPS_H

#include "runners/plan_parts.h"

/*
 * Plans a virtual environment for the tree's requirements.txt, pyproject.toml or else its imports,
 * and for tools (packages that the plan itself needs: "pytest"). Gives the interpreter to run with:
 * that of the environment, or the host's when nothing has to be installed.
 */
const char *python_dependencies(const struct plan_request *request, const struct words *sources,
				const struct words *tools, struct plan *plan);

/*
 * Adds the strings of [project] dependencies and of the optional groups for tests in a
 * pyproject.toml. False when the project declares its dependencies in a way that cannot be read
 * without running its build tool.
 */
bool pyproject_dependencies(const char *text, struct words *out);

#endif
