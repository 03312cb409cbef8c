/* Plans for node: the project's own test script, else its framework, else a plain program. */
#include "runners/node_plan.h"

#include <string.h>

#include "runners/node_deps.h"
#include "runners/node_frameworks.h"
#include "runners/node_project.h"

#define BIN "node_modules/.bin/"

/* More files than this are left to the framework's own discovery. */
enum { LISTED_TESTS = 200 };

/* jest's own default testMatch, without its folders. */
static const char *const jest_globs[] = {"*.test.js",  "*.spec.js",  "*.test.jsx",
					 "*.spec.jsx", "*.test.ts",  "*.spec.ts",
					 "*.test.tsx", "*.spec.tsx", NULL};

static void take_report(struct command *command, const struct node_runner *runner)
{
	command->parser = runner->parser;
	command->report = runner->report;
	command->fallback = runner->fallback;
}

/* ---- npm test ---- */

/*
 * A script that ends in a framework of ours gets its flags behind "--"; of any other only what it
 * prints is known, or its exit status.
 */
static void run_script(const struct plan_request *request, const struct node_project *project,
		       struct plan *plan)
{
	enum node_framework framework = node_framework_of_script(request->arena, project->script);
	bool tests = framework != FRAMEWORK_NONE || project->framework != FRAMEWORK_NONE;
	struct command *command = plan_command(request->arena, plan,
					       tests ? COMMAND_TEST : COMMAND_RUN);
	struct words argv;

	words_init(&argv, request->arena);
	words_add_all(&argv, LIST("npm", "test"));
	if (framework != FRAMEWORK_NONE) {
		const struct node_runner *runner = node_runner_of(framework);
		command->env = runner->options;
		if (!runner->options) {
			words_add(&argv, "--");
			words_add_all(&argv, runner->flags);
		}
		take_report(command, runner);
	} else if (tests) {
		command->parser = node_runner_of(project->framework)->fallback;
	}
	command->argv = argv.items;
	command->shown = "npm test";
}

/* ---- a framework called directly ---- */

static bool all_match(const struct words *tests, const char *const *globs)
{
	for (size_t i = 0; i < tests->count; i++) {
		if (!path_matches(tests->items[i], globs) && !strstr(tests->items[i], "__tests__/"))
			return false;
	}
	return true;
}

/* What a framework needs to be told about these sources. */
static void add_sources(const struct node_project *project, enum node_framework framework,
			struct words *argv)
{
	switch (framework) {
	case FRAMEWORK_JEST:
		if (project->tests.count <= LISTED_TESTS &&
		    !all_match(&project->tests, jest_globs)) {
			words_add(argv, "--testMatch");
			for (size_t i = 0; i < project->tests.count; i++)
				words_addf(argv, "**/%s", project->tests.items[i]);
		}
		break;
	case FRAMEWORK_VITEST:
		if (!project->imports_vitest)
			words_add(argv, "--globals");
		break;
	case FRAMEWORK_MOCHA:
	case FRAMEWORK_NODE: words_add_all(argv, project->tests.items); break;
	case FRAMEWORK_NONE: break;
	}
}

static void add_loader(const struct node_project *project, enum node_framework framework,
		       struct words *argv)
{
	bool wanted = framework == FRAMEWORK_NODE || framework == FRAMEWORK_MOCHA;

	if (wanted && project->typescript)
		words_add_all(argv, LIST("--import", "tsx"));
}

static void run_framework(const struct plan_request *request, const struct node_project *project,
			  enum node_framework framework, struct plan *plan)
{
	static const char *const modules[] = {"NODE_OPTIONS=--experimental-vm-modules", NULL};
	const struct node_runner *runner = node_runner_of(framework);
	struct command *command = plan_command(request->arena, plan, COMMAND_TEST);
	struct words argv, shown;

	words_init(&argv, request->arena);
	words_init(&shown, request->arena);
	words_add(&argv, runner->program ? arena_printf(request->arena, BIN "%s", runner->program)
					 : request->environment->tool_path);
	words_add_all(&shown, runner->program ? LIST("npx", runner->program) : LIST("node"));
	add_loader(project, framework, &argv);
	if (runner->verb) {
		words_add(&argv, runner->verb);
		words_add(&shown, runner->verb);
	}
	words_add_all(&argv, runner->flags);
	add_sources(project, framework, &argv);
	if (framework == FRAMEWORK_JEST && project->needs_modules)
		command->env = modules;
	command->argv = argv.items;
	bool made = !project->given && plan->dependencies.command_count;
	command->shown = made ? "npm test" : words_join(&shown, "");
	take_report(command, runner);
}

