/* A text as lines that can be compared and replaced, for applying edits. */
#ifndef PARSERS_EDIT_TEXT_H
#define PARSERS_EDIT_TEXT_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "parsers/edit.h"
#include "parsers/span.h"

enum { EDIT_LINES_MAX = 1000000 };

struct edit_line {
	const char *text; /* without its end */
	uint32_t len;
	uint32_t hash;
	bool cr, lf; /* how it ends; neither: the last one may */
};

struct edit_text {
	struct edit_line *lines;
	size_t count;
};

/* How equal two lines must be. */
enum edit_like {
	LIKE_BYTES, /* with their ends */
	LIKE_LINES, /* however they end */
	LIKE_RIGHT, /* but for white space at the end */
	LIKE_SHIFTED /* but for one indentation that all have more or less */
};

/* Room for extra lines more is made. ERROR_TOO_LARGE over EDIT_LINES_MAX lines. */
int edit_text_read(struct edit_text *out, const char *text, size_t len, size_t extra,
		   struct arena *arena, struct error *err);

struct span edit_line_span(const struct edit_line *line); /* without its end */
bool edit_lines_equal(const struct edit_line *a, const struct edit_line *b, enum edit_like like);
bool edit_line_is_blank(const struct edit_line *line);

/*
 * The indentation that the lines at `at` have more than the pattern's, or less (*more says
 * which); false when they are not the same lines but for that.
 */
bool edit_shift(const struct edit_text *text, size_t at, const struct edit_text *pattern,
		struct span *indent, bool *more);

/* ---- edit_match.c: where a hunk goes ---- */

/*
 * Where the pattern stands in text from `at` on, its first `skip` and last `drop` lines left out.
 */
struct edit_try {
	const struct edit_text *text, *pattern;
	enum edit_like like;
	size_t skip, drop;
	size_t *work;
};

bool edit_matches(const struct edit_try *try, size_t at);

enum { EDIT_PLACES = 8 };

/* All places where it stands: how many, and the first EDIT_PLACES of them (from 0). */
size_t edit_find_all(const struct edit_try *try, size_t places[EDIT_PLACES]);

/*
 * patch(1)'s search: outward from first + offset (from 1), never among the `frozen` lines that
 * earlier hunks went through. Returns the line (from 1), 0 for none. Lines are those of the old text, before
 * earlier hunks made it `grown` lines longer.
 */
struct edit_guess {
	size_t first; /* what the hunk says */
	long offset; /* that the hunk before had */
	long grown;
	size_t frozen;
	size_t lead, trail;
	unsigned fuzz;
};
size_t edit_find_near(const struct edit_try *try, const struct edit_guess *guess);

/* ---- edit_near.c: why it does not ---- */

/* Sets err to what is wrong with the hunk, which fits nowhere. Returns -1. */
int edit_explain(const struct edit *edit, const struct edit_hunk *hunk,
		 const struct edit_text *text, const struct edit_text *before, size_t *work,
		 struct arena *arena, struct error *err);

#endif
