/* Text from the query becomes the number, truth value or string that the parameter's schema speaks of. */
#include "engine/api/query.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "engine/api/instance.h"
#include "engine/base/nearest.h"
#include "engine/base/utf8.h"

static bool is_type(const struct json *schema, const char *type)
{
	return strcmp(json_string(json_get(schema, "type"), ""), type) == 0;
}

static bool is_number(const char *text)
{
	struct error ignored = {0};

	return (*text == '-' || isdigit((unsigned char)*text)) &&
	       json_strict(text, strlen(text), "", &ignored) == 0;
}

/* What is no number stays a string, which the schema then refuses in its own words. */
static struct json *to_json(const struct json *schema, const char *text)
{
	struct error ignored = {0};
	struct json_writer w;
	struct buf out;

	buf_init(&out, 0);
	bool literal = ((is_type(schema, "integer") || is_type(schema, "number")) &&
			is_number(text)) ||
		       (is_type(schema, "boolean") &&
			(strcmp(text, "true") == 0 || strcmp(text, "false") == 0));
	json_writer_init(&w, &out, true);
	if (literal)
		buf_puts(&out, text);
	else
		json_put_string(&w, NULL, text);
	struct json *value = json_parse(out.data, out.len, "parameter", &ignored);
	buf_done(&out);
	return value;
}

static int check_one(const struct call *call, const struct route_parameter *parameter,
		     const char *text, struct json_writer *w, struct schema_place *place,
		     struct error *err)
{
	char what[96];
	size_t len = strlen(text);

	snprintf(what, sizeof(what), "the %s \"%s\"",
		 parameter->header ? "header" : "query parameter", parameter->name);
	if (utf8_valid_prefix(text, len) < len) {
		snprintf(place->field, sizeof(place->field), "%s", parameter->name);
		return error_set(err, ERROR_INPUT, "%s is not UTF-8", what);
	}
	struct json *schema = json_parse(parameter->schema, strlen(parameter->schema),
					 parameter->name, err);
	if (!schema)
		return -1;
	struct json *value = to_json(schema, text);
	int rc = schema_check(call->api->schemas, schema, value, what, place, err);
	if (rc == 0)
		json_put_value(w, parameter->name, value);
	else
		snprintf(place->field, sizeof(place->field), "%s", parameter->name);
	json_free(value);
	json_free(schema);
	return rc;
}

/* NULL past the last. */
static const char *name_at(const void *ctx, size_t index)
{
	const struct route_parameter *each = ctx;

	for (; each->name; each++) {
		if (!each->header && index-- == 0)
			return each->name;
	}
	return NULL;
}

static int unknown_name(const struct route_parameter *known, const char *name, const char *near,
			struct error *err)
{
	struct buf names;

	if (near)
		return error_set(err, ERROR_INPUT,
				 "unknown query parameter \"%.60s\" (did you mean \"%s\"?)", name,
				 near);
	buf_init(&names, sizeof(err->text) / 2);
	for (const struct route_parameter *each = known; each->name; each++) {
		if (!each->header)
			buf_printf(&names, "%s%s", names.len ? ", " : "", each->name);
	}
	error_set(err, ERROR_INPUT, "unknown query parameter \"%.60s\" (known: %s)", name,
		  names.len ? names.data : "none");
	buf_done(&names);
	return -1;
}

/* A slip in a name must not go unseen: "sandbox" for "sandbox_id" would run somewhere else. */
static int check_names(const struct call *call, struct schema_place *place, struct error *err)
{
	const struct route_parameter *known = call->route->query;
	const char *name, *near;

	for (size_t i = 0; (name = http_query_name(call->exchange, i)); i++) {
		size_t at = 0;
		while ((near = name_at(known, at)) && strcmp(near, name) != 0)
			at++;
		if (near)
			continue;
		near = nearest_word(name, known, name_at);
		snprintf(place->field, sizeof(place->field), "%.60s", name);
		return unknown_name(known, name, near, err);
	}
	return 0;
}

int query_read(struct call *call, struct schema_place *place, struct error *err)
{
	struct json_writer w;
	struct buf out;
	int rc = check_names(call, place, err);

	buf_init(&out, 0);
	json_writer_init(&w, &out, true);
	json_object_begin(&w, NULL);
	for (const struct route_parameter *each = call->route->query; rc == 0 && each->name;
	     each++) {
		const char *text = each->header ? http_header(call->exchange, each->name)
						: http_query(call->exchange, each->name);
		if (text)
			rc = check_one(call, each, text, &w, place, err);
	}
	json_object_end(&w);
	if (rc == 0) {
		call->query_root = json_parse(out.data, out.len, "query", err);
		call->query = call->query_root;
		rc = call->query ? 0 : -1;
	}
	buf_done(&out);
	return rc;
}
