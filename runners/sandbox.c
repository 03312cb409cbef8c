/* The backends that are linked in, by name. */
#include "runners/sandbox.h"

#include <string.h>

const struct sandbox_ops *sandbox_find(const char *name)
{
	REGISTRY_EACH (sandboxes, struct sandbox_ops, it) {
		if (strcmp((*it)->name, name) == 0)
			return *it;
	}
	return NULL;
}
