/* Does a value fit its schema? If not: one sentence that names the field and what it must be. */
#include "engine/api/schema.h"

#include <stdio.h>
#include <string.h>

#include "engine/api/schema_pattern.h"
#include "engine/api/schema_type.h"
#include "engine/base/nearest.h"

/* One step on the way from the whole value to the one that is looked at. */
struct step {
	const struct step *up; /* NULL: the whole */
	const char *key; /* NULL: an item */
	size_t index;
};

struct checker {
	const struct schemas *schemas;
	const char *what;
	struct schema_place *place;
	struct error *err;
};

static int check(const struct checker *c, const struct step *step, const struct json *schema,
		 const struct json *value);

/* ---- words for people ---- */

static void put_path(struct buf *out, const struct step *step)
{
	if (!step->up)
		return;
	put_path(out, step->up);
	if (!step->key)
		buf_printf(out, "[%zu]", step->index);
	else
		buf_printf(out, "%s%.60s", out->len ? "." : "", step->key);
}

static int fail(const struct checker *c, const struct step *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "FIELD" or what the whole is called, then the rest of the sentence. */
static int fail(const struct checker *c, const struct step *step, const char *format, ...)
{
	char rest[384];
	struct buf path;
	va_list args;

	va_start(args, format);
	vsnprintf(rest, sizeof(rest), format, args);
	va_end(args);
	buf_init(&path, sizeof(c->place->field) - 1);
	put_path(&path, step);
	if (c->place)
		memcpy(c->place->field, path.data, path.len + 1);
	if (path.len)
		error_set(c->err, ERROR_INPUT, "\"%s\" %s", path.data, rest);
	else
		error_set(c->err, ERROR_INPUT, "%s %s", c->what, rest);
	buf_done(&path);
	return -1;
}

/* ---- words of a schema ---- */

static int check_type(const struct checker *c, const struct step *step, const struct json *types,
		      const struct json *value)
{
	struct buf words;

	if (!types || schema_has_types(value, types))
		return 0;
	buf_init(&words, 128);
	if (json_is_string(types))
		buf_puts(&words, schema_type_words(json_string(types, "")));
	JSON_EACH (type, types)
		buf_printf(&words, "%s%s", words.len ? " or " : "",
			   schema_type_words(json_string(type, "")));
	/* "a whole number, not a number" helps nobody. */
	bool number = json_is_number(value) && strstr(words.data, "number");
	fail(c, step, "must be %s%s%s", words.data, number ? "" : ", not ",
	     number ? "" : schema_type_of(value));
	buf_done(&words);
	return -1;
}

static bool same(const struct json *a, const struct json *b)
{
	if (json_is_string(a))
		return json_is_string(b) && strcmp(json_string(a, ""), json_string(b, "")) == 0;
	if (json_is_number(a))
		return json_is_number(b) && json_number(a, 0) == json_number(b, 0);
	if (json_is_bool(a))
		return json_is_bool(b) && json_bool(a, false) == json_bool(b, false);
	return json_is_null(a) && json_is_null(b);
}

static void put_value(struct buf *out, const struct json *value)
{
	struct json_writer w;

	json_writer_init(&w, out, true);
	json_put_value(&w, NULL, value);
}

static const char *string_at(const void *ctx, size_t index)
{
	const struct json *item = json_first(ctx);

	while (item && index--)
		item = json_next(item);
	return item ? json_string(item, "") : NULL;
}

static int check_enum(const struct checker *c, const struct step *step, const struct json *schema,
		      const struct json *value)
{
	const struct json *only = json_get(schema, "const"), *list = json_get(schema, "enum");
	const char *near = NULL;
	struct buf words;

	if (only && !same(only, value))
		return fail(c, step, "is not what it must be");
	JSON_EACH (each, list) {
		if (same(each, value))
			return 0;
	}
	if (!list)
		return 0;
	if (json_is_string(value))
		near = nearest_word(json_string(value, ""), list, string_at);
	buf_init(&words, 256);
	JSON_EACH (each, list) {
		buf_puts(&words, words.len ? ", " : "");
		put_value(&words, each);
	}
	if (near)
		fail(c, step, "must be one of %s (did you mean \"%s\"?)", words.data, near);
	else
		fail(c, step, "must be one of %s", words.data);
	buf_done(&words);
	return -1;
}

/* How many characters; bytes that continue one do not count. */
static double characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += (*text & 0xC0) != 0x80;
	return (double)count;
}

