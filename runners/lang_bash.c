/* Bash: scripts judged by their exit status, and bats tests. */
#include <string.h>

#include "engine/base/file.h"
#include "runners/plan_parts.h"
#include "runners/sandbox.h"

static bool is_bats(const char *path)
{
	return path_has_extension(path, LIST("bats"));
}

static void run_script(const struct plan_request *request, struct plan *plan, const char *path)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_RUN);
	struct words argv;

	words_init(&argv, request->arena);
	words_add_all(&argv, LIST("bash", path));
	command->argv = argv.items;
	command->shown = words_join(&argv, "");
}

static int run_bats(const struct plan_request *request, struct plan *plan,
		    const struct words *tests, struct error *err)
{
	struct words argv;

	/* It is a set of scripts below /usr, which every environment mounts. */
	if (!file_exists("/usr/bin/bats") && !file_exists("/usr/local/bin/bats"))
		return error_set(err, ERROR_UNAVAILABLE,
				 "the tests need bats; install it with: apt-get install bats");
	words_init(&argv, request->arena);
	words_add_all(&argv, LIST("bats", "--tap"));
	words_add_all(&argv, tests->items);
	struct command *command = plan_command(request->arena, plan, COMMAND_TEST);
	command->argv = argv.items;
	command->parser = "tap";
	command->shown = arena_printf(request->arena, "bats %s", words_join(tests, ""));
	return 0;
}

static int plan_bash(const struct plan_request *request, struct plan *plan, struct error *err);

static const struct runner bash = {
	.language =
		{
			.name = "bash",
			.tags = LIST("bash", "sh", "shell", "zsh", "ksh", "shellscript", "bats",
				     "shell-script"),
			.extensions = LIST("sh", "bash", "bats"),
			.filenames = LIST(".bashrc"),
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
					.holes = {{"$(", ")"}},
					.word_comments = true,
					.heredocs = true,
				},
		},
	.environment = "bash",
	.plan = plan_bash,
};

REGISTER(runners, struct runner, bash);

/* bats tests, else the test scripts, else the program. */
static int plan_bash(const struct plan_request *request, struct plan *plan, struct error *err)
{
	static const char *const programs[] = {"main.sh", "run.sh", "script.sh", NULL};
	struct words tests, bats;

	words_init(&tests, request->arena);
	words_init(&bats, request->arena);
	plan_tests(request, &bash.language, &tests);
	for (size_t i = 0; i < tests.count; i++) {
		if (is_bats(tests.items[i]))
			words_add(&bats, tests.items[i]);
	}
	if (bats.count)
		return run_bats(request, plan, &bats, err);
	for (size_t i = 0; i < tests.count; i++)
		run_script(request, plan, tests.items[i]);
	const char *path = plan_program(request, programs, NULL);
	if (!tests.count && path)
		run_script(request, plan, path);
	return 0;
}
