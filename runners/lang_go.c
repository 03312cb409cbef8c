/* Go: go test, or go run for a program without tests. */
#include "runners/language.h"

static const struct runner go = {
	.language =
		{
			.name = "go",
			.tags = LIST("go", "golang"),
			.extensions = LIST("go"),
			.filenames = LIST("go.mod", "go.sum", "go.work"),
			.manifests = LIST("go.mod", "go.sum", "go.work"),
			.tests = LIST("*_test.go"),
			.code_name = "main.go",
			.test_name = "main_test.go",
			.test_pattern = "(?m)^func (Test|Benchmark|Example|Fuzz)\\w*\\(",
			.syntax =
				{
					.line_comments = {"//"},
					.block_comments = {{"/*", "*/"}},
					.strings = {{"`", "`"}, {"\"", "\""}, {"'", "'"}},
					.raw_strings = {true},
					.multiline_strings = {true},
				},
		},
	.environment = "go-1.21",
};

REGISTER(runners, struct runner, go);
