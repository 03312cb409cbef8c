/*
 * Checks JSON against a schema, in the words of JSON Schema 2020-12 that OpenAPI 3.1 uses: type (one or an
 * array), properties, required, additionalProperties (false or a schema), items, enum, const, minimum,
 * maximum, minLength, maxLength, pattern, minItems, maxItems, minProperties, maxProperties, oneOf, anyOf,
 * $ref (of "#/components/schemas/NAME"), format (only told, not checked), description, default, examples. A
 * schema with any other word is an error of ours that a test finds.
 *
 * The schemas of requests and answers are engine/api/schemas/NAME.json, built into the binary.
 */
#ifndef API_SCHEMA_H
#define API_SCHEMA_H

#include "engine/base/error.h"
#include "engine/base/json.h"

struct schemas;

/* All of them, parsed once; ERROR_INTERNAL names the file and the fault. */
int schemas_load(struct schemas **out, struct error *err);
void schemas_free(struct schemas *schemas);
const struct json *schemas_get(const struct schemas *schemas, const char *name); /* NULL: none */

/*
 * ERROR_INPUT with one sentence that names the field and what it must be: `"timeout" must be a number, not a
 * string`, `unknown field "tiemout" (did you mean "timeout"?)`, `"files" is missing`.
 */
int schema_check(const struct schemas *schemas, const struct json *schema, const struct json *value,
		 struct error *err);

/* schemas/NAME.json by name. */
int schema_check_named(const struct schemas *schemas, const char *name, const struct json *value,
		       struct error *err);

#endif
