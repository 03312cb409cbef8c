/* Tests import the program by the name its author had in mind; that name beats any default. */
#include "parsers/block_import.h"

#include "parsers/block_path.h"

enum {
	IMPORTERS_MAX = 64, /* blocks looked at */
	LINES_MAX = 200, /* of each: imports stand at the top */
	CLAUSE_MAX = 400, /* bytes of what an import names */
	FOLDERS_MAX = 16,
};

struct search {
	const struct definitions *wanted;
	struct span importer; /* code of the block that imports */
	size_t *budget;
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$';
}

static struct span next_name(struct span *rest)
{
	size_t n = 0;

	while (rest->len && !is_name_char(rest->text[0]))
		*rest = span_skip(*rest, 1);
	while (n < rest->len && is_name_char(rest->text[n]))
		n++;
	struct span name = {rest->text, n};
	*rest = span_skip(*rest, n);
	return name;
}

/* Hostile text could make every import be looked for everywhere; after this much work it is not. */
static bool spend(const struct search *search, size_t cost)
{
	if (cost > *search->budget)
		return false;
	*search->budget -= cost;
	return true;
}

/* Whether the importer says "module.name" with a name that the block defines. */
static bool uses_through(const struct search *search, struct span module)
{
	struct span rest = search->importer;
	const char *found;

	if (!spend(search, rest.len))
		return false;
	while ((found = memmem(rest.text, rest.len, module.text, module.len)) != NULL) {
		rest = span_skip(rest, (size_t)(found - rest.text) + module.len);
		if (rest.len == 0 || rest.text[0] != '.')
			continue;
		if (block_defines(search->wanted, next_name(&rest)))
			return true;
	}
	return false;
}

static bool names_wanted(const struct search *search, struct span clause)
{
	struct span name;

	while ((name = next_name(&clause)).len) {
		if (!spend(search, search->wanted->count))
			return false;
		if (block_defines(search->wanted, name) || uses_through(search, name))
			return true;
	}
	return false;
}

/* ---- Python: "from pkg.calc import add", "import calc" ---- */

static bool is_dotted_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_name_char(s.text[i]) && s.text[i] != '.')
			return false;
	}
	return s.len && s.len < LABEL_MAX && s.text[0] != '.' && s.text[s.len - 1] != '.';
}

static struct span python_module(const struct search *search, struct span line)
{
	bool from = span_starts(line, "from ");

	if (!from && !span_starts(line, "import "))
		return (struct span){0};
	struct span rest = span_trim(span_skip(line, from ? 5 : 7));
	struct span module = span_until(rest, " \t,");
	if (!is_dotted_name(module))
		return (struct span){0};
	if (!from) {
		struct span alias = span_trim(span_skip(rest, module.len));
		alias = span_starts(alias, "as ") ? span_trim(span_skip(alias, 3)) : module;
		return uses_through(search, alias) ? module : (struct span){0};
	}
	/* The names may stand in brackets over several lines. */
	const char *end = search->importer.text + search->importer.len;
	struct span clause = {rest.text + module.len, (size_t)(end - rest.text) - module.len};
	clause = span_until(clause, span_has(rest, '(') ? ")" : "\n");
	clause.len = clause.len < CLAUSE_MAX ? clause.len : CLAUSE_MAX;
	return names_wanted(search, clause) ? module : (struct span){0};
}

/* ---- JavaScript: "import { add } from './calc'", "const calc = require('../calc')" ---- */

static struct span javascript_module(const struct search *search, struct span line)
{
	for (size_t i = 0; i + 3 < line.len; i++) {
		if (line.text[i] != '\'' && line.text[i] != '"')
			continue;
		char stop[2] = {line.text[i], '\0'};
		struct span module = span_until(span_skip(line, i + 1), stop);
		struct span before = span_trim((struct span){line.text, i});
		if (!span_starts(module, "./") && !span_starts(module, "../"))
			return (struct span){0};
		if (!span_ends(before, "require(") && !span_ends(before, "from"))
			return (struct span){0};
		/* Back to where the statement begins, which may be lines above. */
		const char *start = before.text;
		size_t back = 0;
		while (start > search->importer.text && back++ < CLAUSE_MAX && start[-1] != ';' &&
		       !span_starts((struct span){start, 6}, "import") &&
		       !span_starts((struct span){start, 5}, "const"))
			start--;
		struct span clause = {start, (size_t)(before.text + before.len - start)};
		return names_wanted(search, clause) ? module : (struct span){0};
	}
	return (struct span){0};
}

