/* Reads a node project: what package.json says, and what the sources look like. */
#include "runners/node_project.h"

#include <ctype.h>
#include <string.h>

#include "runners/imports.h"

enum { SOURCES_MAX = 2000 };

static const char *const extensions[] = {"js",  "mjs", "cjs", "jsx", "ts",
					 "tsx", "mts", "cts", NULL};
static const char *const typescript_extensions[] = {"ts", "tsx", "mts", "cts", NULL};

/* ---- package.json ---- */

static void read_names(struct node_project *out, struct arena *arena, const struct json *package,
		       const char *key)
{
	JSON_EACH (member, json_get(package, key)) {
		words_add(&out->named, arena_string(arena, json_key(member)));
		/* "file:../lib", "link:./x", "workspace:*" are folders, not packages. */
		const char *version = json_string(member, "");
		if (strncmp(version, "file:", 5) == 0 || strncmp(version, "link:", 5) == 0 ||
		    strncmp(version, "workspace:", 10) == 0)
			out->needs_sources = "package.json depends on a folder of the project";
	}
}

static void read_scripts(struct node_project *out, struct arena *arena, const struct json *package)
{
	static const char *const hooks[] = {"preinstall", "install", "postinstall", "prepare",
					    NULL};
	const struct json *scripts = json_get(package, "scripts");
	const char *test = json_string(json_get(scripts, "test"), NULL);

	if (test && *test && !strstr(test, "no test specified"))
		out->script = arena_string(arena, test);
	for (size_t i = 0; hooks[i]; i++) {
		if (json_get(scripts, hooks[i]))
			out->needs_sources = arena_printf(arena, "package.json has a script for %s",
							  hooks[i]);
	}
}

static void read_package(struct node_project *out, struct arena *arena, const char *text,
			 size_t len)
{
	static const char *const lists[] = {"dependencies", "devDependencies",
					    "optionalDependencies", "peerDependencies", NULL};
	struct json *package = json_parse(text, len, "package.json", NULL);
	const char *description = json_string(json_get(package, "description"), "");

	if (strcmp(description, NODE_MADE_MARK) != 0) {
		out->given = true; /* also when it is no JSON: npm will say so */
		out->main = arena_string(arena, json_string(json_get(package, "main"), NULL));
		for (size_t i = 0; lists[i]; i++)
			read_names(out, arena, package, lists[i]);
		read_scripts(out, arena, package);
		if (json_get(package, "workspaces"))
			out->needs_sources = "package.json has workspaces";
	}
	json_free(package);
}

/* ---- sources ---- */

static bool starts(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

/* Statements of ECMAScript modules stand at the start of a line in all code that people write. */
static void read_module_system(struct node_project *out, const char *text)
{
	bool modules = false;

	for (const char *line = text; *line; line += *line == '\n') {
		modules = modules || starts(line, "import ") || starts(line, "import{") ||
			  starts(line, "import\"") || starts(line, "import'") ||
			  starts(line, "export ");
		out->needs_modules = out->needs_modules || starts(line, "await ");
		line += strcspn(line, "\n");
	}
	if (strstr(text, "import.meta"))
		out->needs_modules = true;
	if (modules)
		out->modules = true;
	else if (text_has_word(text, "require(") || strstr(text, "module.exports") ||
		 strstr(text, "exports."))
		out->commonjs = true;
}

static void read_source(const struct plan_request *request, struct node_project *out,
			const char *path)
{
	const char *text = plan_text(request, path);

	imports_javascript(text, &out->imports);
	if (path_has_extension(path, LIST("js", "jsx", "ts", "tsx")))
		read_module_system(out, text);
	if (path_has_extension(path, LIST("jsx", "tsx")))
		out->jsx = true;
}

/* ---- tests ---- */

/* Whether name( or name.only( stands in text. */
static bool calls(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		bool starts_here = at == text ||
				   !(isalnum((unsigned char)at[-1]) || strchr("_$.", at[-1]));
		if (starts_here && (at[len] == '(' || at[len] == '.'))
			return true;
	}
	return false;
}

static bool imports_any(const struct words *imports, const char *const *names)
{
	for (; *names; names++) {
		if (words_have(imports, *names))
			return true;
	}
	return false;
}