static int check_bounds(const struct checker *c, const struct step *step, const struct json *schema,
			const char *least, const char *most, double amount, const char *unit)
{
	const struct json *low = json_get(schema, least), *high = json_get(schema, most);

	if (low && amount < json_number(low, 0))
		return fail(c, step, "must %s at least %.15g%s", *unit ? "have" : "be",
			    json_number(low, 0), unit);
	if (high && amount > json_number(high, 0))
		return fail(c, step, "must %s at most %.15g%s", *unit ? "have" : "be",
			    json_number(high, 0), unit);
	return 0;
}

static int check_string(const struct checker *c, const struct step *step, const struct json *schema,
			const char *text)
{
	const char *pattern = json_string(json_get(schema, "pattern"), NULL);
	bool bounded = json_get(schema, "minLength") || json_get(schema, "maxLength");

	/* A text of 16 MiB takes milliseconds to count. */
	if (bounded && check_bounds(c, step, schema, "minLength", "maxLength", characters(text),
				    " characters") != 0)
		return -1;
	if (pattern && !schema_pattern_fits(schemas_patterns(c->schemas), pattern, text))
		return fail(c, step, "must match %s", pattern);
	return 0;
}

static int check_array(const struct checker *c, const struct step *step, const struct json *schema,
		       const struct json *value)
{
	const struct json *items = json_get(schema, "items");
	struct step below = {.up = step};

	if (check_bounds(c, step, schema, "minItems", "maxItems", (double)json_count(value),
			 " items") != 0)
		return -1;
	JSON_EACH (item, value) {
		if (items && check(c, &below, items, item) != 0)
			return -1;
		below.index++;
	}
	return 0;
}

static const char *key_at(const void *ctx, size_t index)
{
	const struct json *member = json_first(ctx);

	while (member && index--)
		member = json_next(member);
	return json_key(member);
}

static int unknown_member(const struct checker *c, const struct step *step,
			  const struct json *properties)
{
	const char *near = nearest_word(step->key, properties, key_at);
	struct buf known;

	fail(c, step, "is unknown");
	if (near)
		return error_set(c->err, ERROR_INPUT,
				 "unknown field \"%.60s\" (did you mean \"%s\"?)", step->key, near);
	buf_init(&known, sizeof(c->err->text) / 2);
	JSON_EACH (each, properties)
		buf_printf(&known, "%s%s", known.len ? ", " : "", json_key(each));
	error_set(c->err, ERROR_INPUT, "unknown field \"%.60s\" (known: %s)", step->key,
		  known.len ? known.data : "none");
	buf_done(&known);
	return -1;
}

static int check_member(const struct checker *c, const struct step *step, const struct json *schema,
			const struct json *member)
{
	const struct json *properties = json_get(schema, "properties");
	const struct json *more = json_get(schema, "additionalProperties");
	struct step below = {.up = step, .key = json_key(member)};

	for (const struct json *next = json_next(member); next; next = json_next(next)) {
		if (strcmp(json_key(next), json_key(member)) == 0)
			return fail(c, &below, "is given twice");
	}
	const struct json *names = json_get(schema, "propertyNames");
	if (names && check_string(c, &below, names, below.key) != 0)
		return -1;
	const struct json *known = json_get(properties, json_key(member));
	if (known)
		return check(c, &below, known, member);
	if (json_is_object(more))
		return check(c, &below, more, member);
	if (!more || json_bool(more, true))
		return 0;
	return unknown_member(c, &below, properties);
}

