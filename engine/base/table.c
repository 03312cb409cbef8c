/* Chains in slots, doubled when there are more entries than slots; FNV-1a from a random seed. */
#include "engine/base/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "engine/base/memory.h"

enum { SLOTS_FIRST = 64 };

static const uint64_t FNV_PRIME = 0x100000001b3;

static uint64_t hash(const struct table *table, const char *key)
{
	uint64_t value = table->seed;

	for (; *key; key++)
		value = (value ^ (unsigned char)*key) * FNV_PRIME;
	return value ^ value >> 32;
}

void table_init(struct table *table)
{
	*table = (struct table){.size = SLOTS_FIRST};
	table->slots = memory_zeroed(table->size * sizeof(*table->slots));
	if (getrandom(&table->seed, sizeof(table->seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(table->seed))
		table->seed = 0xcbf29ce484222325; /* early at boot: FNV's own offset */
}

void table_done(struct table *table)
{
	free(table->slots);
	*table = (struct table){0};
}

static void link_entry(struct table *table, struct table_entry *entry)
{
	struct table_entry **slot = &table->slots[entry->hash & (table->size - 1)];

	entry->next = *slot;
	*slot = entry;
}

static void grow(struct table *table)
{
	struct table_entry **old = table->slots;
	size_t size = table->size;

	table->size *= 2;
	table->slots = memory_zeroed(table->size * sizeof(*table->slots));
	for (size_t i = 0; i < size; i++) {
		while (old[i]) {
			struct table_entry *entry = old[i];
			old[i] = entry->next;
			link_entry(table, entry);
		}
	}
	free(old);
}

void table_add(struct table *table, struct table_entry *entry, const char *key, void *owner)
{
	if (table->count >= table->size)
		grow(table);
	*entry = (struct table_entry){.key = key, .owner = owner, .hash = hash(table, key)};
	link_entry(table, entry);
	table->count++;
}

void table_remove(struct table *table, struct table_entry *entry)
{
	struct table_entry **at = &table->slots[entry->hash & (table->size - 1)];

	while (*at && *at != entry)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = entry->next;
	table->count--;
}

void *table_find(const struct table *table, const char *key)
{
	uint64_t wanted = hash(table, key);
	struct table_entry *entry = table->slots[wanted & (table->size - 1)];

	while (entry && (entry->hash != wanted || strcmp(entry->key, key) != 0))
		entry = entry->next;
	return entry ? entry->owner : NULL;
}

void table_each(const struct table *table, void (*each)(void *ctx, void *owner), void *ctx)
{
	for (size_t i = 0; i < table->size; i++) {
		struct table_entry *next;
		for (struct table_entry *entry = table->slots[i]; entry; entry = next) {
			next = entry->next;
			each(ctx, entry->owner);
		}
	}
}
