/* Base64 (RFC 4648, section 4): bytes as text that JSON can carry. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "engine/base/arena.h"
#include "engine/base/error.h"

char *base64_encode(struct arena *arena, const char *data, size_t len);

/* ERROR_INPUT: other characters, or a length or padding that cannot be. */
int base64_decode(struct arena *arena, const char *text, const char **out, size_t *len,
		  struct error *err);

#endif
