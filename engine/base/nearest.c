/* How far words lie apart, in slips of typing. */
#include "engine/base/nearest.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Letters to insert, delete, replace or swap to get from a to b (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	size_t n = strlen(a), m = strlen(b);
	size_t rows[LONGEST + 1][LONGEST + 1];

	if (n > LONGEST || m > LONGEST)
		return SIZE_MAX;
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				rows[i][j] = i + j;
				continue;
			}
			size_t least = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (rows[i - 1][j] + 1 < least)
				least = rows[i - 1][j] + 1;
			if (rows[i][j - 1] + 1 < least)
				least = rows[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    rows[i - 2][j - 2] + 1 < least)
				least = rows[i - 2][j - 2] + 1;
			rows[i][j] = least;
		}
	}
	return rows[n][m];
}

const char *nearest_word(const char *word, const void *ctx,
			 const char *(*candidate)(const void *ctx, size_t index))
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 + 1, len = strlen(word);

	if (least > 3)
		least = 3;
	for (size_t i = 0; candidate(ctx, i); i++) {
		/* "--work" for "--workspace" is as near as one wrong letter. */
		size_t far = len >= 2 && strncmp(candidate(ctx, i), word, len) == 0
				     ? 1
				     : distance(word, candidate(ctx, i));
		if (far < least || (far == least && !nearest)) {
			nearest = candidate(ctx, i);
			least = far;
		}
	}
	return nearest;
}
