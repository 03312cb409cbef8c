/* The document that says what the service takes and answers. */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "engine/api/route.h"
#include "engine/api/schema.h"

enum { OPENAPI_REFUSALS = 8 };

/*
 * Writes it from the route tables and schemas, with the refusals that every route of a kind has: 400, 401
 * and 403 (with tokens only), 404 where the path names something, 413 and 415 where there is a body, 429.
 * ERROR_INTERNAL: a table or schema is not well made.
 */
int openapi_write(const struct schemas *schemas, bool tokens, struct buf *out, struct error *err);

#endif
