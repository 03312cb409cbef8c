/* Python: pytest, unittest or a plain program; its dependencies in a virtual environment. */
#include <string.h>

#include "runners/plan_parts.h"
#include "runners/python_deps.h"
#include "runners/sandbox.h"

#define REPORT "pytest.xml"

/* More files than this are left to the runner's own discovery. */
enum { LISTED_TESTS = 200 };

enum style { STYLE_NONE, STYLE_UNITTEST, STYLE_PYTEST };

static const char *const test_globs[] = {"test_*.py", "*_test.py", NULL};

/* ---- what the tests are written for ---- */

static bool starts(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

static enum style style_of_line(const char *line, size_t len)
{
	if (starts(line, "import pytest") || starts(line, "from pytest") ||
	    starts(line, "@pytest.") || starts(line, "def test_") ||
	    starts(line, "async def test_"))
		return STYLE_PYTEST;
	if (!starts(line, "class "))
		return STYLE_NONE;
	if (memmem(line, len, "TestCase", 8))
		return STYLE_UNITTEST;
	return starts(line, "class Test") ? STYLE_PYTEST : STYLE_NONE;
}

/* pytest runs unittest's classes too, but not the reverse: one pytest test decides for a file. */
static enum style style_of(const char *text)
{
	enum style style = STYLE_NONE;

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		enum style found = style_of_line(line, len);
		if (found > style)
			style = found;
		line += len + (line[len] == '\n');
	}
	return style;
}

/* Keeps the paths that hold tests. */
static enum style keep_tests(const struct plan_request *request, const char *const *paths,
			     struct words *tests)
{
	enum style style = STYLE_NONE;

	for (; *paths; paths++) {
		enum style found = style_of(plan_text(request, *paths));
		if (found != STYLE_NONE)
			words_add(tests, *paths);
		if (found > style)
			style = found;
	}
	return style;
}

/* ---- commands ---- */

static const char *const *test_env(const struct plan_request *request)
{
	static const char *const root[] = {"PYTHONPATH=" SANDBOX_WORKSPACE, NULL};
	static const char *const root_and_src[] = {
		"PYTHONPATH=" SANDBOX_WORKSPACE ":" SANDBOX_WORKSPACE "/src", NULL};
	const struct source_tree *tree = request->tree;
	bool has_src = false;

	for (size_t i = 0; i < tree->listed_count; i++)
		has_src = has_src || starts(tree->listed[i], "src/");
	/* The src layout: what an installed package would find, its tests must find here. */
	return has_src && !source_tree_has(tree, "src/__init__.py") ? root_and_src : root;
}

static bool all_match(const struct words *tests)
{
	for (size_t i = 0; i < tests->count; i++) {
		if (!path_matches(tests->items[i], test_globs))
			return false;
	}
	return true;
}

/*
 * xunit1 is the family that has file and line of each test. The cache goes where it is forgotten;
 * the plugin stays, for a project's own options may name it.
 */
static void run_pytest(const struct plan_request *request, struct plan *plan, const char *python,
		       const struct words *tests)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_TEST);
	struct words argv, shown;

	words_init(&shown, request->arena);
	words_init(&argv, request->arena);
	words_add_all(&argv, LIST(python, "-m", "pytest", "-v", "--color=no", "-o",
				  "cache_dir=/tmp/.pytest_cache", "-o", "junit_family=xunit1", "-o",
				  "junit_logging=out-err", "-o", "junit_log_passing_tests=false",
				  "--junitxml=" SANDBOX_OUT "/" REPORT));
	words_add(&shown, "pytest");
	if (tests->count <= LISTED_TESTS && !all_match(tests)) {
		words_add_all(&argv, tests->items);
		words_add_all(&shown, tests->items);
	}
	command->argv = argv.items;
	command->env = test_env(request);
	command->parser = "junit";
	command->report = REPORT;
	command->fallback = "pytest";
	command->shown = words_join(&shown, "");
}

/* Files are named, because discovery passes over folders without __init__.py. */
static void run_unittest(const struct plan_request *request, struct plan *plan, const char *python,
			 const struct words *tests)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_TEST);
	struct words argv, shown;

	words_init(&argv, request->arena);
	words_init(&shown, request->arena);
	words_add_all(&argv, LIST(python, "-m", "unittest", "-v"));
	words_add_all(&shown, LIST("python", "-m", "unittest", "-v"));
	if (tests->count <= LISTED_TESTS) {
		words_add_all(&argv, tests->items);
		words_add_all(&shown, tests->items);
	}
	command->argv = argv.items;
	command->env = test_env(request);
	command->parser = "unittest";
	command->shown = words_join(&shown, "");
}

