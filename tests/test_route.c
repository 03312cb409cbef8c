/* Which path means which route, and that the OpenAPI document tells of all of them and nothing else. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/api/openapi.h"
#include "engine/api/route.h"
#include "engine/api/schema.h"
#include "engine/tools/tools.h"

/* clang-format off */
static const struct {
	const char *method, *path;
	const char *route; /* NULL: none */
	const char *first, *second; /* what {…} took */
	const char *allow; /* NULL: not looked at, "": no such path */
} path_cases[] = {
	{"POST", "/execute", "/execute", NULL, NULL, "POST, OPTIONS"},
	{"GET", "/execute", NULL, NULL, NULL, "POST, OPTIONS"},
	{"GET", "/executions/abc", "/executions/{id}", "abc", NULL, "GET, HEAD, OPTIONS"},
	{"HEAD", "/executions/abc", "/executions/{id}", "abc", NULL, NULL},
	{"PATCH", "/executions/abc", NULL, NULL, NULL, "GET, HEAD, OPTIONS"},
	{"OPTIONS", "/health", NULL, NULL, NULL, "GET, HEAD, OPTIONS"},
	{"GET", "/executions/a%20b%C3%A4", "/executions/{id}", "a b\xc3\xa4", NULL, NULL},
	{"GET", "/executions/", NULL, NULL, NULL, ""},
	{"GET", "/executions/a/", NULL, NULL, NULL, ""},
	{"GET", "/executions//report", NULL, NULL, NULL, ""},
	{"GET", "/executions/a%2Freport", NULL, NULL, NULL, ""},
	{"GET", "/executions/a%2freport", NULL, NULL, NULL, ""},
	{"GET", "/executions/a%00", NULL, NULL, NULL, ""},
	{"GET", "/executions/a%0A", NULL, NULL, NULL, ""},
	{"GET", "/executions/a%", NULL, NULL, NULL, ""},
	{"GET", "/executions/a%4", NULL, NULL, NULL, ""},
	{"GET", "/executions/a%zz", NULL, NULL, NULL, ""},
	{"GET", "/executions/%ff", NULL, NULL, NULL, ""},
	{"GET", "/executions/%2e%2e", "/executions/{id}", "..", NULL, NULL},
	{"GET", "/", NULL, NULL, NULL, ""},
	{"GET", "", NULL, NULL, NULL, ""},
	{"GET", "executions/a", NULL, NULL, NULL, ""},
	{"GET", "/health%00x", NULL, NULL, NULL, ""},
	{"GET", "/HEALTH", NULL, NULL, NULL, ""},
	{"POST", "/sandbox/create", "/sandbox/create", NULL, NULL, "POST, OPTIONS"},
	{"DELETE", "/sandbox/create", NULL, NULL, NULL, "POST, OPTIONS"},
	{"DELETE", "/sandbox/s1", "/sandbox/{id}", "s1", NULL, "DELETE, OPTIONS"},
	{"POST", "/sandbox/create/execute", "/sandbox/{id}/execute", "create", NULL, NULL},
	{"DELETE", "/sandbox/s1/snapshots/n1", "/sandbox/{id}/snapshots/{snapshot}", "s1", "n1", NULL},
	{"POST", "/api/vms/v/rollback/s", "/api/vms/{id}/rollback/{snapshot_id}", "v", "s", NULL},
	{"POST", "/sandbox/s/tools/readFile", "/sandbox/{id}/tools/{tool}", "s", "readFile", NULL},
	{"POST", "/sandbox/s/tools/executeCommand", "/sandbox/{id}/tools/executeCommand", "s", NULL, NULL},
};
/* clang-format on */

static void paths_are_found(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(path_cases) / sizeof(path_cases[0]); i++) {
		struct route_match match;
		print_message("%s %s\n", path_cases[i].method, path_cases[i].path);
		route_find(&arena, path_cases[i].method, path_cases[i].path, &match);
		assert_int_equal(match.route != NULL, path_cases[i].route != NULL);
		if (match.route)
			assert_string_equal(match.route->path, path_cases[i].route);
		if (path_cases[i].first)
			assert_string_equal(match.path[0], path_cases[i].first);
		if (path_cases[i].second)
			assert_string_equal(match.path[1], path_cases[i].second);
		if (path_cases[i].allow)
			assert_string_equal(match.allow ? match.allow : "", path_cases[i].allow);
	}
	arena_done(&arena);
}

/* ---- the document ---- */

