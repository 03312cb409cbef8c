/* The schemas that travel in the binary, each under its file's name. */
#include <stdlib.h>
#include <string.h>

#include "engine/api/schema_pattern.h"
#include "engine/base/memory.h"
#include "engine/base/resource.h"

#define FOLDER "engine/api/schemas/"

struct named {
	const char *name;
	struct json *schema;
};

struct schemas {
	struct arena arena;
	struct named *items;
	size_t count;
	struct schema_patterns *patterns; /* filled while they are read */
};

static int fault(struct error *err)
{
	err->code = ERROR_INTERNAL;
	return error_wrap(err, "request schemas");
}

static int load(struct schemas *schemas, struct error *err)
{
	struct resource *files;
	size_t count;

	if (resource_list(&schemas->arena, FOLDER, ".json", &files, &count, err) != 0)
		return -1;
	schemas->items = arena_array(&schemas->arena, count + 1, sizeof(*schemas->items));
	for (size_t i = 0; i < count; i++) {
		struct named *item = &schemas->items[i];
		const char *name = files[i].name + sizeof(FOLDER) - 1;
		item->schema = json_parse(files[i].data, files[i].len, files[i].name, err);
		if (!item->schema)
			return -1;
		item->name = arena_copy(&schemas->arena, name, strlen(name) - strlen(".json"));
		schemas->count++;
	}
	for (size_t i = 0; i < count; i++) {
		if (schema_check_words(schemas, schemas->items[i].schema, schemas->items[i].name,
				       err) != 0)
			return -1;
	}
	return 0;
}

int schemas_load(struct schemas **out, struct error *err)
{
	struct schemas *schemas = memory_zeroed(sizeof(*schemas));

	arena_init(&schemas->arena);
	schemas->patterns = memory_zeroed(sizeof(*schemas->patterns));
	if (load(schemas, err) != 0) {
		schemas_free(schemas);
		return fault(err);
	}
	*out = schemas;
	return 0;
}

void schemas_free(struct schemas *schemas)
{
	if (!schemas)
		return;
	for (size_t i = 0; i < schemas->count; i++)
		json_free(schemas->items[i].schema);
	schema_patterns_done(schemas->patterns);
	free(schemas->patterns);
	arena_done(&schemas->arena);
	free(schemas);
}

const char *schemas_name(const struct schemas *schemas, size_t index)
{
	return index < schemas->count ? schemas->items[index].name : NULL;
}

const struct json *schemas_get(const struct schemas *schemas, const char *name)
{
	for (size_t i = 0; i < schemas->count; i++) {
		if (strcmp(schemas->items[i].name, name) == 0)
			return schemas->items[i].schema;
	}
	return NULL;
}

struct schema_patterns *schemas_patterns(const struct schemas *schemas)
{
	return schemas->patterns;
}
