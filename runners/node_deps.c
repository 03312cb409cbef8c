/* npm: manifests in, node_modules out, as a layer of its own. */
#include "runners/node_deps.h"

#include <string.h>

#include "runners/imports.h"
#include "runners/node_packages.h"

/* ---- packages from imports ---- */

static void packages_of(const struct plan_request *request, const struct node_project *project,
			struct words *out)
{
	for (size_t i = 0; i < project->imports.count; i++) {
		const char *package = package_javascript(request->arena, project->imports.items[i]);
		if (package)
			words_add_new(out, package);
	}
	words_sort(out);
}

static const char *versioned(struct arena *arena, const char *package, bool commonjs)
{
	return arena_printf(arena, "%s@%s", package, node_version_of(package, commonjs));
}

/* ---- a package.json for code that came without ---- */

static const char *script_of(const struct node_project *project)
{
	switch (project->framework) {
	case FRAMEWORK_JEST: return "jest";
	case FRAMEWORK_VITEST:
		return project->imports_vitest ? "vitest run" : "vitest run --globals";
	case FRAMEWORK_MOCHA: return "mocha";
	case FRAMEWORK_NODE: return "node --test";
	case FRAMEWORK_NONE: break;
	}
	return NULL;
}

static void put_versions(struct json_writer *w, const char *key, const struct words *packages,
			 const struct words *except, bool commonjs)
{
	json_object_begin(w, key);
	for (size_t i = 0; i < packages->count; i++) {
		const char *name = packages->items[i];
		if (!except || !words_have(except, name))
			json_put_string(w, name, node_version_of(name, commonjs));
	}
	json_object_end(w);
}

/* jest runs CommonJS: modules, JSX and TypeScript reach it through a transform. */
static void put_jest(struct json_writer *w, const struct node_project *project)
{
	if (project->typescript) {
		json_object_begin(w, "jest");
		json_object_begin(w, "transform");
		json_array_begin(w, "^.+\\.[tj]sx?$");
		json_put_string(w, NULL, "ts-jest");
		json_object_begin(w, NULL);
		json_put_bool(w, "diagnostics", false);
		json_object_begin(w, "tsconfig");
		json_put_bool(w, "allowJs", true);
		json_put_bool(w, "esModuleInterop", true);
		json_put_bool(w, "isolatedModules", true);
		json_put_string(w, "jsx", "react-jsx");
		json_put_string(w, "module", "commonjs");
		json_put_string(w, "target", "es2022");
		json_object_end(w);
		json_object_end(w);
		json_array_end(w);
		json_object_end(w);
		json_object_begin(w, "moduleNameMapper");
		json_put_string(w, "^(\\.{1,2}/.*)\\.js$", "$1");
		json_object_end(w);
		if (project->dom)
			json_put_string(w, "testEnvironment", "jsdom");
		json_object_end(w);
		return;
	}
	if (project->needs_modules || project->dom) {
		json_object_begin(w, "jest");
		if (project->needs_modules) {
			json_object_begin(w, "transform");
			json_object_end(w);
		}
		if (project->dom)
			json_put_string(w, "testEnvironment", "jsdom");
		json_object_end(w);
	}
	if (project->needs_modules || !(project->modules || project->jsx))
		return;
	json_object_begin(w, "babel");
	json_array_begin(w, "plugins");
	json_put_string(w, NULL, "@babel/plugin-transform-modules-commonjs");
	json_array_end(w);
	if (project->jsx) {
		json_array_begin(w, "presets");
		json_array_begin(w, NULL);
		json_put_string(w, NULL, "@babel/preset-react");
		json_object_begin(w, NULL);
		json_put_string(w, "runtime", "automatic");
		json_object_end(w);
		json_array_end(w);
		json_array_end(w);
	}
	json_object_end(w);
}

/* Whether .js files are modules by "type", and not by a transform that makes them CommonJS. */
static bool is_module_package(const struct node_project *project)
{
	if (project->framework == FRAMEWORK_JEST)
		return project->needs_modules;
	return project->modules && !project->commonjs;
}

