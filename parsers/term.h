/* What the parsers of terminal output share: clean lines, shapes of lines, counts, places. */
#ifndef PARSERS_TERM_H
#define PARSERS_TERM_H

#include "parsers/parser.h"

/*
 * The text as lines, without escape sequences and without the time stamp that a CI system put
 * before every line ("2024-01-01T00:00:00.0000000Z "). Lives in the arena.
 */
struct lines term_open(struct arena *arena, const char *data, size_t len);

/* A line that only one runner prints, and how sure it makes us (parser.h, sniff). */
struct term_mark {
	const char *shape; /* see line_like */
	int sure;
};

/* The surest mark found near the start or the end of the text; marks end with {NULL, 0}. */
int term_sniff(const char *data, size_t len, const struct term_mark *marks);

/*
 * Whether the whole line has a shape: '*' stands for any text, '#' for digits (at least one),
 * everything else for itself.
 */
bool line_like(struct line line, const char *shape);

bool line_is(struct line line, const char *text);
bool line_ends(struct line line, const char *suffix);
bool line_blank(struct line line);
size_t line_indent(struct line line); /* spaces at its start */
struct line line_from(struct line line, const char *start); /* the part from start on */
struct line line_to(struct line line, const char *end); /* the part before end */
struct line line_tail(struct line line, size_t skip); /* without its first bytes */
const char *line_find_last(struct line line, const char *needle); /* NULL: not in it */
char *line_copy(struct arena *arena, struct line line);

/* Takes digits off the front; false when there are none. Saturates at SIZE_MAX. */
bool line_number(struct line *line, size_t *out);

/* Whether the line is made of nothing but c, at least least of them. */
bool line_rule(struct line line, char c, size_t least);

/* "==== title ====": true when the line is a title between runs of rule. */
bool line_ruled_title(struct line line, char rule, struct line *title);

/*
 * Takes a time off the end: " (12 ms)", " (1.5s)", " [3ms]", " 12ms", " 1.2 s", with or without
 * the space before the unit. Milliseconds; NAN, and the line as it was, where there is none. A
 * time without brackets counts only when bare.
 */
double line_take_time(struct line *line, bool bare);

/*
 * The next "3 failed" or "failures=3" or "Errors: 3" of a list with commas, semicolons or bars.
 * Pieces without a number are passed over. False at the end.
 */
bool line_count(struct line *line, size_t *number, struct line *word);

/* ---- blocks of lines ---- */

/* The text between two places, without blank lines around it; NULL when nothing is left. */
char *term_block(struct arena *arena, const char *from, const char *to);

/* The same, each line without the indentation that all of them share. */
char *term_dedent(struct arena *arena, const char *from, const char *to);

/* ---- what the runner's own summary says ---- */

/* Tests by enum test_status; -1: the summary does not say. */
struct tally {
	ptrdiff_t count[4];
};

#define TALLY_UNKNOWN ((struct tally){{-1, -1, -1, -1}})

/*
 * Makes the tests from position first on agree with what the runner's own summary says of them.
 * Tests it counted but did not name (dots) are added to the suite as "(unnamed) 1" and on; a
 * failure without a name, or more tests than the summary knows, are problems.
 */
void term_settle(struct results_builder *b, const struct tally *said, size_t first,
		 const char *suite);

/* Adds the test that was under way when the output ended. */
void term_unfinished(struct results_builder *b, const char *name, const char *suite);

#endif
