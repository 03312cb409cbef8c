/* Manifests that stand in a reply without their name. */
#ifndef PARSERS_BLOCK_MANIFEST_H
#define PARSERS_BLOCK_MANIFEST_H

#include "parsers/block_role.h"

/*
 * Names the first block that can only be a whole package.json, go.mod, Cargo.toml, pyproject.toml or
 * pom.xml, unless another block has that name. A part of one ("add this to your package.json") must
 * not replace the whole, so half a likeness is none.
 */
void block_manifests(const struct role_context *context, struct draft *drafts, size_t count);

#endif
