/* What calls itself XML -> text that a conforming XML parser accepts. */
#ifndef PARSERS_XML_CLEAN_H
#define PARSERS_XML_CLEAN_H

#include "engine/base/buf.h"

/*
 * Appends a UTF-8 copy: UTF-16 (with a byte order mark) and ISO 8859-1 (when declared) are recoded;
 * invalid bytes, and characters and character references that XML 1.0 (section 2.2) forbids, become
 * U+FFFD; an ampersand that starts no reference, or one to an entity that only a DTD could define,
 * is escaped. CDATA sections keep their ampersands. Linear.
 */
void xml_clean(struct buf *out, const char *data, size_t len);

#endif
