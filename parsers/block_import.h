/* The file name that other code of the reply expects of a block without one. */
#ifndef PARSERS_BLOCK_IMPORT_H
#define PARSERS_BLOCK_IMPORT_H

#include "engine/base/arena.h"
#include "parsers/block_definitions.h"

/*
 * "multiply.js" for a nameless block that defines multiply, beside a test that says
 * `const { multiply } = require('./multiply')`. Python and JavaScript (TypeScript); NULL when nothing
 * imports what the block defines. budget (about bytes compared) is used up; at none, no more is found.
 */
const char *block_import_path(const struct blocks *blocks, const struct block *block,
			      size_t *budget, struct arena *arena);

#endif