static int check_object(const struct checker *c, const struct step *step, const struct json *schema,
			const struct json *value)
{
	if (check_bounds(c, step, schema, "minProperties", "maxProperties",
			 (double)json_count(value), " members") != 0)
		return -1;
	JSON_EACH (member, value) {
		if (check_member(c, step, schema, member) != 0)
			return -1;
	}
	JSON_EACH (name, json_get(schema, "required")) {
		const struct step below = {.up = step, .key = json_string(name, "")};
		if (!json_get(value, below.key))
			return fail(c, &below, "is missing");
	}
	return 0;
}

/* ---- schemas of schemas ---- */

static bool fits(const struct checker *c, const struct step *step, const struct json *schema,
		 const struct json *value)
{
	const struct checker quiet = {.schemas = c->schemas, .what = c->what};

	return check(&quiet, step, schema, value) == 0;
}

/* The only alternative that has the value's type tells best what is wrong; else all introduce themselves. */
static int fail_choice(const struct checker *c, const struct step *step, const struct json *list,
		       const struct json *value, size_t fitting)
{
	const struct json *alike = NULL;
	size_t alikes = 0;
	struct buf words;

	JSON_EACH (each, list) {
		const struct json *types = json_get(each, "type");
		if (types && schema_has_types(value, types)) {
			alike = each;
			alikes++;
		}
	}
	if (alikes == 1 && !fitting)
		return check(c, step, alike, value);
	buf_init(&words, 256);
	JSON_EACH (each, list) {
		const char *type = json_string(json_get(each, "type"), "something else");
		buf_printf(&words, "%s%s", words.len ? " or " : "",
			   json_string(json_get(each, "description"), schema_type_words(type)));
	}
	fail(c, step, "must be %s%s", fitting ? "only one of " : "", words.data);
	buf_done(&words);
	return -1;
}

static int check_choices(const struct checker *c, const struct step *step,
			 const struct json *schema, const struct json *value)
{
	const struct json *one = json_get(schema, "oneOf"), *any = json_get(schema, "anyOf");
	const struct json *not = json_get(schema, "not");
	size_t fitting = 0;

	JSON_EACH (each, one)
		fitting += fits(c, step, each, value);
	if (one && fitting != 1)
		return fail_choice(c, step, one, value, fitting);
	fitting = 0;
	JSON_EACH (each, any)
		fitting += fits(c, step, each, value);
	if (any && fitting == 0)
		return fail_choice(c, step, any, value, 0);
	if (not &&fits(c, step, not, value))
		return fail(c, step, "must not be %s",
			    json_string(json_get(not, "description"), "that"));
	return 0;
}

static const struct json *resolve(const struct checker *c, const struct json *schema)
{
	const char *ref = json_string(json_get(schema, "$ref"), NULL);

	return ref ? schemas_get(c->schemas, strrchr(ref, '/') + 1) : NULL;
}

static int check(const struct checker *c, const struct step *step, const struct json *schema,
		 const struct json *value)
{
	const struct json *other = resolve(c, schema);

	if (other && check(c, step, other, value) != 0)
		return -1;
	if (check_type(c, step, json_get(schema, "type"), value) != 0 ||
	    check_enum(c, step, schema, value) != 0)
		return -1;
	if (json_is_number(value) &&
	    check_bounds(c, step, schema, "minimum", "maximum", json_number(value, 0), "") != 0)
		return -1;
	if (json_is_string(value) && check_string(c, step, schema, json_string(value, "")) != 0)
		return -1;
	if (json_is_array(value) && check_array(c, step, schema, value) != 0)
		return -1;
	if (json_is_object(value) && check_object(c, step, schema, value) != 0)
		return -1;
	return check_choices(c, step, schema, value);
}

int schema_check(const struct schemas *schemas, const struct json *schema, const struct json *value,
		 const char *what, struct schema_place *place, struct error *err)
{
	const struct checker c = {.schemas = schemas, .what = what, .place = place, .err = err};
	const struct step whole = {0};

	return check(&c, &whole, schema, value);
}
