/* Do the files of a reply get in each other's way? One name twice, or a file where a folder is. */
#include <stdlib.h>
#include <string.h>

#include "validators/check.h"

struct place {
	const struct block *block;
	char *path; /* without "." and empty parts */
	char *key; /* to sort by */
};

/* "./a//b" is the file "a/b". */
static char *plain_path(struct arena *arena, const char *path)
{
	char *out = arena_alloc(arena, strlen(path) + 1), *end = out;

	for (;;) {
		size_t len = strcspn(path, "/");
		if (len && !(len == 1 && *path == '.')) {
			if (end > out)
				*end++ = '/';
			memcpy(end, path, len);
			end += len;
		}
		if (!path[len])
			break;
		path += len + 1;
	}
	return out;
}

/*
 * A key that sorts all files of a folder right behind a file of the folder's name: "a", "a/b",
 * "a.c" rather than "a", "a.c", "a/b". Folded, names that differ only in capitals become equal.
 */
static void set_keys(struct place *places, size_t count, bool folded)
{
	for (size_t i = 0; i < count; i++) {
		char *key = places[i].key;
		for (const char *c = places[i].path; *c; c++, key++) {
			*key = *c == '/' ? '\1' : *c;
			if (folded && *c >= 'A' && *c <= 'Z')
				*key = (char)(*c - 'A' + 'a');
		}
	}
}

static int by_key(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = strcmp(a->key, b->key);

	return order ? order : (a->block > b->block) - (a->block < b->block);
}

static void collide(struct check *check, const struct place *a, const struct place *b,
		    const char *rule, const char *what)
{
	const struct block *first = a->block < b->block ? a->block : b->block;
	const struct block *later = a->block < b->block ? b->block : a->block;
	bool warn = strcmp(rule, "path-case") == 0;
	struct finding *finding = check_add(check, later, rule,
					    warn ? SEVERITY_LOW : SEVERITY_MEDIUM,
					    warn ? ACTION_WARN : ACTION_BLOCK);

	finding->excerpt = check_excerpt(check->arena, later->path, strlen(later->path), 0);
	finding->message = arena_printf(
		check->arena, "%s as in the block at line %zu (%s)", what, first->line,
		check_excerpt(check->arena, first->path, strlen(first->path), 0));
	finding->remedy = warn ? "use names that differ in more than capitals"
			       : "give each file once, whole, under a name of its own";
}

/* Is a the name of a folder that b lies in? */
static bool holds(const char *a, const char *b)
{
	size_t len = strlen(a);

	return strncmp(a, b, len) == 0 && b[len] == '/';
}

/* An edit is made of a file that is there: it may stand beside it, and beside other edits of it. */
static bool is_edit(const struct place *place)
{
	return place->block->role == ROLE_EDIT;
}

static void same_or_under(struct check *check, const struct place *places, size_t count)
{
	const struct place *folder = NULL; /* a file that following ones take for a folder */

	for (size_t i = 0; i < count; i++) {
		const struct place *it = &places[i];
		bool same = i && strcmp(places[i - 1].path, it->path) == 0;
		if (same && !is_edit(&places[i - 1]) && !is_edit(it))
			collide(check, &places[i - 1], it, "path-collides", "the same file");
		else if (!same && folder && holds(folder->path, it->path))
			collide(check, folder, it, "path-under-file", "a folder of the same name");
		if (!folder || !holds(folder->path, it->path))
			folder = it;
	}
}

static void same_but_for_case(struct check *check, const struct place *places, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(places[i - 1].key, places[i].key) == 0 &&
		    strcmp(places[i - 1].path, places[i].path) != 0)
			collide(check, &places[i - 1], &places[i], "path-case",
				"the same name but for capitals");
}

void check_collisions(struct check *check)
{
	const struct blocks *blocks = check->blocks;
	struct arena scratch;
	size_t count = 0;

	arena_init(&scratch);
	struct place *places = arena_array(&scratch, blocks->count + 1, sizeof(*places));
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		if (!block->used || !block->path)
			continue;
		struct place *place = &places[count++];
		place->block = block;
		place->path = plain_path(&scratch, block->path);
		place->key = arena_alloc(&scratch, strlen(place->path) + 1);
	}
	set_keys(places, count, false);
	qsort(places, count, sizeof(*places), by_key);
	same_or_under(check, places, count);
	set_keys(places, count, true);
	qsort(places, count, sizeof(*places), by_key);
	same_but_for_case(check, places, count);
	arena_done(&scratch);
}
