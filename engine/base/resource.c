/* The table that embed.sh wrote, and the folder on disk that overrides it. */
#include "engine/base/resource.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/file.h"

extern const struct resource resource_table[];
extern const uint64_t resource_table_count;

enum { OVERRIDE_MAX = 4 * 1024 * 1024 };

static const char *override_folder(void)
{
	const char *folder = getenv("ASSAY_SHARE");

	return folder && *folder ? folder : NULL;
}

static int read_override(struct arena *arena, const char *path, const char *name,
			 struct resource *out, struct error *err)
{
	struct buf text;

	buf_init(&text, OVERRIDE_MAX);
	int rc = file_read(path, &text, err);
	if (rc == 0)
		*out = (struct resource){.name = arena_string(arena, name),
					 .data = arena_copy(arena, text.data, text.len),
					 .len = text.len};
	buf_done(&text);
	return rc;
}

int resource_find(struct arena *arena, const char *name, struct resource *out, struct error *err)
{
	const char *folder = override_folder();

	if (folder) {
		const char *path = arena_printf(arena, "%s/%s", folder, name);
		if (file_exists(path))
			return read_override(arena, path, name, out, err);
	}
	for (uint64_t i = 0; i < resource_table_count; i++) {
		if (strcmp(resource_table[i].name, name) != 0)
			continue;
		*out = resource_table[i];
		return 0;
	}
	return error_set(err, ERROR_NOT_FOUND, "there is no %s", name);
}

struct listing {
	struct arena *arena;
	const char *prefix, *suffix;
	struct resource *items;
	size_t count;
};

static bool wanted(const struct listing *list, const char *name)
{
	size_t len = strlen(name), suffix = strlen(list->suffix);

	return strncmp(name, list->prefix, strlen(list->prefix)) == 0 && len >= suffix &&
	       strcmp(name + len - suffix, list->suffix) == 0;
}

static struct resource *slot_for(struct listing *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	struct resource *slot = arena_grow(list->arena, &list->items, list->count, sizeof(*slot));
	list->count++;
	return slot;
}

static int walk(struct listing *list, const char *folder, const char *name, int depth,
		struct error *err)
{
	const char *path = arena_printf(list->arena, "%s%s%s", folder, *name ? "/" : "", name);
	DIR *dir = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return 0; /* not a folder: nothing to override */
	while (rc == 0 && (entry = readdir(dir))) {
		struct stat info;
		if (entry->d_name[0] == '.')
			continue;
		const char *below = arena_printf(list->arena, "%s%s%s", name, *name ? "/" : "",
						 entry->d_name);
		const char *full = arena_printf(list->arena, "%s/%s", folder, below);
		if (stat(full, &info) != 0)
			continue;
		if (S_ISDIR(info.st_mode) && depth < 8) {
			rc = walk(list, folder, below, depth + 1, err);
		} else if (S_ISREG(info.st_mode) && wanted(list, below)) {
			struct resource found;
			rc = read_override(list->arena, full, below, &found, err);
			if (rc == 0)
				*slot_for(list, below) = found;
		}
	}
	closedir(dir);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct resource *)a)->name, ((const struct resource *)b)->name);
}

int resource_list(struct arena *arena, const char *prefix, const char *suffix,
		  struct resource **out, size_t *count, struct error *err)
{
	struct listing list = {.arena = arena, .prefix = prefix, .suffix = suffix};
	const char *folder = override_folder();

	for (uint64_t i = 0; i < resource_table_count; i++)
		if (wanted(&list, resource_table[i].name))
			*slot_for(&list, resource_table[i].name) = resource_table[i];
	if (folder && walk(&list, folder, "", 0, err) != 0)
		return -1;
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_name);
	*out = list.items;
	*count = list.count;
	return 0;
}
