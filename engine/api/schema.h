/*
 * Checks JSON against a schema, in the words of JSON Schema 2020-12 that OpenAPI 3.1 uses: type (one or an
 * array), properties, propertyNames, required, additionalProperties (false or a schema), items, enum, const, minimum,
 * maximum, minLength, maxLength, pattern, minItems, maxItems, minProperties, maxProperties, oneOf, anyOf,
 * not, $ref (of "#/components/schemas/NAME"), format (only told, not checked), description, default,
 * examples. A schema with any other word is an error of ours that a test finds.
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
/* Their names in order, NULL past the last. */
const char *schemas_name(const struct schemas *schemas, size_t index);

/* Where a value does not fit, as a path: `limits.time_ms`, `commands[0]`; "" for the whole. */
struct schema_place {
	char field[128];
};

/*
 * ERROR_INPUT with one sentence that names the field and what it must be: `"timeout" must be a number, not a
 * string`, `unknown field "tiemout" (did you mean "timeout"?)`, `"files" is missing`. what names the
 * whole ("the body"); place may be NULL.
 */
int schema_check(const struct schemas *schemas, const struct json *schema, const struct json *value,
		 const char *what, struct schema_place *place, struct error *err);

/* Whether a schema (what names it in messages) uses known words only, each as it is meant. */
int schema_check_words(const struct schemas *schemas, const struct json *schema, const char *what,
		       struct error *err);

#endif
