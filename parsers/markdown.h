/* A reply's text -> its fenced blocks, with language, path and role; the only user of libcmark. */
#ifndef PARSERS_MARKDOWN_H
#define PARSERS_MARKDOWN_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

/*
 * Every fenced block in document order (CommonMark 0.30), named and given a role. languages is
 * NULL-terminated. Invalid UTF-8 and NULs are read as CommonMark says (U+FFFD). Fails only with
 * ERROR_TOO_LARGE: over 64 MiB of text or over 10,000 blocks.
 */
int markdown_extract(const char *text, size_t len, const struct language *const *languages,
		     struct arena *arena, struct blocks *out, struct error *err);

#endif
