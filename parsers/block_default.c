/* Default file names: the language's own, numbered from the second on. */
#include "parsers/block_default.h"

#include <stdlib.h>

#include "engine/base/memory.h"
#include "parsers/block_definitions.h"
#include "parsers/block_import.h"
#include "parsers/block_path.h"
#include "parsers/block_role.h"

enum {
	IMPORTED_MAX = 8, /* nameless blocks whose importers are looked for */
	IMPORT_BUDGET = 32 * 1024 * 1024,
	VERSIONS_MAX = 16, /* earlier blocks that a block may be a new version of */
};

/* ---- which block is a newer version ---- */

static bool is_newer(const struct block *block, const struct definitions *mine,
		     const struct definitions *theirs, const struct block *earlier)
{
	if (block->code_len == earlier->code_len &&
	    memcmp(block->code, earlier->code, block->code_len) == 0)
		return true;
	if (mine->overflow || theirs->overflow || theirs->count == 0)
		return false;
	for (size_t i = 0; i < theirs->count; i++) {
		if (!block_defines(mine, theirs->names[i]))
			return false;
	}
	return true;
}

static bool is_nameless(const struct block *block)
{
	return block->used && !block->path && block->language && block->role != ROLE_EDIT;
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
		block_definitions(block, mine);
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

/* "main.test.js" -> "main_2.test.js", "main_test.go" -> "main_2_test.go". */
static const char *numbered(const struct language *language, enum block_role role, const char *path,
			    unsigned number, struct arena *arena)
{
	struct span name = block_path_name(span_of(path));
	size_t dot = (size_t)(name.text - path) + span_until(name, ".").len;
	const char *made = arena_printf(arena, "%.*s_%u%s", (int)dot, path, number, path + dot);
	const char *suffix = strstr(path, "_test.");

	if (role == ROLE_TEST && suffix && !block_is_test_name(language, made))
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

/* A name that other blocks import it by, as long as there are few to look at. */
static void name_imported(struct blocks *blocks, struct taken *taken, struct arena *arena)
{
	size_t looked_at = 0, budget = IMPORT_BUDGET;

	for (size_t i = 0; i < blocks->count && looked_at < IMPORTED_MAX; i++) {
		struct block *block = &blocks->items[i];
		if (!is_nameless(block))
			continue;
		looked_at++;
		const char *path = block_import_path(blocks, block, &budget, arena);
		const char **slot = path ? slot_of(taken, path) : NULL;
		if (!slot || *slot)
			continue;
		*slot = block->path = path;
		block->how = HOW_DEFAULT;
	}
}

static void name_by_default(struct blocks *blocks, struct taken *taken, struct arena *arena)
{
	struct counter *counters = NULL;
	size_t counter_count = 0;

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
			slot = slot_of(taken, block->path);
		} while (*slot);
		*slot = block->path;
		block->how = HOW_DEFAULT;
	}
}

void block_defaults(struct blocks *blocks, struct arena *arena)
{
	struct taken taken = {.size = 16};

	drop_older(blocks);
	while (taken.size < 2 * blocks->count)
		taken.size *= 2;
	taken.slots = arena_array(arena, taken.size, sizeof(*taken.slots));
	for (size_t i = 0; i < blocks->count; i++) {
		if (blocks->items[i].used && blocks->items[i].path)
			*slot_of(&taken, blocks->items[i].path) = blocks->items[i].path;
	}
	name_imported(blocks, &taken, arena);
	name_by_default(blocks, &taken, arena);
}
