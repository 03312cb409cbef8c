/* C++: how it looks. It cannot be run yet. */
#include "runners/language.h"

static const struct runner cpp = {
	.language =
		{
			.name = "cpp",
			.tags = LIST("cpp", "c++", "cxx", "cc", "hpp", "c++11", "c++14", "c++17",
				     "c++20", "c++23", "cplusplus"),
			.extensions = LIST("cpp", "cc", "cxx", "hpp", "hh", "hxx"),
			.filenames = LIST("conanfile.txt"),
			.manifests = LIST("conanfile.txt"),
			.tests = LIST("test_*.cpp", "*_test.cpp", "test_*.cc", "*_test.cc"),
			.code_name = "main.cpp",
			.test_name = "test_main.cpp",
			.test_pattern = "(?m)^\\s*(TEST|TEST_F|TEST_P|TEST_CASE)\\s*\\(",
			.syntax =
				{
					.line_comments = {"//"},
					.block_comments = {{"/*", "*/"}},
					.strings = {{"R\"(", ")\""}, {"\"", "\""}, {"'", "'"}},
					.raw_strings = {true},
					.multiline_strings = {true},
				},
		},
};

REGISTER(runners, struct runner, cpp);
