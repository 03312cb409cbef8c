/*
 * Python's dependencies: requirements.txt and pyproject.toml where there are such, else packages
 * for the imports, installed by the host's pip into a virtual environment of the dependency layer.
 */
#include "runners/python_deps.h"

#include <ctype.h>
#include <string.h>

#include "runners/imports.h"
#include "runners/python_modules.h"
#include "runners/sandbox.h"

#define LAYER_VENV SANDBOX_DEPS "/venv"
#define PLACE_VENV SANDBOX_CACHE "/venv" /* gone with the sandbox, and no part of the workspace */

enum { SOURCES_MAX = 2000, NAME_MAX_LEN = 100 };

/* Packages that code needs without importing them. */
static const struct {
	const char *word, *package;
} implied[] = {
	{"pytest.mark.asyncio", "pytest-asyncio"},
	{"mocker", "pytest-mock"},
	{"fastapi.testclient", "httpx"},
	{"starlette.testclient", "httpx"},
	{"EmailStr", "email-validator"},
	{"UploadFile", "python-multipart"},
	{"OAuth2PasswordRequestForm", "python-multipart"},
	{"sqlite+aiosqlite", "aiosqlite"},
	{"read_excel", "openpyxl"},
	{"to_excel", "openpyxl"},
	{"Jinja2Templates", "Jinja2"},
	{"pytest.mark.django_db", "pytest-django"},
};

/* ---- packages from imports ---- */

/* A file or folder of that name anywhere: tests import what stands beside them. */
static bool is_local(const struct source_tree *tree, const char *module)
{
	size_t len = strcspn(module, ".");

	for (size_t i = 0; i < tree->listed_count; i++) {
		for (const char *part = tree->listed[i];;) {
			size_t part_len = strcspn(part, "/");
			bool named = strncmp(part, module, len) == 0;
			if (named && (part_len == len || strcmp(part + len, ".py") == 0))
				return true;
			if (!part[part_len])
				break;
			part += part_len + 1;
		}
	}
	return false;
}

static void add_package(const struct plan_request *request, const char *module, struct words *out)
{
	char *top = arena_copy(request->arena, module, strcspn(module, "."));

	if (strlen(module) > NAME_MAX_LEN || is_local(request->tree, module) ||
	    python_is_placeholder(top))
		return;
	const char *package = package_python(request->arena, module);
	if (package)
		words_add_new(out, package);
}

static void packages_of(const struct plan_request *request, const struct words *sources,
			struct words *out)
{
	struct words modules;

	words_init(&modules, request->arena);
	for (size_t i = 0; i < sources->count && i < SOURCES_MAX; i++) {
		const char *text = plan_text(request, sources->items[i]);
		imports_python(text, &modules);
		for (size_t j = 0; j < sizeof(implied) / sizeof(*implied); j++) {
			if (text_has_word(text, implied[j].word))
				words_add_new(out, implied[j].package);
		}
	}
	for (size_t i = 0; i < modules.count; i++)
		add_package(request, modules.items[i], out);
	words_sort(out);
}

static void note_imports(const struct plan_request *request, struct plan *plan,
			 const struct words *packages, const struct words *tools)
{
	struct words news;

	words_init(&news, request->arena);
	for (size_t i = 0; i < packages->count; i++) {
		if (!words_have(tools, packages->items[i]))
			words_add(&news, packages->items[i]);
	}
	if (news.count)
		plan_note(request->arena, plan, "packages taken from the imports: %s",
			  words_join(&news, ""));
}

/* ---- manifests ---- */

/* Whether a requirements file names package: "Flask[async]>=2" names flask. */
static bool is_required_as(const char *text, const char *package)
{
	size_t len = strlen(package);

	for (const char *line = text; *line; line += *line == '\n') {
		line += strspn(line, " \t");
		bool named = strncasecmp(line, package, len) == 0;
		if (named && !isalnum((unsigned char)line[len]) && !strchr("-_.", line[len]))
			return true;
		if (named && !line[len])
			return true;
		line += strcspn(line, "\n");
	}
	return false;
}

/* Lines that install the project itself: ".", "-e .", "./lib", "file:..." */
static bool needs_sources(const char *text)
{
	for (const char *line = text; *line; line += *line == '\n') {
		line += strspn(line, " \t");
		if (strncmp(line, "-e", 2) == 0 || strncmp(line, "--editable", 10) == 0 ||
		    *line == '.' || strncmp(line, "file:", 5) == 0)
			return true;
		line += strcspn(line, "\n");
	}
	return false;
}

