/* What changed between two attempts: tests of both are paired by name, and each pair is classed. */
#include "engine/pipeline/delta.h"

#include <stdlib.h>
#include <string.h>

struct list {
	const char **items;
	size_t count;
};

/* A test and its place in the results; sorting by name, then place, puts equals side by side. */
struct entry {
	const struct test *test;
	size_t place;
};

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_names(const struct test *a, const struct test *b)
{
	int order = compare_text(a->suite, b->suite);
	return order ? order : compare_text(a->name, b->name);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = compare_names(left->test, right->test);
	return order ? order : (left->place > right->place) - (left->place < right->place);
}

static struct entry *sort_tests(struct arena *arena, const struct results *results)
{
	struct entry *entries = arena_array(arena, results->count + 1, sizeof(*entries));
	for (size_t i = 0; i < results->count; i++)
		entries[i] = (struct entry){&results->tests[i], i};
	qsort(entries, results->count, sizeof(*entries), compare_entries);
	return entries;
}

ptrdiff_t *delta_pair(struct arena *arena, const struct results *before, const struct results *now,
		      bool *found)
{
	struct entry *old = sort_tests(arena, before), *new = sort_tests(arena, now);
	ptrdiff_t *pairs = arena_array(arena, now->count + 1, sizeof(*pairs));
	size_t i = 0;
	for (size_t j = 0; j < now->count; j++) {
		while (i < before->count && compare_names(old[i].test, new[j].test) < 0)
			i++;
		pairs[new[j].place] = DELTA_UNPAIRED;
		if (i < before->count && compare_names(old[i].test, new[j].test) == 0) {
			pairs[new[j].place] = (ptrdiff_t)old[i].place;
			found[old[i++].place] = true;
		}
	}
	return pairs;
}

static bool is_bad(enum test_status status)
{
	return status == TEST_FAILED || status == TEST_ERROR;
}

static bool is_program(const struct test *test)
{
	return test->suite && strcmp(test->suite, SUITE_PROGRAM) == 0;
}

const char *delta_test_label(struct arena *arena, const struct test *test)
{
	const char *name = test->name ? test->name : "";
	if (!test->suite || !*test->suite)
		return arena_string(arena, name);
	return arena_printf(arena, "%s > %s", test->suite, name);
}

static void list_add(struct arena *arena, struct list *list, const struct test *test)
{
	arena_grow(arena, &list->items, list->count, sizeof(*list->items));
	list->items[list->count++] = delta_test_label(arena, test);
}

static const char **list_end(struct arena *arena, struct list *list)
{
	const char **end = arena_grow(arena, &list->items, list->count, sizeof(*list->items));
	*end = NULL;
	return list->items;
}

void delta_compute(struct arena *arena, const char *against, const struct results *before,
		   const struct results *now, struct delta *out)
{
	static const struct results nothing = {.runner = NULL};
	bool known = before && before->runner;
	const struct results *old = known ? before : &nothing;
	const struct results *new = known ? now : &nothing;
	bool *found = arena_array(arena, old->count + 1, sizeof(*found));
	const ptrdiff_t *pairs = delta_pair(arena, old, new, found);
	struct list newly_failing = {0}, fixed = {0}, still_failing = {0}, vanished = {0},
		    newly_skipped = {0};

	for (size_t i = 0; i < new->count; i++) {
		const struct test *test = &new->tests[i];
		const struct test *was = pairs[i] == DELTA_UNPAIRED ? NULL : &old->tests[pairs[i]];
		if (is_bad(test->status))
			list_add(arena,
				 was && is_bad(was->status) ? &still_failing : &newly_failing,
				 test);
		else if (test->status == TEST_PASSED && was && is_bad(was->status))
			list_add(arena, &fixed, test);
		else if (test->status == TEST_SKIPPED && was && was->status != TEST_SKIPPED)
			list_add(arena, &newly_skipped, test);
	}
	bool whole = new->runner &&new->complete && !new->build_failed;
	for (size_t i = 0; whole && i < old->count; i++)
		if (!found[i] && !is_program(&old->tests[i]))
			list_add(arena, &vanished, &old->tests[i]);

	*out = (struct delta){
		.against = known ? against : NULL,
		.newly_failing = list_end(arena, &newly_failing),
		.fixed = list_end(arena, &fixed),
		.still_failing = list_end(arena, &still_failing),
		.vanished = list_end(arena, &vanished),
		.newly_skipped = list_end(arena, &newly_skipped),
	};
}
