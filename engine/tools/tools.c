/* Finds a tool by its name. */
#include "engine/tools/tools.h"

#include <string.h>

const struct tool *tool_find(const char *name)
{
	REGISTRY_EACH (tools, struct tool, it) {
		if (strcmp((*it)->name, name) == 0)
			return *it;
	}
	return NULL;
}
