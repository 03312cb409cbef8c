/* Names in a sorted list, each given out in the order it came. */
#include "parsers/name_index.h"

#include <stdlib.h>
#include <string.h>

void name_index_init(struct name_index *index, struct arena *arena)
{
	*index = (struct name_index){.arena = arena};
}

void name_index_add(struct name_index *index, const char *name, size_t value)
{
	struct name_entry *entry = arena_grow(index->arena, &index->entries, index->count,
					      sizeof(*entry));

	index->count++;
	*entry = (struct name_entry){.name = name, .value = value};
}

static int compare(const void *a, const void *b)
{
	const struct name_entry *x = a;
	const struct name_entry *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->value > y->value) - (x->value < y->value);
}

static void sort(struct name_index *index)
{
	if (!index->sorted && index->count > 1)
		qsort(index->entries, index->count, sizeof(*index->entries), compare);
	index->sorted = true;
}

size_t name_index_distinct(struct name_index *index)
{
	size_t count = 0;

	sort(index);
	for (size_t i = 0; i < index->count; i++) {
		if (i == 0 || strcmp(index->entries[i].name, index->entries[i - 1].name) != 0)
			count++;
	}
	return count;
}

/* The first entry of a name, or NULL. */
static struct name_entry *find(struct name_index *index, const char *name)
{
	size_t low = 0;
	size_t high = index->count;

	sort(index);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(index->entries[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == index->count || strcmp(index->entries[low].name, name) != 0)
		return NULL;
	return &index->entries[low];
}

bool name_index_find(struct name_index *index, const char *name, size_t *value)
{
	const struct name_entry *first = find(index, name);

	if (first)
		*value = first->value;
	return first != NULL;
}

bool name_index_has(struct name_index *index, const char *name)
{
	return find(index, name) != NULL;
}

bool name_index_take(struct name_index *index, const char *name, size_t *value)
{
	struct name_entry *first = find(index, name);
	struct name_entry *entry;

	if (!first)
		return false;
	entry = first + first->taken;
	if (entry == index->entries + index->count || strcmp(entry->name, name) != 0)
		return false;
	first->taken++;
	*value = entry->value;
	return true;
}
