/* What the readers of the notations build edits with. */
#ifndef PARSERS_EDIT_DRAFT_H
#define PARSERS_EDIT_DRAFT_H

#include "engine/base/buf.h"
#include "parsers/edit.h"
#include "parsers/span.h"

struct edit_draft {
	const struct block *block;
	struct arena *arena;
	struct edits *out;
	struct edit edit; /* under way */
	struct edit_hunk hunk; /* under way */
	bool changes; /* the hunk has a line that is not context */
	struct buf before, after; /* of the hunk */
	struct buf code; /* of the edit */
	size_t code_lines;
	struct span rest, line; /* of the block's code: the line under way and what follows it */
	size_t number; /* of the line under way, from 1 */
};

void edit_draft_init(struct edit_draft *draft, const struct block *block, struct arena *arena,
		     struct edits *out);
void edit_draft_done(struct edit_draft *draft);

/* Steps to the next line of the block; false: there is none. */
bool edit_draft_next(struct edit_draft *draft);

/* Starts an edit at the line under way; the one before must have been ended. */
void edit_draft_begin(struct edit_draft *draft);

/* Adds the edit to the others; ERROR_TOO_LARGE when there are EDITS_MAX. */
int edit_draft_end(struct edit_draft *draft, struct error *err);

void edit_draft_hunk_begin(struct edit_draft *draft, size_t line);

/* A line of the hunk: ' ' stands in both texts, '-' in the old, '+' in the new one. */
void edit_draft_add(struct edit_draft *draft, char kind, struct span text);

/* Adds the hunk to the edit, if it changes anything. */
void edit_draft_hunk_end(struct edit_draft *draft);

/* edit_diff.c, edit_search.c, edit_v4a.c: the whole block. */
int edit_diff_read(struct edit_draft *draft, struct error *err);
int edit_search_read(struct edit_draft *draft, struct error *err);
int edit_v4a_read(struct edit_draft *draft, struct error *err);

/* The line is the first marker of a SEARCH/REPLACE; *marks says how many characters it has. */
bool edit_search_starts(struct span line, size_t *marks);

bool edit_v4a_starts(struct span line); /* "*** Begin Patch" */

/* edit_name.c: what a line of a diff says about files. */

/* A name as it stands behind "--- ": without time, remark and quotes. */
const char *edit_name_read(struct arena *arena, struct span text);

/* The two names of "diff --git a/x b/x"; false where they cannot be told apart. */
bool edit_name_git(struct arena *arena, struct span text, const char **before, const char **after);

bool edit_name_is_null(const char *name); /* /dev/null */

/* The name without "a/" or "b/", "old/" or "new/" where both names (either may be NULL) say so. */
void edit_name_strip(const char **before, const char **after);

#endif