/* What has to be installed so that the framework can run these sources. */
static void add_tools(const struct node_project *project, enum node_framework framework,
		      struct words *tools)
{
	const struct node_runner *runner = node_runner_of(framework);

	if (runner->package)
		words_add(tools, runner->package);
	if (framework == FRAMEWORK_JEST) {
		if (project->typescript)
			words_add_all(tools, LIST("ts-jest", "typescript"));
		else if ((project->modules || project->jsx) && !project->needs_modules)
			words_add(tools, "@babel/plugin-transform-modules-commonjs");
		if (project->jsx && !project->typescript)
			words_add(tools, "@babel/preset-react");
		if (project->dom)
			words_add(tools, "jest-environment-jsdom");
	} else if (framework == FRAMEWORK_VITEST) {
		if (project->dom)
			words_add(tools, "jsdom");
	} else if (project->typescript) {
		words_add(tools, "tsx");
	}
}

/* Replies often forget to name the framework that their own script calls. */
static void add_script_tool(const struct plan_request *request, const struct node_project *project,
			    struct words *tools)
{
	enum node_framework framework = node_framework_of_script(request->arena, project->script);

	if (framework != FRAMEWORK_NONE && node_runner_of(framework)->package)
		words_add(tools, node_runner_of(framework)->package);
}

/* ---- plain programs ---- */

static void run_program(const struct plan_request *request, struct plan *plan, const char *path)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_RUN);
	bool typescript = path_has_extension(path, LIST("ts", "tsx", "mts", "cts"));
	struct words argv;

	words_init(&argv, request->arena);
	words_add(&argv, typescript ? BIN "tsx" : request->environment->tool_path);
	words_add(&argv, path);
	command->argv = argv.items;
	command->shown = arena_printf(request->arena, typescript ? "npx tsx %s" : "node %s", path);
}

static const char *program_of(const struct plan_request *request,
			      const struct node_project *project)
{
	static const char *const names[] = {"main.js",  "index.js",  "main.ts",
					    "index.ts", "app.js",    "app.ts",
					    "main.mjs", "index.mjs", NULL};
	const char *path = project->main;

	if (path && strncmp(path, "./", 2) == 0)
		path += 2;
	return path && source_tree_has(request->tree, path)
		       ? path
		       : plan_program(request, names, "require.main === module");
}

static void run_programs(const struct plan_request *request, const struct node_project *project,
			 struct plan *plan)
{
	for (size_t i = 0; i < project->scripts.count; i++)
		run_program(request, plan, project->scripts.items[i]);
	const char *path = program_of(request, project);
	if (!project->scripts.count && path)
		run_program(request, plan, path);
}

/* ---- the plan ---- */

/* Without a script: the framework that package.json names, else the one of the tests. */
static enum node_framework framework_of(const struct node_project *project)
{
	if (!project->tests.count)
		return FRAMEWORK_NONE;
	for (size_t i = FRAMEWORK_JEST; i <= FRAMEWORK_MOCHA; i++) {
		const char *package = node_runner_of((enum node_framework)i)->package;
		if (project->given && words_have(&project->named, package))
			return (enum node_framework)i;
	}
	/* vitest runs TypeScript as it is, and all of jest's functions but jest's own. */
	if (project->framework == FRAMEWORK_JEST && project->typescript && !project->given &&
	    !project->calls_jest)
		return FRAMEWORK_VITEST;
	return project->framework;
}

static void note_lockfiles(const struct plan_request *request, struct plan *plan)
{
	static const char *const others[] = {"yarn.lock", "pnpm-lock.yaml", "bun.lockb"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (source_tree_has(request->tree, others[i]))
			plan_note(request->arena, plan,
				  "%s is not read yet: npm installs from package.json", others[i]);
	}
}

int node_plan(const struct plan_request *request, struct plan *plan, struct error *err)
{
	struct node_project project;
	struct words tools;

	(void)err;
	words_init(&tools, request->arena);
	node_project_read(request, &project);
	bool scripted = project.given && project.script;
	enum node_framework framework = framework_of(&project);
	if (!project.given)
		project.framework = framework;
	if (scripted)
		add_script_tool(request, &project, &tools);
	else if (framework != FRAMEWORK_NONE)
		add_tools(&project, framework, &tools);
	else if (project.typescript)
		words_add(&tools, "tsx");
	node_dependencies(request, &project, &tools, plan);
	note_lockfiles(request, plan);
	if (scripted)
		run_script(request, &project, plan);
	else if (framework != FRAMEWORK_NONE)
		run_framework(request, &project, framework, plan);
	else
		run_programs(request, &project, plan);
	return 0;
}
