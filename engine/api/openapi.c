/* The OpenAPI 3.1 document, written from the same route tables and schemas that requests are checked by. */
#include "engine/api/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "engine/tools/tools.h"

struct refusal {
	unsigned status;
	const char *what;
};

struct document {
	const struct schemas *schemas;
	const struct tool *tool; /* of a route that stands for each; else NULL */
	bool tokens;
	struct json_writer w;
	struct error *err;
};

/* ---- small pieces ---- */

static void put_ref(struct json_writer *w, const char *key, const char *name)
{
	char ref[128];

	snprintf(ref, sizeof(ref), "#/components/schemas/%s", name);
	json_object_begin(w, key);
	json_put_string(w, "$ref", ref);
	json_object_end(w);
}

/* text is JSON of ours that the parameters' tables hold. */
static int put_schema(struct document *d, const char *key, const char *text, const char *what)
{
	struct json *schema = json_parse(text, strlen(text), what, d->err);

	if (!schema)
		return -1;
	int rc = schema_check_words(d->schemas, schema, what, d->err);
	json_put_value(&d->w, key, schema);
	json_free(schema);
	return rc;
}

static int put_parameter(struct document *d, const char *name, const char *in, const char *what,
			 const char *schema)
{
	json_object_begin(&d->w, NULL);
	json_put_string(&d->w, "name", name);
	json_put_string(&d->w, "in", in);
	json_put_bool(&d->w, "required", strcmp(in, "path") == 0);
	json_put_string(&d->w, "description", what);
	int rc = put_schema(d, "schema", schema, name);
	json_object_end(&d->w);
	return rc;
}

/* ---- one route ---- */

static int put_path_parameters(struct document *d, const struct route *route)
{
	char name[64];

	for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{')) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "}"), at + 1);
		if (d->tool && strcmp(name, "tool") == 0)
			continue;
		if (put_parameter(d, name, "path", "As an earlier answer named it",
				  "{\"type\":\"string\",\"pattern\":\"^[^/\\\\x00]+$\"}") != 0)
			return -1;
	}
	return 0;
}

static int put_parameters(struct document *d, const struct route *route)
{
	int rc;

	json_array_begin(&d->w, "parameters");
	rc = put_path_parameters(d, route);
	if (rc == 0 && !route->open)
		rc = put_parameter(
			d, "X-Tenant-ID", "header",
			"Whose sandboxes and executions are meant; \"default\" without it",
			"{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_.-]{1,64}$\"}");
	for (const struct route_parameter *each = route->query; rc == 0 && each->name; each++)
		rc = put_parameter(d, each->name, each->header ? "header" : "query", each->what,
				   each->schema);
	json_array_end(&d->w);
	return rc;
}

/* A route that takes {} takes no body as well. */
static bool body_required(const struct document *d, const struct route *route)
{
	struct error ignored = {0};
	const char *text = d->tool ? d->tool->schema : "{}";
	struct json *own = json_parse(text, strlen(text), "", &ignored);
	const struct json *schema = d->tool ? own : schemas_get(d->schemas, route->body);
	struct json *empty = json_parse("{}", 2, "", &ignored);
	bool fits = schema_check(d->schemas, schema, empty, "", NULL, &ignored) == 0;

	json_free(own);
	json_free(empty);
	return !fits;
}

static int put_body(struct document *d, const struct route *route)
{
	struct json_writer *w = &d->w;

	if (!route->body)
		return 0;
	if (!schemas_get(d->schemas, route->body))
		return error_set(d->err, ERROR_INTERNAL, "route %s: there is no schema %s",
				 route->path, route->body);
	json_object_begin(w, "requestBody");
	json_put_bool(w, "required", body_required(d, route));
	json_object_begin(w, "content");
	json_object_begin(w, "application/json");
	if (!d->tool)
		put_ref(w, "schema", route->body);
	else if (put_schema(d, "schema", d->tool->schema, d->tool->name) != 0)
		return -1;
	json_object_end(w);
	if (route->text) {
		json_object_begin(w, "text/plain");
		json_object_begin(w, "schema");
		json_put_string(w, "type", "string");
		json_object_end(w);
		json_object_end(w);
	}
	json_object_end(w);
	json_object_end(w);
	return 0;
}

