/* Java: how it looks. It cannot be run yet. */
#include "runners/language.h"

static const struct runner java = {
	.language =
		{
			.name = "java",
			.tags = LIST("java"),
			.extensions = LIST("java"),
			.filenames = LIST("pom.xml", "build.gradle", "settings.gradle"),
			.manifests = LIST("pom.xml", "build.gradle", "settings.gradle"),
			.tests = LIST("*Test.java", "*Tests.java", "Test*.java"),
			.code_name = "Main.java",
			.test_name = "MainTest.java",
			.test_pattern = "(?m)^\\s*@(Test|ParameterizedTest|RepeatedTest)\\b",
			.syntax =
				{
					.line_comments = {"//"},
					.block_comments = {{"/*", "*/"}},
					.strings = {{"\"\"\"", "\"\"\""}, {"\"", "\""}, {"'", "'"}},
					.multiline_strings = {true},
				},
		},
};

REGISTER(runners, struct runner, java);
