/* Finds tests by name, so that what is printed about one in several places comes together. */
#ifndef PARSERS_NAME_INDEX_H
#define PARSERS_NAME_INDEX_H

#include "parsers/parser.h"

/* A sorted list: no hash, so no text from outside can make it slow. */
struct name_index {
	struct arena *arena;
	struct name_entry {
		const char *name;
		size_t value; /* what the caller put in: the position of a test */
		size_t taken; /* in the first entry of a name: how many were given out */
	} * entries;
	size_t count;
	bool sorted;
};

void name_index_init(struct name_index *index, struct arena *arena);

/* name is borrowed for as long as the index is used. Not after the first look-up. */
void name_index_add(struct name_index *index, const char *name, size_t value);

size_t name_index_distinct(struct name_index *index); /* names, each counted once */

/* The first entry of a name, however many were given out. */
bool name_index_find(struct name_index *index, const char *name, size_t *value);

bool name_index_has(struct name_index *index, const char *name);

/*
 * Each call for a name gives the next of its entries, in the order of their values.
 * False when there is none left.
 */
bool name_index_take(struct name_index *index, const char *name, size_t *value);

#endif
