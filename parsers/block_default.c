/* Default file names: the language's own, numbered from the second on. */
#include "parsers/block_default.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "parsers/block_path.h"
#include "parsers/block_role.h"

enum {
	NAMES_MAX = 64, /* definitions of a block that are compared */
	VERSIONS_MAX = 16, /* earlier blocks that a block may be a new version of */
};

/* ---- which block is a newer version ---- */

struct definitions {
	struct span names[NAMES_MAX];
	size_t count;
	bool overflow;
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$';
}

static struct span next_word(struct span *rest)
{
	size_t n = 0;

	*rest = span_trim(*rest);
	while (n < rest->len && is_name_char(rest->text[n]))
		n++;
	struct span word = {rest->text, n};
	*rest = span_skip(*rest, n);
	return word;
}

/* "def add(" or "export const add =", at the margin: what other code could refer to. */
static struct span defined_by(struct span line)
{
	static const char *const prefixes[] = {"export", "default",  "async", "public",  "pub",
					       "static", "abstract", "final", "declare", NULL};
	static const char *const keywords[] = {"def",    "class",     "function", "func",   "fn",
					       "struct", "interface", "enum",     "trait",  "type",
					       "const",  "let",       "var",      "module", NULL};
	struct span word;

	if (line.len == 0 || span_space(line.text[0]))
		return (struct span){0};
	do {
		word = next_word(&line);
		if (word.len < 2 || !line.len || !span_space(line.text[0]))
			return (struct span){0};
	} while (span_in(word, prefixes));
	return span_in(word, keywords) ? next_word(&line) : (struct span){0};
}

static bool same_name(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

static bool defines(const struct definitions *d, struct span name)
{
	for (size_t i = 0; i < d->count; i++) {
		if (same_name(d->names[i], name))
			return true;
	}
	return false;
}

static void find_definitions(const struct block *block, struct definitions *out)
{
	struct span code = {block->code, block->code_len};

	out->count = 0;
	out->overflow = false;
	while (code.len && !out->overflow) {
		struct span name = defined_by(span_line(&code));
		if (name.len == 0 || defines(out, name))
			continue;
		out->overflow = out->count == NAMES_MAX;
		if (!out->overflow)
			out->names[out->count++] = name;
	}
}

static bool is_newer(const struct block *block, const struct definitions *mine,
		     const struct definitions *theirs, const struct block *earlier)
{
	if (block->code_len == earlier->code_len &&
	    memcmp(block->code, earlier->code, block->code_len) == 0)
		return true;
	if (mine->overflow || theirs->overflow || theirs->count == 0)
		return false;
	for (size_t i = 0; i < theirs->count; i++) {
		if (!defines(mine, theirs->names[i]))
			return false;
	}
	return true;
}

static bool is_nameless(const struct block *block)
{
	return block->used && !block->path && block->language;
}

struct version {
	struct block *block;
	struct definitions definitions;
};

static bool has_two_nameless(const struct blocks *blocks)
{
	size_t count = 0;

	for (size_t i = 0; i < blocks->count; i++)
		count += is_nameless(&blocks->items[i]);
	return count > 1;
}

static void drop_older(struct blocks *blocks)
{
	if (!has_two_nameless(blocks))
		return;
	struct version *seen = memory_alloc(VERSIONS_MAX * sizeof(*seen));
	struct definitions *mine = memory_alloc(sizeof(*mine));
	size_t count = 0;

	for (size_t i = 0; i < blocks->count; i++) {
		struct block *block = &blocks->items[i];
		if (!is_nameless(block))
			continue;
		find_definitions(block, mine);
		for (size_t j = 0; j < count && j < VERSIONS_MAX; j++) {
			struct block *earlier = seen[j].block;
			if (earlier->used && earlier->language == block->language &&
			    earlier->role == block->role &&
			    is_newer(block, mine, &seen[j].definitions, earlier))
				block_ignore(earlier, earlier->role,
					     "a later block is a newer version of it");
		}
		struct version *slot = &seen[count++ % VERSIONS_MAX];
		slot->block = block;
		slot->definitions = *mine;
	}
	free(mine);
	free(seen);
}

/* ---- names ---- */

/* Paths that are taken, as a hash table whose size is a power of two and twice what it holds. */
struct taken {
	const char **slots;
	size_t size;
};

static const char **slot_of(const struct taken *taken, const char *path)
{
	size_t hash = 5381;

	for (const char *at = path; *at; at++)
		hash = hash * 33 + (unsigned char)*at;
	for (;; hash++) {
		const char **slot = &taken->slots[hash & (taken->size - 1)];
		if (!*slot || strcmp(*slot, path) == 0)
			return slot;
	}
}

static bool matches_tests(const struct language *language, const char *path)
{
	struct span name = block_path_name(span_of(path));

	for (const char *const *glob = language->tests; *glob; glob++) {
		if (fnmatch(*glob, name.text, 0) == 0)
			return true;
	}
	return false;
}

/* "main.test.js" -> "main_2.test.js", "main_test.go" -> "main_2_test.go". */
static const char *numbered(const struct language *language, enum block_role role, const char *path,
			    unsigned number, struct arena *arena)
{
	struct span name = block_path_name(span_of(path));
	size_t dot = (size_t)(name.text - path) + span_until(name, ".").len;
	const char *made = arena_printf(arena, "%.*s_%u%s", (int)dot, path, number, path + dot);
	const char *suffix = strstr(path, "_test.");

	if (role == ROLE_TEST && suffix && !matches_tests(language, made))
		made = arena_printf(arena, "%.*s_%u%s", (int)(suffix - path), path, number, suffix);
	return made;
}

struct counter {
	const struct language *language;
	enum block_role role;
	unsigned next;
};

static struct counter *counter_for(struct counter **counters, size_t *count,
				   const struct block *block, struct arena *arena)
{
	for (size_t i = 0; i < *count; i++) {
		if ((*counters)[i].language == block->language &&
		    (*counters)[i].role == block->role)
			return &(*counters)[i];
	}
	struct counter *added = arena_grow(arena, counters, (*count)++, sizeof(*added));
	*added = (struct counter){block->language, block->role, 1};
	return added;
}

void block_defaults(struct blocks *blocks, struct arena *arena)
{
	struct taken taken = {.size = 16};
	struct counter *counters = NULL;
	size_t counter_count = 0;

	drop_older(blocks);
	while (taken.size < 2 * blocks->count)
		taken.size *= 2;
	taken.slots = arena_array(arena, taken.size, sizeof(*taken.slots));
	for (size_t i = 0; i < blocks->count; i++) {
		if (blocks->items[i].used && blocks->items[i].path)
			*slot_of(&taken, blocks->items[i].path) = blocks->items[i].path;
	}
	for (size_t i = 0; i < blocks->count; i++) {
		struct block *block = &blocks->items[i];
		if (!is_nameless(block))
			continue;
		struct counter *counter = counter_for(&counters, &counter_count, block, arena);
		const char *base = block->role == ROLE_TEST ? block->language->test_name
							    : block->language->code_name;
		const char **slot;
		do {
			block->path = counter->next == 1 ? base
							 : numbered(block->language, block->role,
								    base, counter->next, arena);
			counter->next++;
			slot = slot_of(&taken, block->path);
		} while (*slot);
		*slot = block->path;
		block->how = HOW_DEFAULT;
	}
}
