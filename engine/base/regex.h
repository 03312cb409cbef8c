/* Patterns that a stranger's text cannot hang: the only user of PCRE2. */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/pattern.h"

struct regex; /* one pattern, shared by all threads */
struct regex_scratch; /* what matching writes to: one for each thread */

/*
 * PCRE2 syntax over bytes (not UTF), ^ and $ at every line, line ends LF, CRLF or CR. Fails with
 * ERROR_INPUT "at offset N: why"; a pattern that matches the empty string is refused too.
 */
int regex_new(struct regex **out, const char *pattern, struct error *err);
void regex_free(struct regex *regex);

/* Literals of which every match holds one: where none stands, the pattern need not be tried. */
const struct needles *regex_needles(const struct regex *regex);

struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch *scratch);

/* Gives the scratch so many steps for all calls of regex_find until the next grant. */
void regex_grant(struct regex_scratch *scratch, uint64_t steps);
uint64_t regex_steps_left(const struct regex_scratch *scratch);

/* Where a match may lie in a text: it starts in [start, start_end) and ends by end. */
struct regex_window {
	const char *text;
	size_t start;
	size_t start_end;
	size_t end;
	bool cut; /* the line goes on behind end: $ does not match there */
};

enum regex_result {
	REGEX_NONE,
	REGEX_MATCH,
	REGEX_LIMIT, /* the steps or PCRE2's own limits ran out: nobody knows */
};

/* The leftmost match; at is its first byte. */
enum regex_result regex_find(struct regex *regex, struct regex_scratch *scratch,
			     const struct regex_window *window, size_t *at);

#endif
