/* Sets of needles, for the reader of patterns. */
#ifndef BASE_NEEDLE_SET_H
#define BASE_NEEDLE_SET_H

#include "engine/base/pattern.h"

/* How seldom the commonest of the set may occur in source text; 0 for the empty set. */
int needle_set_worth(const struct needles *set);

/* Puts candidate in best's place when it is worth more. */
void needle_set_keep_better(struct needles *best, const struct needles *candidate);

/* One more branch: a branch of which nothing is known makes all unknown, for good. */
void needle_set_unite(struct needles *all, bool *known, const struct needles *one);

#endif
