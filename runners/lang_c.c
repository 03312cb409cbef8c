/* C: how it looks. It cannot be run yet. */
#include "runners/language.h"

static const struct runner c = {
	.language =
		{
			.name = "c",
			.tags = LIST("c", "h", "c99", "c11", "c17", "ansi-c"),
			.extensions = LIST("c", "h"),
			.filenames = LIST("CMakeLists.txt", "Makefile", "makefile", "GNUmakefile"),
			.manifests = LIST("CMakeLists.txt", "Makefile"),
			.tests = LIST("test_*.c", "*_test.c"),
			.code_name = "main.c",
			.test_name = "test_main.c",
			.syntax =
				{
					.line_comments = {"//"},
					.block_comments = {{"/*", "*/"}},
					.strings = {{"\"", "\""}, {"'", "'"}},
				},
		},
};

REGISTER(runners, struct runner, c);