static int put_content(struct document *d, const struct route *route,
		       const struct route_answer *answer)
{
	struct json_writer *w = &d->w;

	if (answer->schema && !schemas_get(d->schemas, answer->schema))
		return error_set(d->err, ERROR_INTERNAL, "route %s: there is no schema %s",
				 route->path, answer->schema);
	json_object_begin(w, answer->type ? answer->type : "application/json");
	if (answer->schema) {
		put_ref(w, "schema", answer->schema);
	} else {
		json_object_begin(w, "schema");
		json_put_string(w, "type", "string");
		json_object_end(w);
	}
	json_object_end(w);
	return 0;
}

static bool listed_before(const struct route *route, const struct route_answer *answer)
{
	for (const struct route_answer *each = route->answers; each < answer; each++) {
		if (each->status == answer->status)
			return true;
	}
	return false;
}

/* Several answers of one status are several contents of it. */
static int put_answer(struct document *d, const struct route *route,
		      const struct route_answer *first)
{
	struct json_writer *w = &d->w;
	char status[16];

	snprintf(status, sizeof(status), "%u", first->status);
	json_object_begin(w, status);
	json_put_string(w, "description", first->what);
	if (first->schema || first->type)
		json_object_begin(w, "content");
	for (const struct route_answer *each = first; each->status; each++) {
		if (each->status == first->status && (each->schema || each->type) &&
		    put_content(d, route, each) != 0)
			return -1;
	}
	if (first->schema || first->type)
		json_object_end(w);
	json_object_end(w);
	return 0;
}

/* What every route of its kind may be refused with; openapi.h explains. */
static size_t refusals_of(const struct document *d, const struct route *route,
			  struct refusal out[OPENAPI_REFUSALS])
{
	size_t count = 0;
	bool named = strchr(route->path, '{') != NULL;

	out[count++] = (struct refusal){400, "Malformed, and how"};
	if (!route->open && d->tokens) {
		out[count++] = (struct refusal){401, "No token, or none that is known"};
		out[count++] = (struct refusal){403, "The token opens another tenant, or not this"};
	}
	if (named)
		out[count++] = (struct refusal){404, "There is no such thing, or it is another's"};
	if (route->body) {
		out[count++] = (struct refusal){413, "The body is too large"};
		out[count++] = (struct refusal){415, "The body is of another type"};
	}
	if (!route->open)
		out[count++] = (struct refusal){429, "Too much at once; Retry-After says when"};
	return count;
}

static bool has_status(const struct route *route, unsigned status)
{
	for (const struct route_answer *each = route->answers; each->status; each++) {
		if (each->status == status)
			return true;
	}
	return false;
}

