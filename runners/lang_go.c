/* Go: go test, or go run for a program without tests. */
#include <string.h>

#include "runners/go_deps.h"
#include "runners/go_modules.h"
#include "runners/plan_parts.h"
#include "runners/sandbox.h"

static void run_tests(const struct plan_request *request, struct plan *plan, const char *const *env,
		      const struct words *patterns)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_TEST);
	struct words argv;

	words_init(&argv, request->arena);
	words_add_all(&argv, LIST("go", "test", "-json"));
	words_add_all(&argv, patterns->items);
	command->argv = argv.items;
	command->env = env;
	command->parser = "go-json";
	command->fallback = "go";
	command->shown = arena_printf(request->arena, "go test %s", words_join(patterns, ""));
}

/* Built first, so that an error of the compiler is told from the program's own exit status. */
static void run_program(const struct plan_request *request, struct plan *plan,
			const char *const *env, const struct words *patterns, const char *path)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_BUILD);
	struct words build, argv;
	int folder = (int)(path_name(path) - path);

	words_init(&build, request->arena);
	words_add_all(&build, LIST("go", "build", "-o", "/dev/null"));
	words_add_all(&build, patterns->items);
	command->argv = build.items;
	command->env = env;
	command->shown = arena_printf(request->arena, "go build %s", words_join(patterns, ""));
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
	const char *go_work = source_tree_read(request->tree, request->arena, "go.work", NULL);
	struct words sources, patterns;
	bool has_tests = false;

	(void)err;
	words_init(&patterns, request->arena);
	if (go_work)
		go_work_patterns(go_work, &patterns);
	bool joined = patterns.count > 0;
	if (!joined)
		words_add(&patterns, "./...");
	words_init(&sources, request->arena);
	plan_sources(request, go.language.extensions, &sources);
	for (size_t i = 0; i < sources.count; i++)
		has_tests = has_tests || path_matches(sources.items[i], go.language.tests);
	const char *const *env = plan->env = go_dependencies(request, &sources,
							     joined ? &patterns : NULL, plan);
	if (has_tests) {
		run_tests(request, plan, env, &patterns);
	} else {
		const char *path = plan_program(request, programs, "func main(");
		if (path)
			run_program(request, plan, env, &patterns, path);
	}
	return 0;
}
