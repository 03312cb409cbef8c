/* UTF-8 as text from strangers needs it: validation, repair, and cutting without splitting. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

#include "engine/base/buf.h"

/* The length of the valid UTF-8 prefix (RFC 3629: no surrogates, no overlongs). */
size_t utf8_valid_prefix(const char *data, size_t len);

/* Appends data, each maximal invalid sequence replaced by U+FFFD (as WHATWG decoders do). */
void utf8_append_repaired(struct buf *out, const char *data, size_t len);

/* The largest n <= max such that data[0..n) does not end inside a character. */
size_t utf8_cut(const char *data, size_t len, size_t max);

#endif
