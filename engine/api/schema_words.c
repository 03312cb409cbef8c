/* Is a schema itself well made? A word that the checker does not know would let everything through. */
#include <string.h>

#include "engine/api/schema.h"
#include "engine/api/schema_pattern.h"
#include "engine/base/regex.h"

/* What must stand behind a word. */
enum kind {
	TEXT,
	NUMBER,
	COUNT,
	ANY,
	SCHEMA,
	SCHEMAS,
	NAMED_SCHEMAS,
	STRINGS,
	VALUES,
	TYPES,
	PATTERN,
	REF,
	MORE
};

static const struct {
	const char *word;
	enum kind kind;
} words[] = {
	{"$ref", REF},
	{"additionalProperties", MORE},
	{"anyOf", SCHEMAS},
	{"const", ANY},
	{"default", ANY},
	{"description", TEXT},
	{"enum", VALUES},
	{"examples", VALUES},
	{"format", TEXT},
	{"items", SCHEMA},
	{"maxItems", COUNT},
	{"maxLength", COUNT},
	{"maxProperties", COUNT},
	{"maximum", NUMBER},
	{"minItems", COUNT},
	{"minLength", COUNT},
	{"minProperties", COUNT},
	{"minimum", NUMBER},
	{"not", SCHEMA},
	{"oneOf", SCHEMAS},
	{"pattern", PATTERN},
	{"properties", NAMED_SCHEMAS},
	{"propertyNames", SCHEMA},
	{"required", STRINGS},
	{"type", TYPES},
};

struct walk {
	const struct schemas *schemas;
	const char *what;
	struct error *err;
};

static int check(const struct walk *walk, const struct json *schema);

static int wrong(const struct walk *walk, const char *word, const char *why)
{
	return error_set(walk->err, ERROR_INTERNAL, "schema %s: \"%.60s\" %s", walk->what, word,
			 why);
}

static int check_type(const struct walk *walk, const struct json *value)
{
	static const char *const types[] = {"object",  "array",   "string", "number",
					    "integer", "boolean", "null"};
	const char *name = json_string(value, "");

	if (json_is_array(value)) {
		JSON_EACH (each, value) {
			if (!json_is_string(each) || check_type(walk, each) != 0)
				return wrong(walk, "type", "must list types");
		}
		return 0;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i], name) == 0)
			return 0;
	}
	return wrong(walk, "type", "is no type");
}

static int check_pattern(const struct walk *walk, const char *pattern)
{
	size_t len = strlen(pattern);
	struct regex *regex;
	struct error why = {0};

	if (strcmp(pattern, SCHEMA_NO_NUL) == 0)
		return 0;
	if (len < 3 || pattern[0] != '^' || pattern[len - 1] != '$')
		return wrong(walk, "pattern", "must stand between ^ and $");
	if (regex_new(&regex, pattern, &why) != 0)
		return wrong(walk, "pattern", why.text);
	regex_free(regex);
	return 0;
}

static int check_ref(const struct walk *walk, const char *ref)
{
	static const char prefix[] = "#/components/schemas/";

	if (strncmp(ref, prefix, sizeof(prefix) - 1) != 0 ||
	    !schemas_get(walk->schemas, ref + sizeof(prefix) - 1))
		return wrong(walk, ref, "names no schema");
	return 0;
}

static int check_all(const struct walk *walk, const struct json *list)
{
	JSON_EACH (each, list) {
		if (check(walk, each) != 0)
			return -1;
	}
	return 0;
}

static int check_strings(const struct walk *walk, const char *word, const struct json *value)
{
	if (!json_is_array(value))
		return wrong(walk, word, "must be a list");
	JSON_EACH (each, value) {
		if (!json_is_string(each))
			return wrong(walk, word, "must list strings");
	}
	return 0;
}

static int check_value(const struct walk *walk, const char *word, enum kind kind,
		       const struct json *value)
{
	double number = json_number(value, -1);

	switch (kind) {
	case ANY: return 0;
	case TEXT: return json_is_string(value) ? 0 : wrong(walk, word, "must be a string");
	case NUMBER: return json_is_number(value) ? 0 : wrong(walk, word, "must be a number");
	case COUNT:
		return number >= 0 && number == (double)(size_t)number
			       ? 0
			       : wrong(walk, word, "must be a whole number");
	case VALUES: return json_is_array(value) ? 0 : wrong(walk, word, "must be a list");
	case STRINGS: return check_strings(walk, word, value);
	case TYPES: return check_type(walk, value);
	case PATTERN: return check_pattern(walk, json_string(value, ""));
	case REF: return check_ref(walk, json_string(value, ""));
	case SCHEMA: return check(walk, value);
	case SCHEMAS:
		return json_is_array(value) && json_first(value)
			       ? check_all(walk, value)
			       : wrong(walk, word, "must list schemas");
	case NAMED_SCHEMAS:
		return json_is_object(value) ? check_all(walk, value)
					     : wrong(walk, word, "must be an object");
	case MORE: return json_is_bool(value) && !json_bool(value, true) ? 0 : check(walk, value);
	}
	return wrong(walk, word, "has no kind");
}

static int check_word(const struct walk *walk, const struct json *member)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, json_key(member)) == 0)
			return check_value(walk, words[i].word, words[i].kind, member);
	}
	return wrong(walk, json_key(member), "is no word that is known");
}

static int check(const struct walk *walk, const struct json *schema)
{
	if (!json_is_object(schema))
		return wrong(walk, json_key(schema) ? json_key(schema) : "item",
			     "must be a schema: an object");
	JSON_EACH (member, schema) {
		if (check_word(walk, member) != 0)
			return -1;
	}
	return 0;
}

int schema_check_words(const struct schemas *schemas, const struct json *schema, const char *what,
		       struct error *err)
{
	const struct walk walk = {.schemas = schemas, .what = what, .err = err};

	return check(&walk, schema);
}
