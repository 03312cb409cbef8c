/* Finds many needles in one pass over a text, whatever the text: an Aho-Corasick automaton. */
#ifndef VALIDATORS_SCANNER_H
#define VALIDATORS_SCANNER_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/pattern.h"

struct scanner;

struct scanner_needle {
	const struct needle *needle;
	uint32_t id; /* what a hit reports */
};

/* The scanner lives in the arena and borrows nothing of needles. */
struct scanner *scanner_new(struct arena *arena, const struct scanner_needle *needles,
			    size_t count);

/* A needle of this id stands at text[start]; hits come in the order of their ends. */
typedef void (*scanner_hit_fn)(void *data, uint32_t id, size_t start);

void scanner_run(const struct scanner *scanner, const char *text, size_t len, scanner_hit_fn hit,
		 void *data);

#endif
