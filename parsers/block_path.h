/* Where models put the name of a block's file: info string, label above, first comment. */
#ifndef PARSERS_BLOCK_PATH_H
#define PARSERS_BLOCK_PATH_H

#include "parsers/block_language.h"

/* The file name behind the last slash (either kind), and what follows its last dot ("" if none). */
struct span block_path_name(struct span path);
struct span block_path_extension(struct span path);

/* How much it takes to be a path. */
enum path_sure {
	PATH_MENTIONED, /* a word where a name may stand: known extension or file name, or a slash */
	PATH_NAMED, /* behind "file:" or "filename=": any word that could be one */
};

bool block_path_is(const struct language *const *languages, struct span word, enum path_sure sure);

/* "Makefile", "docs/LICENSE": the whole name says what it is. */
bool block_path_has_own_name(struct span path);

/* An info string taken apart; spans point into it. */
struct block_info {
	struct span tag; /* the first word without attributes and path, len 0 if none */
	struct span path; /* len 0 if none */
	bool part; /* "12:15:src/a.py": a quotation of lines of an existing file */
};

void block_info_read(const struct language *const *languages, const char *info,
		     struct block_info *out);

/* A name found in a line of text; path.len 0 if there was none. */
struct label {
	struct span path;
	bool heading; /* the line is a heading */
};

/*
 * The label just above a fence (at most one blank line between), or the heading of the section that
 * the fence is the first block of. scratch must hold LABEL_MAX bytes; the path may point into it.
 *
 * A sentence that mentions a file is no label, but for "Create (Save) ... `name` ...:", which says in
 * so many words that the file is what follows, and for one that ends with the name.
 */
enum { LABEL_MAX = 256 };
struct label block_label(const struct language *const *languages, struct span above,
			 char scratch[LABEL_MAX]);

/*
 * The name that a sentence or heading ends with, in code marks or bold and before a colon that a heading
 * can do without: "And the tests in `tests/test_a.py`:", "## Tests (`tests/test_a.py`)".
 */
struct span block_sentence_path(const struct language *const *languages, struct span line,
				bool heading);

/* What path="" or the like of an opening tag says that fills the line: <file path="src/a.py">. */
struct span block_tag_path(struct span line);

/* A first-line comment that is only a path, or says "file: path". The comment stays in the code. */
struct span block_comment_path(const struct language *const *languages, struct span code);

#endif
