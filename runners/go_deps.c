/*
 * Go's dependency layer: a scratch module that imports what the sources import is tested once, so
 * that the module cache, the resolved go.mod with its go.sum, and the build cache (compiling the
 * standard library takes ten seconds) are there before the sources are. At test time all of it is
 * read-only, which go takes in its stride: it keeps what it compiles then to itself. Only the index
 * of a package, which go writes for files older than two seconds, it will not do without: "open
 * cache/bc/bcce...-d: read-only file system". So the index is turned off.
 *
 * Modules that are folders beside the sources (go.work, a replace in go.mod) are not there in a scratch
 * module: then the install runs in the workspace. What stands in vendor/ needs none.
 */
#include "runners/go_deps.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runners/go_modules.h"
#include "runners/imports.h"
#include "runners/sandbox.h"

#define FOLDER SANDBOX_DEPS "/go"
#define PLACE SANDBOX_CACHE "/go"
#define NO_INDEX "GODEBUG=goindex=0"

enum { SOURCES_MAX = 2000, PATH_MAX_LEN = 300 };

/* Ends every go.mod that was made here, so that the next run may make it anew. */
static const char made_mark[] = "// made by assay: the reply had none\n";

/*
 * What most programs import. It is in every layer, so that replies that need nothing else share one
 * layer, whichever of these they import.
 */
static const char *const common[] = {
	"bufio",       "bytes",     "context", "encoding/json", "errors",
	"fmt",         "io",        "log",     "maps",          "math",
	"os",          "math/rand", "reflect", "regexp",        "path/filepath",
	"slices",      "sort",      "strconv", "strings",       "sync",
	"sync/atomic", "testing",   "time",    "unicode",       NULL};

/* As long to compile as all of the above together, so only for those who use one of them. */
static const char *const network[] = {"net", "net/http", "net/http/httptest", "net/url", NULL};

/* ---- the module ---- */

/* The path behind "module", in the arena; NULL when there is none. */
static const char *module_of(struct arena *arena, const char *text)
{
	for (const char *line = text; *line; line += *line == '\n') {
		if (strncmp(line, "module", 6) == 0 && isspace((unsigned char)line[6])) {
			line += 6 + strspn(line + 6, " \t\"");
			return arena_copy(arena, line, strcspn(line, " \t\"\r\n"));
		}
		line += strcspn(line, "\n");
	}
	return NULL;
}

/* Whether a folder of the tree holds Go files. */
static bool has_package(const struct words *sources, const char *folder, size_t len)
{
	for (size_t i = 0; i < sources->count; i++) {
		const char *path = sources->items[i];
		if ((size_t)(path_name(path) - path) == len + 1 && memcmp(path, folder, len) == 0)
			return true;
	}
	return false;
}

/* An import that ends in a folder of the tree tells what the reply calls its module. */
static const char *module_from_imports(struct arena *arena, const struct words *sources,
				       const struct words *imports)
{
	for (size_t i = 0; i < imports->count; i++) {
		const char *path = imports->items[i];
		for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
			bool known = !standard_go(path) || !strchr(at + 1, '/');
			if (known && has_package(sources, at + 1, strlen(at + 1)))
				return arena_copy(arena, path, (size_t)(at - path));
		}
	}
	return "workspace";
}

/* "1.26" of "go version go1.26.8 linux/amd64". */
static const char *language_version(struct arena *arena, const char *tool)
{
	const char *at = strstr(tool, " go1.");
	size_t len = at ? 2 + strspn(at + 5, "0123456789") : 0;

	return at ? arena_copy(arena, at + 3, len) : "1.21";
}

static const char *make_go_mod(const struct plan_request *request, const struct words *sources,
			       const struct words *imports, struct plan *plan)
{
	const char *module = module_from_imports(request->arena, sources, imports);
	const char *text = arena_printf(
		request->arena, "module %s\n\ngo %s\n\n%s", module,
		language_version(request->arena, request->environment->tool), made_mark);

	plan_place(request->arena, plan, "go.mod", text);
	plan_note(request->arena, plan, "made go.mod for a module named %s", module);
	return text;
}

/* ---- what has to be there ---- */

static bool in_list(const char *const *list, const char *word)
{
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list;
}

