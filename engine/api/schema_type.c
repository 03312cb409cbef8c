/* The types of JSON Schema, and how people call them. */
#include "engine/api/schema_type.h"

#include <math.h>
#include <string.h>

static const double WHOLE_MAX = 9007199254740992.0; /* 2^53: beyond it a double skips numbers */

static bool is_whole(double number)
{
	return fabs(number) <= WHOLE_MAX && floor(number) == number;
}

const char *schema_type_of(const struct json *value)
{
	return json_is_object(value)   ? "an object"
	       : json_is_array(value)  ? "a list"
	       : json_is_string(value) ? "a string"
	       : json_is_bool(value)   ? "true or false"
	       : json_is_number(value) ? "a number"
				       : "null";
}

const char *schema_type_words(const char *type)
{
	static const char *const words[][2] = {
		{"object", "an object"},
		{"array", "a list"},
		{"string", "a string"},
		{"number", "a number"},
		{"integer", "a whole number"},
		{"boolean", "true or false"},
		{"null", "null"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i][0], type) == 0)
			return words[i][1];
	}
	return type;
}

static bool has_type(const struct json *value, const char *type)
{
	switch (*type) {
	case 'o': return json_is_object(value);
	case 'a': return json_is_array(value);
	case 's': return json_is_string(value);
	case 'b': return json_is_bool(value);
	case 'i': return json_is_number(value) && is_whole(json_number(value, NAN));
	case 'n':
		return type[2] == 'm' ? json_is_number(value) && isfinite(json_number(value, NAN))
				      : json_is_null(value);
	default: return false;
	}
}

bool schema_has_types(const struct json *value, const struct json *types)
{
	if (json_is_string(types))
		return has_type(value, json_string(types, ""));
	JSON_EACH (type, types) {
		if (has_type(value, json_string(type, "")))
			return true;
	}
	return false;
}
