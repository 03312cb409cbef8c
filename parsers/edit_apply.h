/*
 * An edit while it is being applied: where a hunk goes (edit_place.c) and what it does there
 * (edit_apply.c).
 */
#ifndef PARSERS_EDIT_APPLY_H
#define PARSERS_EDIT_APPLY_H

#include "parsers/edit_text.h"

struct apply {
	const struct edit *edit;
	struct edit_text text; /* as it is after the hunks so far */
	size_t *work;
	struct arena *arena; /* for this call alone */
	bool crlf; /* how most lines of the file end */
	/* in the text as it is: lines that hunks went through, and what these made it longer */
	size_t frozen;
	long grown;
	long offset; /* of the hunk before */
	bool failed; /* a hunk did not fit: why others do not is not asked */
};

/* The hunk under way. */
struct piece {
	const struct edit_hunk *hunk;
	struct edit_text before, after;
	size_t at; /* where it goes, from 0 */
	enum edit_like like;
	bool there; /* what it brings stands there already */
	struct edit_place place;
};

/* Finds piece->at; -1 with err set to why the hunk has no place, or several. */
int edit_place(struct apply *apply, struct piece *piece, struct error *err);

/* Sets err to that work is used up. Returns -1. */
int edit_out_of_work(const struct apply *apply, struct error *err);

#endif
