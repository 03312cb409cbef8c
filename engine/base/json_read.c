/* Reading JSON: cJSON's tree behind look-ups that take absence in their stride. */
#include <cjson/cJSON.h>
#include <string.h>

#include "engine/base/json.h"

/* struct json is never defined: a pointer to it is a cJSON pointer that only this file knows. */
static const cJSON *raw(const struct json *value)
{
	return (const cJSON *)value;
}

static void place(const char *text, size_t len, const char *at, size_t *line, size_t *column)
{
	*line = 1;
	*column = 1;
	for (const char *c = text; c < at && c < text + len; c++) {
		if (*c == '\n') {
			(*line)++;
			*column = 1;
		} else {
			(*column)++;
		}
	}
}

struct json *json_parse(const char *text, size_t len, const char *what, struct error *err)
{
	size_t line, column;
	const char *end = NULL;

	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		text += 3;
		len -= 3;
	}
	cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	if (!root) {
		place(text, len, end ? end : text, &line, &column);
		error_set(err, ERROR_INPUT, "%s:%zu:%zu: not valid JSON", what, line, column);
		return NULL;
	}
	/* cJSON stops after the first value; anything but white space behind it is an error. */
	while (end < text + len && (*end == ' ' || *end == '\t' || *end == '\r' || *end == '\n'))
		end++;
	if (end < text + len) {
		place(text, len, end, &line, &column);
		error_set(err, ERROR_INPUT, "%s:%zu:%zu: text after the end of the JSON value",
			  what, line, column);
		cJSON_Delete(root);
		return NULL;
	}
	return (struct json *)root;
}

void json_free(struct json *root)
{
	cJSON_Delete((cJSON *)root);
}

const struct json *json_get(const struct json *object, const char *key)
{
	return (const struct json *)cJSON_GetObjectItemCaseSensitive(raw(object), key);
}

const char *json_string(const struct json *value, const char *otherwise)
{
	return cJSON_IsString(raw(value)) ? raw(value)->valuestring : otherwise;
}

double json_number(const struct json *value, double otherwise)
{
	return cJSON_IsNumber(raw(value)) ? raw(value)->valuedouble : otherwise;
}

bool json_bool(const struct json *value, bool otherwise)
{
	return cJSON_IsBool(raw(value)) ? cJSON_IsTrue(raw(value)) : otherwise;
}

bool json_is_null(const struct json *value)
{
	return !value || cJSON_IsNull(raw(value));
}

bool json_is_object(const struct json *value)
{
	return cJSON_IsObject(raw(value));
}

bool json_is_array(const struct json *value)
{
	return cJSON_IsArray(raw(value));
}

bool json_is_string(const struct json *value)
{
	return cJSON_IsString(raw(value));
}

bool json_is_number(const struct json *value)
{
	return cJSON_IsNumber(raw(value));
}

bool json_is_bool(const struct json *value)
{
	return cJSON_IsBool(raw(value));
}

size_t json_count(const struct json *value)
{
	size_t count = 0;

	JSON_EACH (it, value)
		count++;
	return count;
}

const char *json_key(const struct json *member)
{
	return member ? raw(member)->string : NULL;
}

const struct json *json_first(const struct json *value)
{
	return value ? (const struct json *)raw(value)->child : NULL;
}

const struct json *json_next(const struct json *value)
{
	return value ? (const struct json *)raw(value)->next : NULL;
}

static bool listed(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcmp(key, *keys) == 0)
			return true;
	return false;
}

int json_only(const struct json *object, const char *const *keys, const char *what,
	      struct error *err)
{
	if (!json_is_object(object))
		return error_set(err, ERROR_INPUT, "%s: expected an object", what);
	JSON_EACH (member, object) {
		if (listed(json_key(member), keys))
			continue;
		struct buf known;
		buf_init(&known, 256);
		for (const char *const *key = keys; *key; key++)
			buf_printf(&known, "%s%s", key == keys ? "" : ", ", *key);
		error_set(err, ERROR_INPUT, "%s: unknown field \"%.100s\" (known: %s)", what,
			  json_key(member), known.data);
		buf_done(&known);
		return -1;
	}
	return 0;
}