static struct json *document(bool tokens)
{
	struct schemas *schemas = NULL;
	struct json *root = NULL;
	struct error err = {0};
	struct buf text;

	buf_init(&text, 0);
	if (schemas_load(&schemas, &err) == 0 && openapi_write(schemas, tokens, &text, &err) == 0)
		root = json_parse(text.data, text.len, "document", &err);
	if (!root)
		fail_msg("%s", err.text);
	schemas_free(schemas);
	buf_done(&text);
	return root;
}

static void check_refs(const struct json *root, const struct json *value)
{
	const char *ref = json_string(json_get(value, "$ref"), NULL);

	if (ref &&
	    !json_get(json_get(json_get(root, "components"), "schemas"), strrchr(ref, '/') + 1))
		fail_msg("%s leads nowhere", ref);
	JSON_EACH (child, value)
		check_refs(root, child);
}

static void check_route(const struct json *paths, const struct route *route, const char *path)
{
	char method[16] = "";

	for (size_t i = 0; route->method[i]; i++)
		method[i] = (char)tolower((unsigned char)route->method[i]);
	const struct json *told = json_get(json_get(paths, path), method);
	const struct json *answers = json_get(told, "responses");
	print_message("%s %s\n", route->method, path);
	assert_true(json_is_object(told));
	for (const struct route_answer *each = route->answers; each->status; each++) {
		char status[16];
		snprintf(status, sizeof(status), "%u", each->status);
		assert_true(json_is_object(json_get(answers, status)));
	}
	assert_int_equal(json_get(told, "requestBody") != NULL, route->body != NULL);
	assert_int_equal(json_get(answers, "401") != NULL, !route->open);
	assert_true(route->answers[0].status != 0);
	for (const struct route_parameter *each = route->query; each->name; each++) {
		bool found = false;
		JSON_EACH (parameter, json_get(told, "parameters"))
			found |= strcmp(json_string(json_get(parameter, "name"), ""), each->name) ==
				 0;
		assert_true(found);
	}
}

static void every_route_is_told(void **state)
{
	struct json *root = document(true);
	const struct json *paths = json_get(root, "paths");
	size_t routes = 0, told = 0;
	char path[128];

	(void)state;
	REGISTRY_EACH (route_tables, struct routes, group) {
		for (const struct route *route = (*group)->table; route->method; route++) {
			if (!route->each_tool) {
				check_route(paths, route, route->path);
				routes++;
				continue;
			}
			REGISTRY_EACH (tools, struct tool, tool) {
				snprintf(path, sizeof(path), "/sandbox/{id}/tools/%s",
					 (*tool)->name);
				check_route(paths, route, path);
				routes++;
			}
		}
	}
	JSON_EACH (item, paths)
		told += json_count(item);
	assert_int_equal(routes, told);
	check_refs(root, root);
	json_free(root);
}

static void without_tokens_none_are_asked_for(void **state)
{
	struct json *root = document(false);
	const struct json *execute = json_get(json_get(json_get(root, "paths"), "/execute"),
					      "post");

	(void)state;
	assert_null(json_get(root, "security"));
	assert_null(json_get(json_get(execute, "responses"), "401"));
	assert_non_null(json_get(json_get(execute, "responses"), "403"));
	json_free(root);
}

/* Requests are closed: a slip in a field's name is told, never ignored. */
static void bodies_are_closed(void **state)
{
	struct schemas *schemas = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(schemas_load(&schemas, &err), 0);
	REGISTRY_EACH (route_tables, struct routes, group) {
		for (const struct route *route = (*group)->table; route->method; route++) {
			if (!route->body || route->each_tool)
				continue;
			const struct json *more = json_get(schemas_get(schemas, route->body),
							   "additionalProperties");
			print_message("%s\n", route->body);
			assert_true(json_is_bool(more) && !json_bool(more, true));
		}
	}
	REGISTRY_EACH (tools, struct tool, tool) {
		struct json *schema = json_parse((*tool)->schema, strlen((*tool)->schema),
						 (*tool)->name, &err);
		print_message("%s\n", (*tool)->name);
		assert_non_null(schema);
		assert_int_equal(schema_check_words(schemas, schema, (*tool)->name, &err), 0);
		const struct json *more = json_get(schema, "additionalProperties");
		assert_true(json_is_bool(more) && !json_bool(more, true));
		json_free(schema);
	}
	schemas_free(schemas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_found),
		cmocka_unit_test(every_route_is_told),
		cmocka_unit_test(without_tokens_none_are_asked_for),
		cmocka_unit_test(bodies_are_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
