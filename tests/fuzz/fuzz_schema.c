/* Any text is JSON or is refused with its place; whatever is JSON fits a schema or is told why not. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/api/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char SCHEMA[] =
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"a\"],\"properties\":{"
	"\"a\":{\"oneOf\":[{\"type\":\"string\",\"pattern\":\"^[a-z]+(-[a-z]+)*$\"},"
	"{\"type\":\"array\",\"maxItems\":3,\"items\":{\"type\":[\"integer\",\"null\"]}}]},"
	"\"b\":{\"enum\":[\"x\",1,null]},\"c\":{\"$ref\":\"#/components/schemas/error\"},"
	"\"d\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\",\"maxLength\":3}}}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schemas *schemas;
	static struct json *schema;
	struct schema_place place = {""};
	struct error err = {0};
	char *text = malloc(size + 1);

	if (!schemas && schemas_load(&schemas, &err) != 0)
		abort();
	if (!schema)
		schema = json_parse(SCHEMA, sizeof(SCHEMA) - 1, "schema", &err);
	memcpy(text, data, size);
	text[size] = '\0';
	if (json_strict(text, size, "body", &err) == 0) {
		struct json *value = json_parse(text, size, "body", &err);
		/* What is JSON to the letter is JSON to cJSON, but for numbers of more than 63 characters. */
		if (value && schema_check(schemas, schema, value, "the body", &place, &err) != 0 &&
		    (err.code != ERROR_INPUT || !*err.text))
			abort();
		json_free(value);
	}
	free(text);
	return 0;
}
