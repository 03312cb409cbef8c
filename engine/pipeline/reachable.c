/* Gathers the registries of an install into one list of hosts, variables and mounts. */
#include "engine/pipeline/reachable.h"

#include <string.h>

static const char **join(struct arena *arena, const char **list, const char *const *more)
{
	size_t have = 0, add = 0;

	while (list && list[have])
		have++;
	while (more && more[add])
		add++;
	const char **joined = arena_array(arena, have + add + 1, sizeof(*joined));
	if (have)
		memcpy(joined, list, have * sizeof(*joined));
	if (add)
		memcpy(joined + have, more, add * sizeof(*joined));
	return joined;
}

int reachable_load(struct reachable *list, struct arena *arena,
		   const struct environment *environment, const char *const *kinds,
		   struct error *err)
{
	*list = (struct reachable){
		.asked = kinds != NULL,
		.hosts = join(arena, NULL, environment->hosts),
		.env = join(arena, NULL, NULL),
		.mounts = join(arena, NULL, environment->mounts),
	};
	for (; kinds && *kinds; kinds++) {
		struct registry registry = {0};
		if (registry_load(arena, environment, *kinds, &registry, err) != 0)
			return -1;
		list->hosts = join(arena, list->hosts, registry.hosts);
		list->env = join(arena, list->env, registry.env);
		list->mounts = join(arena, list->mounts, registry.mounts);
	}
	return 0;
}
