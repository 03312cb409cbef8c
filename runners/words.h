/* A growing list of strings in an arena, NULL-terminated at every moment. */
#ifndef RUNNERS_WORDS_H
#define RUNNERS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"

struct words {
	struct arena *arena;
	const char **items; /* never NULL */
	size_t count;
};

void words_init(struct words *words, struct arena *arena);

/* Borrows word. */
void words_add(struct words *words, const char *word);
void words_addf(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds each of a NULL-terminated list; NULL is an empty list. */
void words_add_all(struct words *words, const char *const *more);

bool words_have(const struct words *words, const char *word);
/* Adds a word that is not there yet. Looks at every other: no list of more than WORDS_NEW grows. */
enum { WORDS_NEW = 2000 };
void words_add_new(struct words *words, const char *word);
void words_sort(struct words *words);

/* All of them with a space between, and before each the prefix. */
const char *words_join(const struct words *words, const char *prefix);

#endif