static void run_program(const struct plan_request *request, struct plan *plan, const char *python,
			const char *path)
{
	struct command *command = plan_command(request->arena, plan, COMMAND_RUN);
	struct words argv;

	words_init(&argv, request->arena);
	words_add_all(&argv, LIST(python, path));
	command->argv = argv.items;
	command->shown = arena_printf(request->arena, "python %s", path);
}

/* Scripts that are named like tests but hold no test functions: each is run as it is. */
static bool run_scripts(const struct plan_request *request, struct plan *plan, const char *python,
			const struct words *scripts)
{
	const struct source_tree *tree = request->tree;

	for (size_t i = 0; i < scripts->count; i++) {
		for (size_t j = 0; j < tree->file_count; j++) {
			if (strcmp(tree->files[j].path, scripts->items[i]) == 0)
				run_program(request, plan, python, scripts->items[i]);
		}
	}
	return plan->command_count != 0;
}

/* ---- the plan ---- */

/* unittest imports a file by its name: "test-app.py" cannot be. */
static bool importable(const struct words *tests)
{
	for (size_t i = 0; i < tests->count; i++) {
		if (strpbrk(tests->items[i], "- "))
			return false;
	}
	return true;
}

static int plan_python(const struct plan_request *request, struct plan *plan, struct error *err);

static const struct runner python = {
	.language =
		{
			.name = "python",
			.tags = LIST("python", "py", "python3", "python2", "py3", "pytest"),
			.extensions = LIST("py", "pyi", "pyw"),
			.filenames = LIST("requirements.txt", "requirements-dev.txt",
					  "pyproject.toml", "setup.py", "setup.cfg", "Pipfile",
					  "pytest.ini", "tox.ini"),
			.manifests = LIST("requirements.txt", "requirements-dev.txt",
					  "pyproject.toml", "setup.py", "setup.cfg"),
			.tests = test_globs,
			.code_name = "main.py",
			.test_name = "test_main.py",
			.test_pattern =
				"(?m)^(async )?def test_|^class \\w+\\((unittest\\.)?TestCase"
				"\\)|^class Test\\w*[(:]|^(import|from) pytest\\b",
			.syntax =
				{
					.line_comments = {"#"},
					.strings = {{"\"\"\"", "\"\"\""},
						    {"'''", "'''"},
						    {"\"", "\""},
						    {"'", "'"}},
					.multiline_strings = {true, true},
				},
		},
	.environment = "python-3.11",
	.plan = plan_python,
};

REGISTER(runners, struct runner, python);

static int plan_python(const struct plan_request *request, struct plan *plan, struct error *err)
{
	static const char *const programs[] = {"main.py", "__main__.py", "app.py", NULL};
	struct words sources, candidates, tests, tools;

	(void)err;
	plan->env = test_env(request);
	words_init(&sources, request->arena);
	words_init(&candidates, request->arena);
	words_init(&tests, request->arena);
	words_init(&tools, request->arena);
	plan_sources(request, python.language.extensions, &sources);
	plan_tests(request, &python.language, &candidates);
	enum style style = keep_tests(request, candidates.items, &tests);
	if (style == STYLE_NONE) /* tests may stand in the file that they test */
		style = keep_tests(request, request->program, &tests);
	if (style == STYLE_UNITTEST && !importable(&tests))
		style = STYLE_PYTEST;
	if (style == STYLE_PYTEST)
		words_add(&tools, "pytest");

	const char *interpreter = python_dependencies(request, &sources, &tools, plan);
	if (style == STYLE_PYTEST) {
		run_pytest(request, plan, interpreter, &tests);
	} else if (style == STYLE_UNITTEST) {
		run_unittest(request, plan, interpreter, &tests);
	} else if (!run_scripts(request, plan, interpreter, &candidates)) {
		const char *path = plan_program(request, programs, "__name__ ==");
		if (path)
			run_program(request, plan, interpreter, path);
	}
	return 0;
}
