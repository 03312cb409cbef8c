/* TypeScript: what JavaScript runs, with a compiler in front. */
#include "runners/node_plan.h"

static const struct runner typescript = {
	.language =
		{
			.name = "typescript",
			.tags = LIST("typescript", "ts", "tsx", "mts", "cts"),
			.extensions = LIST("ts", "tsx", "mts", "cts"),
			.filenames = LIST("tsconfig.json"),
			.manifests = LIST("tsconfig.json"),
			.tests = LIST("*.test.ts", "*.spec.ts", "*.test.tsx", "*.spec.tsx",
				      "*.test.mts", "*.spec.mts", "*_test.ts", "*-test.ts",
				      "test.ts"),
			.code_name = "main.ts",
			.test_name = "main.test.ts",
			.test_pattern = NODE_TESTS,
			.syntax = NODE_SYNTAX,
		},
	.environment = "nodejs-18",
	.plan = node_plan,
};

REGISTER(runners, struct runner, typescript);
