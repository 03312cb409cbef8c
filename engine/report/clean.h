/* Text that strangers wrote, made harmless and legal for where it is going to be read. */
#ifndef REPORT_CLEAN_H
#define REPORT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

/*
 * For a terminal: valid UTF-8, escape sequences gone, other control characters and those that
 * reorder text (Unicode's bidirectional controls) shown as \x1b or \u202e. Each line after the first
 * begins with indent; line ends at the end are dropped.
 */
void clean_terminal(struct buf *out, const char *text, size_t len, const char *indent);

/*
 * For XML 1.0 text or, with attribute, for inside double quotes: what its Char production (section 2.2)
 * does not allow is left out, the rest is escaped.
 */
void clean_xml(struct buf *out, const char *text, size_t len, bool attribute);

/*
 * For the inside of a double-quoted YAML 1.2 scalar that simple readers take too: only the escapes
 * \\ \" \n \t \r.
 */
void clean_yaml(struct buf *out, const char *text, size_t len);

/* For one line of TAP: line ends become spaces, "#" and "\" are escaped (TAP 14, "Escaping"). */
void clean_tap(struct buf *out, const char *text);

#endif