/* By what a test file imports, else by which functions it finds lying about. */
static enum node_framework framework_of(const struct plan_request *request,
					struct node_project *out, const char *text)
{
	struct words imports;

	words_init(&imports, request->arena);
	imports_javascript(text, &imports);
	if (imports_any(&imports, LIST("vitest"))) {
		out->imports_vitest = true;
		return FRAMEWORK_VITEST;
	}
	if (imports_any(&imports, LIST("node:test")))
		return FRAMEWORK_NODE;
	if (imports_any(&imports, LIST("@jest/globals")) || calls(text, "jest")) {
		out->calls_jest = true;
		return FRAMEWORK_JEST;
	}
	if (imports_any(&imports, LIST("mocha", "chai")))
		return FRAMEWORK_MOCHA;
	bool grouped = calls(text, "describe");
	if (!grouped && !calls(text, "it") && !calls(text, "test"))
		return FRAMEWORK_NONE;
	if (!calls(text, "expect") && grouped &&
	    imports_any(&imports, LIST("assert", "node:assert", "assert/strict",
				       "node:assert/strict", "should")))
		return FRAMEWORK_MOCHA;
	return FRAMEWORK_JEST;
}

static void read_test(const struct plan_request *request, struct node_project *out,
		      const char *path)
{
	const char *text = plan_text(request, path);
	enum node_framework framework = framework_of(request, out, text);

	if (framework == FRAMEWORK_NONE) {
		words_add(&out->scripts, path);
		return;
	}
	words_add(&out->tests, path);
	if (out->framework == FRAMEWORK_NONE)
		out->framework = framework;
	if (strstr(text, "@testing-library/") || text_has_word(text, "document."))
		out->dom = true;
}

static void find_tests(const struct plan_request *request, struct node_project *out)
{
	struct words found;

	words_init(&found, request->arena);
	REGISTRY_EACH (runners, struct runner, it) {
		const struct language *language = &(*it)->language;
		if (strcmp(language->name, "javascript") == 0 ||
		    strcmp(language->name, "typescript") == 0)
			plan_tests(request, language, &found);
	}
	for (size_t i = 0; i < out->sources.count; i++) {
		const char *path = out->sources.items[i];
		bool beside = strstr(path, "__tests__/") || starts(path, "test/") ||
			      starts(path, "tests/");
		if (beside && !words_have(&found, path))
			words_add(&found, path);
	}
	for (size_t i = 0; i < found.count; i++)
		read_test(request, out, found.items[i]);
	/* Tests may stand in the file that they test. */
	for (size_t i = 0; !out->tests.count && request->program[i]; i++) {
		const char *text = plan_text(request, request->program[i]);
		if (calls(text, "describe") && calls(text, "it") + calls(text, "test"))
			read_test(request, out, request->program[i]);
	}
}

/* ---- all of it ---- */

static const char *lockfile_of(const struct source_tree *tree)
{
	static const char *const names[] = {"npm-shrinkwrap.json", "package-lock.json"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (source_tree_has(tree, names[i]))
			return names[i];
	}
	return NULL;
}

static bool is_typescript(const struct words *paths)
{
	return paths->count && path_has_extension(paths->items[0], typescript_extensions);
}

void node_project_read(const struct plan_request *request, struct node_project *out)
{
	struct arena *arena = request->arena;
	struct words program;
	size_t len;

	*out = (struct node_project){0};
	words_init(&out->named, arena);
	words_init(&out->sources, arena);
	words_init(&out->tests, arena);
	words_init(&out->scripts, arena);
	words_init(&out->imports, arena);
	words_init(&program, arena);
	const char *package = source_tree_read(request->tree, arena, "package.json", &len);
	if (package)
		read_package(out, arena, package, len);
	out->lockfile = lockfile_of(request->tree);
	plan_sources(request, extensions, &out->sources);
	for (size_t i = 0; i < out->sources.count && i < SOURCES_MAX; i++)
		read_source(request, out, out->sources.items[i]);
	find_tests(request, out);
	words_add_all(&program, request->program);
	out->typescript = is_typescript(out->tests.count ? &out->tests : &program);
}
