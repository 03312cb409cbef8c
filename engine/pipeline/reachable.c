/* Gathers the registries of an install into one list of hosts, variables and mounts. */
#include "engine/pipeline/reachable.h"

#include <pthread.h>
#include <string.h>

#include "engine/base/clock.h"
#include "runners/words.h"

/*
 * What the clients said, for a few minutes: asking them takes longer than all the rest of an install from a
 * kept download, and how a host is set up does not change from one execution to the next.
 */
enum { KEPT_MS = 5 * 60 * 1000, KEPT_MAX = 16 };

static struct answer {
	struct arena arena; /* holds all below */
	const char *environment, *tool_path, *kind; /* environment NULL: the place is free */
	double at;
	struct registry registry;
} kept[KEPT_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const *copy_list(struct arena *arena, const char *const *list)
{
	struct words words;

	words_init(&words, arena);
	for (; list && *list; list++)
		words_add(&words, arena_string(arena, *list));
	return words.items;
}

static struct registry copy(struct arena *arena, const struct registry *registry)
{
	return (struct registry){
		.hosts = copy_list(arena, registry->hosts),
		.env = copy_list(arena, registry->env),
		.mounts = copy_list(arena, registry->mounts),
	};
}

static struct answer *find(const struct environment *environment, const char *kind)
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		if (kept[i].environment && strcmp(kept[i].environment, environment->name) == 0 &&
		    strcmp(kept[i].tool_path, environment->tool_path) == 0 &&
		    strcmp(kept[i].kind, kind) == 0)
			return &kept[i];
	}
	return NULL;
}

static bool recall(struct arena *arena, const struct environment *environment, const char *kind,
		   struct registry *out)
{
	pthread_mutex_lock(&lock);
	const struct answer *answer = find(environment, kind);
	bool fresh = answer && clock_ms() - answer->at < KEPT_MS;
	if (fresh)
		*out = copy(arena, &answer->registry);
	pthread_mutex_unlock(&lock);
	return fresh;
}

/* Where the same was kept before, a free place, or that of the oldest. */
static struct answer *place_for(const struct environment *environment, const char *kind)
{
	struct answer *place = find(environment, kind);

	for (size_t i = 0; !place && i < KEPT_MAX; i++) {
		if (!kept[i].environment)
			place = &kept[i];
	}
	if (place)
		return place;
	place = &kept[0];
	for (size_t i = 1; i < KEPT_MAX; i++) {
		if (kept[i].at < place->at)
			place = &kept[i];
	}
	return place;
}

static void keep(const struct environment *environment, const char *kind,
		 const struct registry *registry)
{
	pthread_mutex_lock(&lock);
	struct answer *place = place_for(environment, kind);
	arena_done(&place->arena);
	place->environment = arena_string(&place->arena, environment->name);
	place->tool_path = arena_string(&place->arena, environment->tool_path);
	place->kind = arena_string(&place->arena, kind);
	place->registry = copy(&place->arena, registry);
	place->at = clock_ms();
	pthread_mutex_unlock(&lock);
}

static int ask(struct arena *arena, const struct environment *environment, const char *kind,
	       struct registry *out, struct error *err)
{
	if (recall(arena, environment, kind, out))
		return 0;
	if (registry_load(arena, environment, kind, out, err) != 0)
		return -1;
	keep(environment, kind, out);
	return 0;
}

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
		if (ask(arena, environment, *kind, &registry, err) != 0)
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
