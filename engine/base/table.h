/* A hash table of whatever embeds an entry, found by a string. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Embedded; owner is what the table gives back. */
struct table_entry {
	const char *key; /* borrowed while it is in the table */
	void *owner;

	/* the table's own */
	struct table_entry *next;
	uint64_t hash;
};

struct table {
	struct table_entry **slots;
	size_t size, count;
	uint64_t seed; /* so that nobody outside can choose keys that collide */
};

void table_init(struct table *table);
void table_done(struct table *table); /* the entries stay their owners' */

/* The key must not be in the table yet. */
void table_add(struct table *table, struct table_entry *entry, const char *key, void *owner);
/* One that is not in the table is left alone. */
void table_remove(struct table *table, struct table_entry *entry);
void *table_find(const struct table *table, const char *key); /* NULL: no such key */

/* In no order; each may remove what it is given and nothing else. */
void table_each(const struct table *table, void (*each)(void *ctx, void *owner), void *ctx);

#endif
