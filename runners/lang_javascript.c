/* JavaScript: npm test, or jest, vitest, mocha, node:test or a plain program. */
#include "runners/node_plan.h"

static const struct runner javascript = {
	.language =
		{
			.name = "javascript",
			.tags = LIST("javascript", "js", "node", "nodejs", "jsx", "mjs", "cjs",
				     "es6", "ecmascript"),
			.extensions = LIST("js", "mjs", "cjs", "jsx"),
			.filenames = LIST("package.json", "package-lock.json",
					  "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
					  ".npmrc"),
			.manifests = LIST("package.json", "package-lock.json",
					  "npm-shrinkwrap.json"),
			.tests = LIST("*.test.js", "*.spec.js", "*.test.mjs", "*.spec.mjs",
				      "*.test.cjs", "*.spec.cjs", "*.test.jsx", "*.spec.jsx",
				      "*_test.js", "*-test.js", "test-*.js", "test.js"),
			.code_name = "main.js",
			.test_name = "main.test.js",
			.test_pattern = NODE_TESTS,
			.syntax = NODE_SYNTAX,
		},
	.environment = "nodejs-18",
	.plan = node_plan,
};

REGISTER(runners, struct runner, javascript);