/* A module's path need not have a dot, so that it can look like the standard library's. */
static bool is_vendored(const struct plan_request *request, const struct words *sources,
			const char *path)
{
	const char *folder = arena_printf(request->arena, "vendor/%s", path);

	return !standard_go(path) || has_package(sources, folder, strlen(folder));
}

/* Everything imported that is neither the module's own nor in vendor/. */
static void needed_imports(const struct plan_request *request, const struct words *sources,
			   const struct words *imports, const char *module, bool vendored,
			   struct words *out)
{
	size_t len = strlen(module);
	bool uses_network = false;

	words_add_all(out, common);
	for (size_t i = 0; i < imports->count; i++) {
		const char *path = imports->items[i];
		bool own = strncmp(path, module, len) == 0 && (path[len] == '/' || !path[len]);
		/* "C" is cgo, "./x" is not allowed in a module, internal is nobody else's. */
		if (own || strlen(path) > PATH_MAX_LEN || strcmp(path, "C") == 0 || *path == '.' ||
		    strstr(path, "internal/") || (vendored && is_vendored(request, sources, path)))
			continue;
		uses_network = uses_network || in_list(network, path);
		words_add_new(out, path);
	}
	for (size_t i = 0; uses_network && network[i]; i++)
		words_add_new(out, network[i]);
	words_sort(out);
}

/* A test file, because `go test` then compiles what a test's own binary needs as well. */
static const char *scratch_source(struct arena *arena, const struct words *needed)
{
	const char *text = "package scratch\n\nimport (\n";

	for (size_t i = 0; i < needed->count; i++)
		text = arena_printf(arena, "%s\t_ \"%s\"\n", text, needed->items[i]);
	return arena_printf(arena, "%s)\n", text);
}

static bool has_foreign(const struct words *needed)
{
	for (size_t i = 0; i < needed->count; i++) {
		if (!standard_go(needed->items[i]))
			return true;
	}
	return false;
}

/*
 * -mod=mod lets go add what go.mod lacks and write go.sum, in copies that leave the reply's own
 * files as they are; the commands later read the same copies through -modfile.
 */
static void add_command(const struct plan_request *request, struct plan *plan, bool foreign)
{
	static const char *const env[] = {"GOCACHE=" FOLDER "/cache", "GOPATH=" FOLDER "/path",
					  NULL};
	static const char *const argv[] = {"sh", "-ec",
					   "mkdir -p " FOLDER "; cp go.* " FOLDER "; "
					   "go test -modfile=" FOLDER
					   "/go.mod -mod=mod -run '^$' .",
					   NULL};
	static const char *const registries[] = {"go", NULL};
	static const char *const none[] = {NULL};
	struct command *command = plan_install(request->arena, plan);

	command->argv = argv;
	command->env = env;
	command->shown = foreign ? "go mod download" : "go build std";
	plan->dependencies.registries = foreign ? registries : none;
}

/* The standard library alone is the same whatever the module is called. */
static void plan_layer(const struct plan_request *request, struct plan *plan, const char *go_mod,
		       const struct words *needed)
{
	const char *source = scratch_source(request->arena, needed);
	const char *module = go_mod;

	if (!module)
		module = arena_printf(request->arena, "module scratch\n\ngo %s\n",
				      language_version(request->arena, request->environment->tool));
	plan_manifest(request->arena, plan, "go.mod", module, strlen(module));
	if (go_mod)
		plan_manifest_from(request, plan, "go.sum");
	plan_manifest(request->arena, plan, "scratch_test.go", source, strlen(source));
	add_command(request, plan, go_mod != NULL);
	plan_seal(plan, request->environment, request->arena);
}

/* ---- in the workspace ---- */

/*
 * go.mod is copied, so that what go adds to it leaves the reply's own as it is; a copy of go.work is not
 * possible, for its folders are those beside it. `go list` adds what go.mod lacks; with -e, for an
 * error in the sources is the tests' to tell.
 */
