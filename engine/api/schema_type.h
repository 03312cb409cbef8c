/* The types of JSON Schema: which a value has, and how people call them. */
#ifndef API_SCHEMA_TYPE_H
#define API_SCHEMA_TYPE_H

#include "engine/base/json.h"

/* types is one type's name or a list of them. A number that is not finite has none. */
bool schema_has_types(const struct json *value, const struct json *types);

const char *schema_type_of(const struct json *value); /* "a list" */
const char *schema_type_words(const char *type); /* "array" -> "a list" */

#endif
