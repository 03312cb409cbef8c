/* A reply's text -> its fenced blocks, with language, path and role; the only user of libcmark. */
#ifndef PARSERS_MARKDOWN_H
#define PARSERS_MARKDOWN_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

/*
 * Every fenced block in document order (CommonMark 0.30), named and given a role. languages is
 * NULL-terminated. Invalid UTF-8 and NULs are read as CommonMark says (U+FFFD), line ends as LF.
 *
 * What models do beyond CommonMark:
 * - A ```markdown document whose inner fences would end it early goes on to where they balance. Where
 *   no other block is used and it has no file name, its own blocks follow it in the list.
 * - An untagged block whose first line is just "python" is python, and that line is not in its code.
 * - What a model thought before its answer, <think> to </think>, is read apart and never used.
 * - Where no block can be used, elements that name a file (<file path="a.py">) and patches without a
 *   fence are the blocks.
 * - Two blocks with one explicit path are both used: which one counts is not ours to guess.
 *
 * Fails with ERROR_TOO_LARGE over 64 MiB of text, over 10,000 blocks, or where the markup is made to
 * take libcmark unreasonable time or memory; with ERROR_INPUT only for images beside all of the 32
 * noncharacters U+FDD0 to U+FDEF.
 */
int markdown_extract(const char *text, size_t len, const struct language *const *languages,
		     struct arena *arena, struct blocks *out, struct error *err);

#endif
