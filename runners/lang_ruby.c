/* Ruby: how it looks. It cannot be run yet. */
#include "runners/language.h"

static const struct runner ruby = {
	.language =
		{
			.name = "ruby",
			.tags = LIST("ruby", "rb"),
			.extensions = LIST("rb", "rake", "gemspec"),
			.filenames = LIST("Gemfile", "Gemfile.lock", "Rakefile"),
			.manifests = LIST("Gemfile", "Gemfile.lock"),
			.tests = LIST("*_spec.rb", "*_test.rb", "test_*.rb"),
			.code_name = "main.rb",
			.test_name = "main_test.rb",
			.test_pattern = "(?m)^\\s*(RSpec\\.)?describe\\s|Minitest::Test|"
					"Test::Unit::TestCase",
			.syntax =
				{
					.line_comments = {"#"},
					.block_comments = {{"=begin", "=end"}},
					.strings = {{"\"", "\""}, {"'", "'"}, {"`", "`"}},
					.multiline_strings = {true, true, true},
				},
		},
};

REGISTER(runners, struct runner, ruby);
