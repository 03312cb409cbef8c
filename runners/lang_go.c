/* Go: go test, or go run for a program without tests. */
#include <string.h>

#include "runners/go_deps.h"
#include "runners/plan_parts.h"
#include "runners/sandbox.h"

static void run_tests(const struct plan_request *request, struct plan *plan, const char *const *env)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_TEST);
	static const char *const argv[] = {"go", "test", "-json", "./...", NULL};

	command->argv = argv;
	command->env = env;
	command->parser = "go-json";
	command->fallback = "go";
	command->shown = "go test ./...";
}

/* Built first, so that an error of the compiler is told from the program's own exit status. */
static void run_program(const struct plan_request *request, struct plan *plan,
			const char *const *env, const char *path)
{
	static const char *const build[] = {"go", "build", "-o", "/dev/null", "./...", NULL};
	struct command *command = plan_command(request->arena, plan, COMMAND_BUILD);
	struct words argv;
	int folder = (int)(path_name(path) - path);

	command->argv = build;
	command->env = env;
	command->shown = "go build ./...";
	words_init(&argv, request->arena);
	words_add_all(&argv, LIST("go", "run"));
	if (folder)
		words_addf(&argv, "./%.*s", folder - 1, path);
	else
		words_add(&argv, ".");
	command = plan_command(request->arena, plan, COMMAND_RUN);
	command->argv = argv.items;
	command->env = env;
	command->shown = words_join(&argv, "");
}

static int plan_go(const struct plan_request *request, struct plan *plan, struct error *err);

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
	.plan = plan_go,
};

REGISTER(runners, struct runner, go);

static int plan_go(const struct plan_request *request, struct plan *plan, struct error *err)
{
	static const char *const programs[] = {"main.go", NULL};
	struct words sources;
	bool has_tests = false;

	(void)err;
	words_init(&sources, request->arena);
	plan_sources(request, go.language.extensions, &sources);
	for (size_t i = 0; i < sources.count; i++)
		has_tests = has_tests || path_matches(sources.items[i], go.language.tests);
	const char *const *env = plan->env = go_dependencies(request, &sources, plan);
	if (has_tests) {
		run_tests(request, plan, env);
	} else {
		const char *path = plan_program(request, programs, "func main(");
		if (path)
			run_program(request, plan, env, path);
	}
	return 0;
}
