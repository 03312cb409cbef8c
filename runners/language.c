/* The list of languages: every file that registers a runner is in it. */
#include "runners/language.h"

const struct language *const *language_all(struct arena *arena)
{
	size_t count = REGISTRY_COUNT(runners);
	const struct language **all = arena_array(arena, count + 1, sizeof(*all));
	size_t n = 0;

	REGISTRY_EACH (runners, struct runner, it)
		all[n++] = &(*it)->language;
	return all;
}

const struct runner *runner_for(const struct language *language)
{
	REGISTRY_EACH (runners, struct runner, it) {
		if (&(*it)->language == language)
			return (*it)->plan ? *it : NULL;
	}
	return NULL;
}
