/* What tests of the checks share: the built-in rules, blocks checked with them, a finding by its rule. */
#ifndef TESTS_VALIDATORS_CMOCKA_H
#define TESTS_VALIDATORS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/validators_support.h"
#include "validators/validators.h"

static struct ruleset *rules;

static inline int load(void **state)
{
	struct error err = {0};

	(void)state;
	if (ruleset_load(&rules, NULL, &err) != 0)
		fail_msg("%s", err.text);
	return 0;
}

static inline int unload(void **state)
{
	(void)state;
	ruleset_free(rules);
	return 0;
}

/* Gives the blocks their indexes; nothing is limited. */
static inline void check(struct block *items, size_t count, struct arena *arena,
			 struct findings *out)
{
	struct blocks blocks = {.items = items, .count = count};
	struct check_limits limits = {0};

	for (size_t i = 0; i < count; i++)
		items[i].index = i;
	assert_int_equal(validators_check(rules, &limits, 0, &blocks, arena, out, NULL), 0);
}

/* The first one of that rule; NULL: none. */
static inline const struct finding *find(const struct findings *findings, const char *rule)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->items[i].rule, rule) == 0)
			return &findings->items[i];
	return NULL;
}

#endif
