/* Bash: scripts judged by their exit status, and bats tests. */
#include "runners/language.h"

static const struct runner bash = {
	.language =
		{
			.name = "bash",
			.tags = LIST("bash", "sh", "shell", "zsh", "ksh", "shellscript", "bats",
				     "shell-script"),
			.extensions = LIST("sh", "bash", "bats"),
			.filenames = LIST(".bashrc"),
			.manifests = (const char *const[]){NULL},
			.tests = LIST("*.bats", "test_*.sh", "*_test.sh", "*.test.sh"),
			.code_name = "main.sh",
			.test_name = "test_main.sh",
			.test_pattern = "(?m)^@test [\"']",
			.syntax =
				{
					.line_comments = {"#"},
					.strings = {{"\"", "\""}, {"'", "'"}},
					.raw_strings = {false, true},
					.multiline_strings = {true, true},
				},
		},
	.environment = "bash",
};

REGISTER(runners, struct runner, bash);