/* ---- paths ---- */

/* The folders of from's own folder and module, "." and ".." done; NULL when it climbs out. */
static const char *resolve(struct arena *arena, const char *from, struct span module,
			   const char *extension)
{
	struct span folders[FOLDERS_MAX];
	size_t count = 0;
	struct span folder = {from, strlen(from) - block_path_name(span_of(from)).len};
	struct span parts[2] = {folder, module};

	for (size_t i = 0; i < 2; i++) {
		while (parts[i].len) {
			struct span part = span_until(parts[i], "/");
			parts[i] = span_skip(parts[i], part.len + 1);
			if (part.len == 0 || span_is(part, "."))
				continue;
			if (span_is(part, "..")) {
				if (count-- == 0)
					return NULL;
			} else if (count == FOLDERS_MAX) {
				return NULL;
			} else {
				folders[count++] = part;
			}
		}
	}
	const char *path = "";
	for (size_t i = 0; i < count; i++)
		path = arena_printf(arena, "%s%s%.*s", path, i ? "/" : "", (int)folders[i].len,
				    folders[i].text);
	return *path ? arena_printf(arena, "%s%s", path, extension) : NULL;
}

static const char *javascript_path(struct arena *arena, const struct block *block,
				   const struct block *importer, struct span module)
{
	struct span extension = block_path_extension(module);
	const char *own = block_path_extension(span_of(block->language->code_name)).text;
	bool has_one = span_in(extension, block->language->extensions);

	return resolve(arena, importer->path ? importer->path : "", module,
		       has_one ? "" : arena_printf(arena, ".%s", own));
}

static const char *python_path(struct arena *arena, struct span module)
{
	char *path = arena_printf(arena, "%.*s.py", (int)module.len, module.text);

	for (size_t i = 0; i < module.len; i++) {
		if (path[i] == '.')
			path[i] = '/';
	}
	return path;
}

static bool is_javascript(const struct language *language)
{
	return strcmp(language->name, "javascript") == 0 ||
	       strcmp(language->name, "typescript") == 0;
}

static const char *imported_by(const struct definitions *wanted, const struct block *block,
			       const struct block *importer, size_t *budget, struct arena *arena)
{
	struct search search = {wanted, {importer->code, importer->code_len}, budget};
	struct span rest = search.importer;

	for (int n = 0; n < LINES_MAX && rest.len; n++) {
		struct span line = span_trim(span_line(&rest)), module;
		const char *path = NULL;
		if (is_javascript(block->language)) {
			module = javascript_module(&search, line);
			if (module.len)
				path = javascript_path(arena, block, importer, module);
		} else {
			module = python_module(&search, line);
			if (module.len)
				path = python_path(arena, module);
		}
		if (path)
			return path;
	}
	return NULL;
}

const char *block_import_path(const struct blocks *blocks, const struct block *block,
			      size_t *budget, struct arena *arena)
{
	bool javascript = is_javascript(block->language);
	struct definitions wanted;
	size_t importers = 0;

	if (block->role != ROLE_CODE ||
	    (!javascript && strcmp(block->language->name, "python") != 0))
		return NULL;
	block_definitions(block, &wanted);
	for (size_t i = 0; wanted.count && i < blocks->count && importers < IMPORTERS_MAX; i++) {
		const struct block *other = &blocks->items[i];
		if (!other->used || !other->language || other == block ||
		    (javascript ? !is_javascript(other->language)
				: other->language != block->language))
			continue;
		importers++;
		const char *path = imported_by(&wanted, block, other, budget, arena);
		if (path)
			return path;
	}
	return NULL;
}
