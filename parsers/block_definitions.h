/* What other code could refer to in a block. */
#ifndef PARSERS_BLOCK_DEFINITIONS_H
#define PARSERS_BLOCK_DEFINITIONS_H

#include "engine/model.h"
#include "parsers/span.h"

enum { DEFINITIONS_MAX = 64 };

struct definitions {
	struct span names[DEFINITIONS_MAX];
	size_t count;
	bool overflow; /* there are more */
};

void block_definitions(const struct block *block, struct definitions *out);
bool block_defines(const struct definitions *definitions, struct span name);

#endif
