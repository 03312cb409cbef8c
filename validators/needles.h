/* What a pattern cannot do without: literals of which every match holds at least one. */
#ifndef VALIDATORS_NEEDLES_H
#define VALIDATORS_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>

enum { NEEDLES_MAX = 24, NEEDLE_BYTES = 12 };

struct needle {
	char text
		[NEEDLE_BYTES]; /* ASCII letters in lower case: looked for without regard to case */
	size_t len;
	bool word_before; /* no word character stands before it */
	bool word_after; /* none behind it */
};

struct needles {
	struct needle items[NEEDLES_MAX];
	size_t count; /* 0: nothing is known, the pattern must be tried everywhere */
};

/*
 * Reads a pattern that PCRE2 (pcre2pattern(3)) has accepted. Whatever it does not understand gives
 * count 0, never a wrong needle.
 */
void needles_derive(const char *pattern, struct needles *out);

#endif
