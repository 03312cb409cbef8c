/* Small steps that every planner takes. */
#include "runners/plan_parts.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>

#include "engine/base/digest.h"

/* Changes whenever the same manifests would be installed in another way. */
static const char layer_format[] = "assay dependency layer 1";

void plan_note(struct arena *arena, struct plan *plan, const char *format, ...)
{
	struct words notes;
	va_list args;

	words_init(&notes, arena);
	words_add_all(&notes, plan->notes);
	va_start(args, format);
	words_add(&notes, arena_vprintf(arena, format, args));
	va_end(args);
	plan->notes = notes.items;
}

static void add_file(struct arena *arena, struct file **files, size_t *count, const char *path,
		     const char *data, size_t len)
{
	struct file *slot = arena_grow(arena, files, *count, sizeof(*slot));

	*slot = (struct file){.path = path, .data = data, .len = len};
	(*count)++;
}

void plan_place(struct arena *arena, struct plan *plan, const char *path, const char *data)
{
	add_file(arena, &plan->files, &plan->file_count, path, data, strlen(data));
}

static struct command *add_command(struct arena *arena, struct command **commands, size_t *count,
				   enum command_kind kind)
{
	struct command *slot = arena_grow(arena, commands, *count, sizeof(*slot));

	*slot = (struct command){.kind = kind};
	(*count)++;
	return slot;
}

struct command *plan_command(struct arena *arena, struct plan *plan, enum command_kind kind)
{
	return add_command(arena, &plan->commands, &plan->command_count, kind);
}

struct command *plan_install(struct arena *arena, struct plan *plan)
{
	return add_command(arena, &plan->dependencies.commands, &plan->dependencies.command_count,
			   COMMAND_INSTALL);
}

void plan_manifest(struct arena *arena, struct plan *plan, const char *path, const char *data,
		   size_t len)
{
	add_file(arena, &plan->dependencies.files, &plan->dependencies.file_count, path, data, len);
}

bool plan_manifest_from(const struct plan_request *request, struct plan *plan, const char *path)
{
	size_t len;
	const char *text = source_tree_read(request->tree, request->arena, path, &len);

	if (text)
		plan_manifest(request->arena, plan, path, text, len);
	return text != NULL;
}

static void digest_list(struct digest *digest, const char *const *list)
{
	while (list && *list)
		digest_add_string(digest, *list++);
	digest_add_string(digest, "");
}

void plan_seal(struct plan *plan, const struct environment *environment, struct arena *arena)
{
	struct dependencies *wanted = &plan->dependencies;
	struct digest digest;
	char *key = arena_alloc(arena, DIGEST_HEX);

	digest_init(&digest);
	digest_add_string(&digest, layer_format);
	digest_add_string(&digest, environment->name);
	digest_add_string(&digest, environment->tool);
	digest_add_string(&digest, environment->tool_path);
	for (size_t i = 0; i < wanted->file_count; i++) {
		digest_add_string(&digest, wanted->files[i].path);
		digest_add(&digest, &wanted->files[i].len, sizeof(wanted->files[i].len));
		digest_add(&digest, wanted->files[i].data, wanted->files[i].len);
	}
	for (size_t i = 0; i < wanted->command_count; i++) {
		digest_list(&digest, wanted->commands[i].argv);
		digest_list(&digest, wanted->commands[i].env);
	}
	digest_list(&digest, wanted->registries);
	digest_end(&digest, key);
	wanted->key = key;
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_matches(const char *path, const char *const *globs)
{
	for (; globs && *globs; globs++) {
		if (fnmatch(*globs, path_name(path), 0) == 0)
			return true;
	}
	return false;
}

bool path_has_extension(const char *path, const char *const *extensions)
{
	const char *dot = strrchr(path_name(path), '.');

	for (; dot && extensions && *extensions; extensions++) {
		if (strcmp(dot + 1, *extensions) == 0)
			return true;
	}
	return false;
}

void plan_sources(const struct plan_request *request, const char *const *extensions,
		  struct words *out)
{
	const struct source_tree *tree = request->tree;

	for (size_t i = 0; i < tree->listed_count; i++) {
		if (path_has_extension(tree->listed[i], extensions))
			words_add(out, tree->listed[i]);
	}
}

static bool in_list(const char *const *list, const char *word)
{
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list;
}

void plan_tests(const struct plan_request *request, const struct language *language,
		struct words *out)
{
	const struct source_tree *tree = request->tree;

	for (size_t i = 0; i < tree->listed_count; i++) {
		if (path_matches(tree->listed[i], language->tests))
			words_add(out, tree->listed[i]);
	}
	for (size_t i = 0; i < tree->file_count; i++) {
		const char *path = tree->files[i].path;
		if (path_has_extension(path, language->extensions) &&
		    !path_matches(path, language->tests) && !in_list(request->program, path))
			words_add(out, path);
	}
}

const char *plan_program(const struct plan_request *request, const char *const *names,
			 const char *marker)
{
	const char *last = NULL;

	for (; *names; names++) {
		for (const char *const *path = request->program; *path; path++) {
			if (strcmp(path_name(*path), *names) == 0)
				return *path;
		}
	}
	for (const char *const *path = request->program; *path; path++) {
		if (marker && strstr(plan_text(request, *path), marker))
			return *path;
		last = *path;
	}
	return last;
}

const char *plan_text(const struct plan_request *request, const char *path)
{
	const char *text = source_tree_read(request->tree, request->arena, path, NULL);

	return text ? text : "";
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool text_has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		bool before = at != text && is_word(at[-1]) && is_word(word[0]);
		bool after = is_word(at[len]) && is_word(word[len - 1]);
		if (!before && !after)
			return true;
	}
	return false;
}