static const char *make_package(const struct plan_request *request,
				const struct node_project *project, const struct words *packages,
				const struct words *tools)
{
	struct json_writer w;
	struct buf text;

	buf_init(&text, 1024 * 1024);
	json_writer_init(&w, &text, false);
	json_object_begin(&w, NULL);
	json_put_string(&w, "name", "workspace");
	json_put_string(&w, "description", NODE_MADE_MARK);
	json_put_bool(&w, "private", true);
	if (is_module_package(project))
		json_put_string(&w, "type", "module");
	json_object_begin(&w, "scripts");
	if (script_of(project))
		json_put_string(&w, "test", script_of(project));
	json_object_end(&w);
	put_versions(&w, "dependencies", packages, tools, !project->modules);
	put_versions(&w, "devDependencies", tools, NULL, !project->modules);
	if (project->framework == FRAMEWORK_JEST)
		put_jest(&w, project);
	json_object_end(&w);
	buf_putc(&text, '\n');
	const char *made = arena_copy(request->arena, text.data, text.len);
	buf_done(&text);
	return made;
}

/* ---- install ---- */

/* --no-save: what the plan adds is for this run, and package.json stays as it was written. */
static void add_commands(const struct plan_request *request, const struct node_project *project,
			 const struct words *extra, struct plan *plan)
{
	static const char *const quiet[] = {"--no-audit", "--no-fund", "--no-progress",
					    "--no-update-notifier", NULL};
	struct words argv, shown;
	bool locked = project->given && project->lockfile;

	words_init(&argv, request->arena);
	if (locked) {
		words_add_all(&argv, LIST("npm", "ci"));
		words_add_all(&argv, quiet);
		struct command *command = plan_install(request->arena, plan);
		command->argv = argv.items;
		command->shown = "npm ci";
		if (!extra->count)
			return;
	}
	words_init(&argv, request->arena);
	words_init(&shown, request->arena);
	words_add_all(&argv, LIST("npm", "install"));
	words_add_all(&argv, quiet);
	words_add(&argv, "--no-package-lock");
	words_add_all(&shown, LIST("npm", "install"));
	if (extra->count) {
		words_add(&argv, "--no-save");
		words_add(&shown, "--no-save");
	}
	words_add_all(&argv, extra->items);
	words_add_all(&shown, extra->items);
	struct command *command = plan_install(request->arena, plan);
	command->argv = argv.items;
	command->shown = words_join(&shown, "");
}

static void add_layer(const struct plan_request *request, const struct node_project *project,
		      const char *package, const struct words *extra, struct plan *plan)
{
	static const char *const registries[] = {"npm", NULL};
	struct dependencies *wanted = &plan->dependencies;

	if (package)
		plan_manifest(request->arena, plan, "package.json", package, strlen(package));
	else
		plan_manifest_from(request, plan, "package.json");
	if (project->given && project->lockfile)
		plan_manifest_from(request, plan, project->lockfile);
	add_commands(request, project, extra, plan);
	wanted->registries = registries;
	wanted->in_place = project->needs_sources;
	wanted->why_in_place = project->needs_sources;
	plan_seal(plan, request->environment, request->arena);
}

/* A package.json of the reply's is taken at its word: only what runs the tests is added to it. */
static void install_given(const struct plan_request *request, const struct node_project *project,
			  const struct words *packages, const struct words *tools,
			  struct plan *plan)
{
	struct words extra, missing;

	words_init(&extra, request->arena);
	words_init(&missing, request->arena);
	for (size_t i = 0; i < tools->count; i++) {
		if (!words_have(&project->named, tools->items[i]))
			words_add(&extra, versioned(request->arena, tools->items[i], true));
	}
	for (size_t i = 0; i < packages->count; i++) {
		if (!words_have(&project->named, packages->items[i]) &&
		    !words_have(tools, packages->items[i]))
			words_add(&missing, packages->items[i]);
	}
	if (extra.count)
		plan_note(request->arena, plan, "package.json does not name %s: added for this run",
			  words_join(&extra, ""));
	if (missing.count)
		plan_note(request->arena, plan,
			  "package.json does not name %s, which the code imports",
			  words_join(&missing, ""));
	if (project->named.count || extra.count)
		add_layer(request, project, NULL, &extra, plan);
}

void node_dependencies(const struct plan_request *request, const struct node_project *project,
		       const struct words *tools, struct plan *plan)
{
	struct words packages, none;

	words_init(&packages, request->arena);
	words_init(&none, request->arena);
	packages_of(request, project, &packages);
	if (project->given) {
		if (!request->no_install)
			install_given(request, project, &packages, tools, plan);
		return;
	}
	bool needed = packages.count || tools->count;
	if (!needed && !is_module_package(project))
		return;
	const char *package = make_package(request, project, &packages, tools);
	plan_place(request->arena, plan, "package.json", package);
	if (script_of(project))
		plan_note(request->arena, plan, "made package.json for %s", script_of(project));
	else
		plan_note(request->arena, plan, "made package.json");
	if (needed && !request->no_install)
		add_layer(request, project, package, &none, plan);
}