static const char *const *plan_in_place(const struct plan_request *request, struct plan *plan,
					const struct words *patterns)
{
	static const char *const replaced[] = {"GOCACHE=" PLACE "/cache", "GOPATH=" PLACE "/path",
					       "GOFLAGS=-buildvcs=false -modfile=" PLACE "/go.mod",
					       NULL};
	static const char *const replaced_offline[] = {
		"GOCACHE=" PLACE "/cache", "GOPATH=" PLACE "/path", "GOPROXY=off",
		"GOFLAGS=-buildvcs=false -modfile=" PLACE "/go.mod", NULL};
	static const char *const joined[] = {"GOCACHE=" PLACE "/cache", "GOPATH=" PLACE "/path",
					     NULL};
	static const char *const joined_offline[] = {"GOCACHE=" PLACE "/cache",
						     "GOPATH=" PLACE "/path", "GOPROXY=off", NULL};
	static const char *const registries[] = {"go", NULL};
	struct command *command = plan_install(request->arena, plan);
	struct words argv;

	words_init(&argv, request->arena);
	words_add_all(&argv, LIST("sh", "-ec"));
	if (patterns)
		words_add(&argv, "mkdir -p " PLACE "; go mod download; "
				 "go list -e -deps -test \"$@\" >" PLACE "/list");
	else
		words_add(&argv, "mkdir -p " PLACE "; cp go.* " PLACE "; go mod download; "
				 "go list -e -mod=mod -deps -test ./... >" PLACE "/list");
	words_add(&argv, "sh");
	words_add_all(&argv, patterns ? patterns->items : NULL);
	command->argv = argv.items;
	command->env = patterns ? joined : replaced;
	command->shown = "go mod download";
	plan->dependencies.registries = registries;
	plan->dependencies.in_place = true;
	plan->dependencies.why_in_place = patterns ? "go.work joins modules of the workspace"
						   : "go.mod replaces a module by a folder";
	plan_seal(plan, request->environment, request->arena);
	return patterns ? joined_offline : replaced_offline;
}

/* ---- the outside ---- */

const char *const *go_dependencies(const struct plan_request *request, const struct words *sources,
				   const struct words *joined, struct plan *plan)
{
	static const char *const vendored_env[] = {"GOCACHE=" FOLDER "/cache",
						   "GOPATH=/tmp/go",
						   "GOPROXY=off",
						   "GOFLAGS=-buildvcs=false -mod=vendor",
						   NO_INDEX,
						   NULL};
	static const char *const standard[] = {"GOCACHE=" FOLDER "/cache", "GOPATH=/tmp/go",
					       "GOPROXY=off", NO_INDEX, NULL};
	static const char *const layered[] = {"GOCACHE=" FOLDER "/cache",
					      "GOPATH=" FOLDER "/path",
					      "GOPROXY=off",
					      "GOFLAGS=-buildvcs=false -modfile=" FOLDER "/go.mod",
					      NO_INDEX,
					      NULL};
	static const char *const alone[] = {"GOCACHE=" SANDBOX_CACHE "/go-build",
					    "GOPATH=" SANDBOX_CACHE "/go", "GOPROXY=off", NULL};
	const char *go_mod = source_tree_read(request->tree, request->arena, "go.mod", NULL);
	bool vendored = source_tree_has(request->tree, "vendor/modules.txt");
	struct words imports, needed;

	words_init(&imports, request->arena);
	words_init(&needed, request->arena);
	for (size_t i = 0; i < sources->count && i < SOURCES_MAX; i++)
		imports_go(plan_text(request, sources->items[i]), &imports);
	if (!joined && (!go_mod || strstr(go_mod, made_mark)))
		go_mod = make_go_mod(request, sources, &imports, plan);
	if (request->no_install)
		return alone;
	if (!vendored && (joined || go_replaces_locally(go_mod)))
		return plan_in_place(request, plan, joined);
	const char *module = go_mod ? module_of(request->arena, go_mod) : NULL;
	needed_imports(request, sources, &imports, module ? module : "workspace", vendored,
		       &needed);
	bool foreign = !vendored && (has_foreign(&needed) || (go_mod && strstr(go_mod, "require")));
	plan_layer(request, plan, foreign ? go_mod : NULL, &needed);
	if (vendored)
		plan_note(request->arena, plan, "dependencies come from vendor/: none is fetched");
	return foreign ? layered : vendored ? vendored_env : standard;
}
