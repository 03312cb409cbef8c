/* PHP: how it looks. It cannot be run yet. */
#include "runners/language.h"

static const struct runner php = {
	.language =
		{
			.name = "php",
			.tags = LIST("php", "php7", "php8"),
			.extensions = LIST("php"),
			.filenames = LIST("composer.json", "composer.lock", "phpunit.xml"),
			.manifests = LIST("composer.json", "composer.lock"),
			.tests = LIST("*Test.php"),
			.code_name = "main.php",
			.test_name = "MainTest.php",
			.test_pattern =
				"(?m)extends\\s+\\\\?(PHPUnit\\\\Framework\\\\)?TestCase\\b",
			.syntax =
				{
					.line_comments = {"//", "#"},
					.block_comments = {{"/*", "*/"}},
					.strings = {{"\"", "\""}, {"'", "'"}},
					.multiline_strings = {true, true},
				},
		},
};

REGISTER(runners, struct runner, php);
