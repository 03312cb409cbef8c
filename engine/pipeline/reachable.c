/* Gathers the registries of an install into one list of hosts, variables and mounts. */
#include "engine/pipeline/reachable.h"

#include "runners/words.h"

int reachable_load(struct reachable *list, struct arena *arena,
		   const struct environment *environment, const char *const *kinds,
		   struct error *err)
{
	struct words hosts, env, mounts;

	words_init(&hosts, arena);
	words_init(&env, arena);
	words_init(&mounts, arena);
	words_add_all(&hosts, environment->hosts);
	words_add_all(&mounts, environment->mounts);
	for (const char *const *kind = kinds; kind && *kind; kind++) {
		struct registry registry = {0};
		if (registry_load(arena, environment, *kind, &registry, err) != 0)
			return -1;
		words_add_all(&hosts, registry.hosts);
		words_add_all(&env, registry.env);
		words_add_all(&mounts, registry.mounts);
	}
	*list = (struct reachable){
		.asked = kinds != NULL,
		.hosts = hosts.items,
		.env = env.items,
		.mounts = mounts.items,
	};
	return 0;
}
