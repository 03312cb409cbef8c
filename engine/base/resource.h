/*
 * Files that travel inside the binary: templates, rules, prompts. A folder on disk, named by
 * ASSAY_SHARE, overrides them file by file: $ASSAY_SHARE/templates/go-1.21/template.json.
 */
#ifndef BASE_RESOURCE_H
#define BASE_RESOURCE_H

#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct resource {
	const char *name; /* "validators/rules/python.json", "templates/go-1.21/template.json" */
	const char *data; /* NUL-terminated */
	size_t len;
};

/* Finds one by its whole name; ERROR_NOT_FOUND when there is none. */
int resource_find(struct arena *arena, const char *name, struct resource *out, struct error *err);

/*
 * All whose name starts with prefix and ends with suffix ("" for any), sorted by name; those that
 * only the override folder has are listed too.
 */
int resource_list(struct arena *arena, const char *prefix, const char *suffix,
		  struct resource **out, size_t *count, struct error *err);

#endif
