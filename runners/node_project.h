/* A JavaScript or TypeScript project as its files tell it: package.json, module system, tests. */
#ifndef RUNNERS_NODE_PROJECT_H
#define RUNNERS_NODE_PROJECT_H

#include "engine/base/json.h"
#include "runners/plan_parts.h"

enum node_framework {
	FRAMEWORK_NONE,
	FRAMEWORK_JEST,
	FRAMEWORK_VITEST,
	FRAMEWORK_MOCHA,
	FRAMEWORK_NODE, /* node:test */
};

struct node_project {
	bool given; /* there is a package.json that was not made here */
	const char *script; /* its scripts.test; NULL: none, or npm's "no test specified" */
	const char *main; /* its main, or NULL */
	const char *needs_sources; /* why an install cannot do with the manifests; NULL: it can */
	const char *lockfile; /* "package-lock.json", or NULL */
	struct words named; /* every package that it depends on */

	struct words sources; /* all JavaScript and TypeScript */
	struct words tests; /* those of them that hold tests */
	struct words scripts; /* those named like tests that hold none */
	struct words imports; /* specifiers of all sources */
	bool typescript; /* the tests, or without tests the program, are in TypeScript */
	bool modules; /* import and export in a .js file */
	bool commonjs; /* require or module.exports in a .js file */
	bool needs_modules; /* import.meta or await outside functions */
	bool jsx;
	bool dom; /* tests that want a document */
	bool imports_vitest; /* else its functions are global */
	bool calls_jest; /* jest.fn() and the like: no other framework will do */
	enum node_framework framework;
};

/* The description in every package.json made here, so that the next run may make it anew. */
#define NODE_MADE_MARK "made by assay: the reply had none"

void node_project_read(const struct plan_request *request, struct node_project *out);

#endif
