/* Which language a tag or a file name means. */
#ifndef PARSERS_BLOCK_LANGUAGE_H
#define PARSERS_BLOCK_LANGUAGE_H

#include "engine/model.h"
#include "parsers/span.h"

/* "py", "Python3", "c++17"; NULL: none of ours. */
const struct language *block_language_of_tag(const struct language *const *languages,
					     struct span tag);

/* By whole name, then by extension; whole_name (may be NULL) says which it was. */
const struct language *block_language_of_path(const struct language *const *languages,
					      struct span path, bool *whole_name);

/* Only where the text leaves no doubt: "#!/usr/bin/env python3", "package main". */
const struct language *block_language_of_code(const struct language *const *languages,
					      struct span code);

#endif
