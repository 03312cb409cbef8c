/*
 * Edits of existing files: unified diffs, SEARCH/REPLACE and "*** Begin Patch" blocks, read from text
 * and applied to text. Pure: who has the files is the caller's business.
 */
#ifndef PARSERS_EDIT_H
#define PARSERS_EDIT_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"
#include "parsers/span.h"

/* One place of one file: these lines stand there, those come instead. */
struct edit_hunk {
	size_t line; /* where it says that it starts in the old file, from 1; 0: anywhere */
	const char *before, *after; /* whole lines, each with its line end; "" for none */
	size_t before_len, after_len;
	size_t lead, trail; /* lines of context at the start and end: fuzz may leave them out */
	size_t source_line; /* in the block's code, for messages */
	bool no_newline_before, no_newline_after; /* "\ No newline at end of file" */
	const char *
		anchor; /* lines of the file that it stands behind, each with its end; NULL: none */
	bool at_end; /* it ends where the file does */
};

enum edit_kind { EDIT_CHANGE, EDIT_CREATE, EDIT_DELETE, EDIT_RENAME };

/* What a block wants of one file. */
struct edit {
	enum edit_kind kind;
	bool search; /* SEARCH/REPLACE: white space may differ */
	bool v4a; /* "*** Begin Patch": likewise; lines that are only brought go to the end */
	const char *path; /* of the old file; of the new one for EDIT_CREATE */
	const char *to; /* EDIT_RENAME: the new name, hunks may come with it; else NULL */
	bool executable; /* a diff's "new file mode 100755" */
	struct edit_hunk *hunks;
	size_t hunk_count;
	size_t block; /* the block's index */
	size_t line; /* in the block's code, where it starts */
	/*
	 * For the rules: the lines that it brings or keeps, each as many lines from the start as it
	 * stands behind `line` in the block; what else stands there is left empty.
	 */
	const char *code;
	size_t code_len;
};

struct edits {
	struct edit *items;
	size_t count;
};

enum { EDITS_MAX = 1000 }; /* of all blocks together */

/*
 * Adds what one ROLE_EDIT block asks for. Paths lose the a/ and b/ of a diff and are relative;
 * block->path serves a SEARCH/REPLACE that names none. ERROR_INPUT says the line of the block and
 * what is wrong with it.
 */
int edit_parse(const struct block *block, struct arena *arena, struct edits *out,
	       struct error *err);

struct edit_place { /* where a hunk went */
	size_t line; /* in the old text, from 1 */
	long offset; /* lines away from where it said */
	unsigned fuzz; /* lines of context left out at each end: 0, 1 or 2, as patch(1) has it */
	bool loose; /* white space differed: SEARCH/REPLACE only */
};

enum { EDIT_WORK = 32 * 1024 * 1024 }; /* comparisons of lines that one reply is worth */

/*
 * Applies all hunks of an edit to text, in order, all or nothing: *out is in arena. places (one for
 * each hunk) may be NULL. work is how many lines may still be compared, and is counted down. ERROR_CONFLICT is a
 * sentence for the coder: file, line of the block, the first line that does not match, what
 * stands there instead, and the most similar place if there is one. ERROR_TOO_LARGE: work is used
 * up.
 */
int edit_apply(const struct edit *edit, struct span text, size_t *work, struct arena *arena,
	       struct span *out, struct edit_place *places, struct error *err);

/* Whether all hunks are in text already: it is as the edit wants it. */
bool edit_is_applied(const struct edit *edit, const char *text, size_t len, size_t *work);

#endif
