/* For tests that need an arena and nothing else: *state is one, empty before each test. */
#ifndef TESTS_ARENA_CMOCKA_H
#define TESTS_ARENA_CMOCKA_H

#include "engine/base/arena.h"

static inline int arena_set_up(void **state)
{
	static struct arena arena;

	arena_init(&arena);
	*state = &arena;
	return 0;
}

static inline int arena_tear_down(void **state)
{
	arena_done(*state);
	return 0;
}

#endif
