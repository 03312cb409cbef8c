/* What a PCRE2 pattern says about its matches without running it: literals they must hold. */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

enum { NEEDLES_MAX = 24, NEEDLE_BYTES = 12 };

struct needle {
	char text[NEEDLE_BYTES];
	size_t len;
	bool caseless; /* ASCII letters of either case will do */
	bool word_before; /* no word character stands before it */
	bool word_after; /* none behind it */
};

struct needles {
	struct needle items[NEEDLES_MAX];
	size_t count; /* 0: nothing is known, the pattern must be tried everywhere */
	bool at_start; /* every match starts with one of them */
};

/* Offsets behind a quantifier or a group: all backtracking passes one of them. */
enum { PATTERN_POINTS_MAX = 256 };

struct pattern_points {
	size_t at[PATTERN_POINTS_MAX];
	size_t count;
};

/*
 * Reads a pattern of PCRE2, pcre2pattern(3), whether or not it compiles. False when it holds
 * something that is not understood: then needles is empty and points says nothing.
 */
bool pattern_read(const char *pattern, struct needles *needles, struct pattern_points *points);

#endif
