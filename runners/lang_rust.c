/* Rust: how it looks. It cannot be run yet. */
#include "runners/language.h"

static const struct runner rust = {
	.language =
		{
			.name = "rust",
			.tags = LIST("rust", "rs"),
			.extensions = LIST("rs"),
			.filenames = LIST("Cargo.toml", "Cargo.lock"),
			.manifests = LIST("Cargo.toml", "Cargo.lock"),
			.tests = LIST("*_test.rs", "test_*.rs"),
			.code_name = "src/main.rs",
			.test_name = "tests/main.rs",
			/* Unit tests stand beside the code they test: a file that has them is
			   still code. */
			.test_pattern = NULL,
			.syntax =
				{
					.line_comments = {"//"},
					.block_comments = {{"/*", "*/"}},
					/* No ' here: it opens lifetimes as well as characters. */
					.strings = {{"r#\"", "\"#"}, {"r\"", "\""}, {"\"", "\""}},
					.raw_strings = {true, true},
					.multiline_strings = {true, true, true},
				},
		},
};

REGISTER(runners, struct runner, rust);
