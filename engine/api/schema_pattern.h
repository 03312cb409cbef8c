/* The patterns of schemas, compiled at their first use. */
#ifndef API_SCHEMA_PATTERN_H
#define API_SCHEMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/api/schema.h"

/* Says that a text holds no NUL, which json_strict and the HTTP server see to: it is told, not tried. */
#define SCHEMA_NO_NUL "^[^\\x00]*$"

enum { SCHEMA_PATTERNS_MAX = 64 };

struct schema_patterns {
	struct {
		char *text;
		struct regex *regex;
	} items[SCHEMA_PATTERNS_MAX];
	size_t count;
	struct regex_scratch *scratch;
};

void schema_patterns_done(struct schema_patterns *patterns);

/* From any thread. pattern is "^...$" and means the whole of text, line ends included, as ECMA-262 has it. */
bool schema_pattern_fits(struct schema_patterns *patterns, const char *pattern, const char *text);

/* Those that belong to schemas. */
struct schema_patterns *schemas_patterns(const struct schemas *schemas);

#endif