/* Every requirements*.txt of the root, because one may include another. */
static bool take_requirements(const struct plan_request *request, struct plan *plan,
			      struct words *arguments, struct words *named)
{
	const struct source_tree *tree = request->tree;
	struct dependencies *wanted = &plan->dependencies;
	bool found = false;

	for (size_t i = 0; i < tree->listed_count; i++) {
		const char *path = tree->listed[i];
		size_t len = strlen(path);
		if (strncmp(path, "requirements", 12) != 0 || strchr(path, '/') ||
		    strcmp(path + len - 4, ".txt") != 0 || !plan_manifest_from(request, plan, path))
			continue;
		found = true;
		words_add(arguments, "-r");
		words_add(arguments, path);
		words_add(named, wanted->files[wanted->file_count - 1].data);
		if (needs_sources(wanted->files[wanted->file_count - 1].data)) {
			wanted->in_place = true;
			wanted->why_in_place = "requirements.txt installs the project itself";
		}
	}
	return found;
}

static bool take_pyproject(const struct plan_request *request, struct plan *plan,
			   struct words *arguments, struct words *named)
{
	const char *text = source_tree_read(request->tree, request->arena, "pyproject.toml", NULL);
	struct words listed;

	if (!text || (!strstr(text, "[project]") && !strstr(text, "[tool.poetry]")))
		return false;
	words_init(&listed, request->arena);
	if (!pyproject_dependencies(text, &listed)) {
		plan->dependencies.in_place = true;
		plan->dependencies.why_in_place =
			"pyproject.toml leaves its dependencies to its build tool";
		words_add(arguments, ".");
		return true;
	}
	words_add_all(arguments, listed.items);
	words_add_all(named, listed.items);
	return true;
}

/* ---- the commands ---- */

static void add_commands(const struct plan_request *request, struct plan *plan, const char *venv,
			 const struct words *arguments)
{
	struct words argv;

	words_init(&argv, request->arena);
	words_add_all(&argv,
		      LIST(request->environment->tool_path, "-m", "venv", "--without-pip", venv));
	struct command *make = plan_install(request->arena, plan);
	make->argv = argv.items;
	make->shown = arena_printf(request->arena, "python -m venv %s", venv);

	/* pip is the host's: the environment's own would have to be installed each time. */
	words_init(&argv, request->arena);
	words_add_all(&argv, LIST(request->environment->tool_path, "-m", "pip", "--python",
				  arena_printf(request->arena, "%s/bin/python", venv), "install",
				  "--no-input", "--no-cache-dir", "--disable-pip-version-check",
				  "--progress-bar", "off"));
	words_add_all(&argv, arguments->items);
	struct command *install = plan_install(request->arena, plan);
	install->argv = argv.items;
	install->shown = arena_printf(request->arena, "pip install %s", words_join(arguments, ""));
}

static void add_tools(const struct words *tools, const struct words *named, struct words *arguments)
{
	for (size_t i = 0; i < tools->count; i++) {
		bool have = words_have(arguments, tools->items[i]);
		for (size_t j = 0; j < named->count && !have; j++)
			have = is_required_as(named->items[j], tools->items[i]);
		if (!have)
			words_add(arguments, tools->items[i]);
	}
}

const char *python_dependencies(const struct plan_request *request, const struct words *sources,
				const struct words *tools, struct plan *plan)
{
	static const char *const registries[] = {"pip", NULL};
	struct dependencies *wanted = &plan->dependencies;
	struct words arguments, named;

	words_init(&arguments, request->arena);
	words_init(&named, request->arena);
	if (request->no_install)
		return request->environment->tool_path;
	if (!take_requirements(request, plan, &arguments, &named) &&
	    !take_pyproject(request, plan, &arguments, &named)) {
		packages_of(request, sources, &arguments);
		note_imports(request, plan, &arguments, tools);
	}
	add_tools(tools, &named, &arguments);
	if (!arguments.count)
		return request->environment->tool_path;
	wanted->registries = registries;
	const char *venv = wanted->in_place ? PLACE_VENV : LAYER_VENV;
	add_commands(request, plan, venv, &arguments);
	plan_seal(plan, request->environment, request->arena);
	return arena_printf(request->arena, "%s/bin/python", venv);
}
