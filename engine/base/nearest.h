/* The word that was most likely meant. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The candidate (counted from 0, NULL past the last) most likely meant by word, NULL when none is near. */
const char *nearest_word(const char *word, const void *ctx,
			 const char *(*candidate)(const void *ctx, size_t index));

#endif