static int put_answers(struct document *d, const struct route *route)
{
	struct refusal refusals[OPENAPI_REFUSALS];
	size_t count = refusals_of(d, route, refusals);

	json_object_begin(&d->w, "responses");
	for (const struct route_answer *each = route->answers; each->status; each++) {
		if (!listed_before(route, each) && put_answer(d, route, each) != 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		const struct route one = {
			.path = route->path,
			.answers = {{refusals[i].status, refusals[i].what, "error", NULL}},
		};
		if (!has_status(route, refusals[i].status) &&
		    put_answer(d, &one, &one.answers[0]) != 0)
			return -1;
	}
	json_object_end(&d->w);
	return 0;
}

static int put_route(struct document *d, const struct routes *group, const struct route *route)
{
	struct json_writer *w = &d->w;
	char method[16] = "";

	for (size_t i = 0; i < sizeof(method) - 1 && route->method[i]; i++)
		method[i] = (char)tolower((unsigned char)route->method[i]);
	json_object_begin(w, method);
	json_put_string(w, "summary", d->tool ? d->tool->summary : route->summary);
	json_array_begin(w, "tags");
	json_put_string(w, NULL, group->tag);
	json_array_end(w);
	if (route->open) {
		json_array_begin(w, "security");
		json_array_end(w);
	}
	if (put_parameters(d, route) != 0 || put_body(d, route) != 0 || put_answers(d, route) != 0)
		return -1;
	json_object_end(w);
	return 0;
}

/* ---- the whole ---- */

static int put_path(struct document *d, const char *path)
{
	json_object_begin(&d->w, path);
	REGISTRY_EACH (route_tables, struct routes, group) {
		for (const struct route *route = (*group)->table; route->method; route++) {
			if (strcmp(route->path, path) == 0 && put_route(d, *group, route) != 0)
				return -1;
		}
	}
	json_object_end(&d->w);
	return 0;
}

static bool is_first(const struct route *wanted)
{
	REGISTRY_EACH (route_tables, struct routes, group) {
		for (const struct route *route = (*group)->table; route->method; route++) {
			if (strcmp(route->path, wanted->path) == 0)
				return route == wanted;
		}
	}
	return false;
}

/* One path for each tool: what the agents of a model see are the tools themselves. */
static int put_tools(struct document *d, const struct routes *group, const struct route *route)
{
	int stem = (int)(strstr(route->path, "{tool}") - route->path);
	char path[128];

	REGISTRY_EACH (tools, struct tool, it) {
		d->tool = *it;
		snprintf(path, sizeof(path), "%.*s%s", stem, route->path, (*it)->name);
		json_object_begin(&d->w, path);
		if (put_route(d, group, route) != 0)
			return -1;
		json_object_end(&d->w);
	}
	d->tool = NULL;
	return 0;
}

static int put_paths(struct document *d)
{
	json_object_begin(&d->w, "paths");
	REGISTRY_EACH (route_tables, struct routes, group) {
		for (const struct route *route = (*group)->table; route->method; route++) {
			int rc = route->each_tool  ? put_tools(d, *group, route)
				 : is_first(route) ? put_path(d, route->path)
						   : 0;
			if (rc != 0)
				return -1;
		}
	}
	json_object_end(&d->w);
	return 0;
}

static void put_components(struct document *d)
{
	struct json_writer *w = &d->w;

	json_object_begin(w, "components");
	json_object_begin(w, "schemas");
	for (size_t i = 0; schemas_name(d->schemas, i); i++)
		json_put_value(w, schemas_name(d->schemas, i),
			       schemas_get(d->schemas, schemas_name(d->schemas, i)));
	json_object_end(w);
	if (d->tokens) {
		json_object_begin(w, "securitySchemes");
		json_object_begin(w, "bearer");
		json_put_string(w, "type", "http");
		json_put_string(w, "scheme", "bearer");
		json_object_end(w);
		json_object_end(w);
	}
	json_object_end(w);
}

static void put_security(struct json_writer *w)
{
	json_array_begin(w, "security");
	json_object_begin(w, NULL);
	json_array_begin(w, "bearer");
	json_array_end(w);
	json_object_end(w);
	json_array_end(w);
}

int openapi_write(const struct schemas *schemas, bool tokens, struct buf *out, struct error *err)
{
	struct document d = {.schemas = schemas, .tokens = tokens, .err = err};

	json_writer_init(&d.w, out, false);
	json_object_begin(&d.w, NULL);
	json_put_string(&d.w, "openapi", "3.1.0");
	json_object_begin(&d.w, "info");
	json_put_string(&d.w, "title", "Assay");
	json_put_string(&d.w, "version", ASSAY_VERSION);
	json_put_string(&d.w, "description",
			"Takes what a language model wrote, proves it in a sandbox, and says what "
			"came of it.");
	json_object_end(&d.w);
	if (tokens)
		put_security(&d.w);
	if (put_paths(&d) != 0)
		return -1;
	put_components(&d);
	json_object_end(&d.w);
	return 0;
}
