/* Reads template.json strictly: a word that nobody knows is an error with its line, not ignored. */
#include "runners/template.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/json.h"
#include "runners/language.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static const struct limits default_limits = {
	.time_ms = 300 * 1000,
	.memory = 4 * GIB,
	.disk = 10 * GIB,
	.file_size = 2 * GIB,
	.output = 1 * MIB,
	.output_file = 64 * MIB,
	.processes = 512,
	.open_files = 4096,
	.cpus = 2,
};

struct reader {
	struct arena *arena;
	const struct resource *resource;
	struct error *err;
};

/* The line of the first `"key":`; cJSON keeps no positions, and keys rarely repeat here. */
static size_t line_of(const struct resource *resource, const char *key)
{
	size_t len = strlen(key), line = 1;

	for (const char *at = resource->data; *at; at++) {
		if (*at == '\n')
			line++;
		if (*at != '"' || strncmp(at + 1, key, len) != 0 || at[len + 1] != '"')
			continue;
		const char *after = at + len + 2;
		if (after[strspn(after, " \t\r\n")] == ':')
			return line;
	}
	return 1;
}

static int fail(struct reader *r, const char *key, const char *what)
{
	return error_set(r->err, ERROR_INPUT, "%s:%zu: \"%s\" %s", r->resource->name,
			 line_of(r->resource, key), key, what);
}

static int only(struct reader *r, const struct json *object, const char *name,
		const char *const *known)
{
	if (!json_is_object(object))
		return fail(r, name, "must be an object");
	JSON_EACH (member, object) {
		const char *key = json_key(member);
		size_t i = 0;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return fail(r, key, "is not a field of a template");
	}
	return 0;
}

static int read_string(struct reader *r, const struct json *object, const char *key, bool needed,
		       const char **out)
{
	const struct json *value = json_get(object, key);

	if (!value)
		return needed ? fail(r, key, "is missing") : 0;
	if (!json_is_string(value) || !*json_string(value, ""))
		return fail(r, key, "must be a string");
	*out = arena_string(r->arena, json_string(value, ""));
	return 0;
}

static int read_strings(struct reader *r, const struct json *object, const char *key,
			const char *const **out)
{
	const struct json *list = json_get(object, key);
	const char **strings = arena_array(r->arena, json_count(list) + 1, sizeof(*strings));
	size_t count = 0;

	if (list && !json_is_array(list))
		return fail(r, key, "must be a list of strings");
	JSON_EACH (item, list) {
		if (!json_is_string(item) || !*json_string(item, ""))
			return fail(r, key, "must be a list of strings");
		strings[count++] = arena_string(r->arena, json_string(item, ""));
	}
	*out = strings;
	return 0;
}

static int read_paths(struct reader *r, const struct json *object, const char *key,
		      const char *const **out)
{
	if (read_strings(r, object, key, out) != 0)
		return -1;
	for (const char *const *path = *out; *path; path++) {
		if (**path != '/' || strstr(*path, "/..") || strchr(*path, ':'))
			return fail(r, key, "must be a list of absolute paths");
	}
	return 0;
}

static int read_hosts(struct reader *r, const struct json *object, const char *key,
		      const char *const **out)
{
	if (read_strings(r, object, key, out) != 0)
		return -1;
	for (const char *const *host = *out; *host; host++) {
		const char *colon = strrchr(*host, ':');
		char *end;
		long port = colon ? strtol(colon + 1, &end, 10) : 0;
		if (!colon || colon == *host || *end || port < 1 || port > 65535)
			return fail(r, key, "must be a list of \"host:port\"");
	}
	return 0;
}

static int read_env(struct reader *r, const struct json *object, const char *key,
		    const char *const **out)
{
	const struct json *map = json_get(object, key);
	const char **env = arena_array(r->arena, json_count(map) + 1, sizeof(*env));
	size_t count = 0;

	if (map && !json_is_object(map))
		return fail(r, key, "must be an object of strings");
	JSON_EACH (member, map) {
		const char *name = json_key(member);
		if (!*name || strchr(name, '='))
			return fail(r, name, "is not the name of a variable");
		if (!json_is_string(member))
			return fail(r, name, "must be a string");
		env[count++] = arena_printf(r->arena, "%s=%s", name, json_string(member, ""));
	}
	*out = env;
	return 0;
}

/* A number of bytes, or a string with a unit: "512 MiB". */
static int read_size(struct reader *r, const struct json *object, const char *key, uint64_t *out)
{
	static const struct {
		const char *unit;
		uint64_t bytes;
	} units[] = {{"", 1}, {"B", 1}, {"KiB", KIB}, {"MiB", MIB}, {"GiB", GIB}};
	const struct json *value = json_get(object, key);
	double number = json_number(value, NAN);
	uint64_t factor = 1;

	if (!value)
		return 0;
	if (json_is_string(value)) {
		char *end;
		factor = 0;
		number = strtod(json_string(value, ""), &end);
		end += strspn(end, " ");
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
			if (strcmp(end, units[i].unit) == 0)
				factor = units[i].bytes;
		}
	}
	if (!(number > 0) || number > 1e15 || factor == 0)
		return fail(r, key, "must be a size: a number of bytes, or like \"512 MiB\"");
	*out = (uint64_t)(number * (double)factor);
	return 0;
}

static int read_number(struct reader *r, const struct json *object, const char *key, double max,
		       double *out)
{
	const struct json *value = json_get(object, key);
	double number = json_number(value, NAN);

	if (!value)
		return 0;
	if (!(number > 0) || number > max)
		return fail(r, key,
			    arena_printf(r->arena, "must be a number above 0, at most %g", max));
	*out = number;
	return 0;
}

static int read_limits(struct reader *r, const struct json *root, struct limits *out)
{
	static const char *const known[] = {"time_ms", "memory",      "disk",      "file_size",
					    "output",  "output_file", "processes", "open_files",
					    "cpus",    NULL};
	const struct json *limits = json_get(root, "limits");
	double time_ms, processes, open_files;

	*out = default_limits;
	if (!limits)
		return 0;
	time_ms = (double)out->time_ms;
	processes = out->processes;
	open_files = out->open_files;
	if (only(r, limits, "limits", known) != 0 ||
	    read_number(r, limits, "time_ms", 3600 * 1000, &time_ms) != 0 ||
	    read_size(r, limits, "memory", &out->memory) != 0 ||
	    read_size(r, limits, "disk", &out->disk) != 0 ||
	    read_size(r, limits, "file_size", &out->file_size) != 0 ||
	    read_size(r, limits, "output", &out->output) != 0 ||
	    read_size(r, limits, "output_file", &out->output_file) != 0 ||
	    read_number(r, limits, "processes", 100000, &processes) != 0 ||
	    read_number(r, limits, "open_files", 1000000, &open_files) != 0 ||
	    read_number(r, limits, "cpus", 1024, &out->cpus) != 0)
		return -1;
	out->time_ms = (uint64_t)time_ms;
	out->processes = (unsigned)processes;
	out->open_files = (unsigned)open_files;
	return 0;
}

static int read_tool(struct reader *r, const struct json *root, struct template *out)
{
	static const char *const known[] = {"names", "version", "title", "missing", NULL};
	const struct json *tool = json_get(root, "tool");

	if (only(r, tool, "tool", known) != 0 || read_strings(r, tool, "names", &out->tools) != 0 ||
	    read_strings(r, tool, "version", &out->version_args) != 0 ||
	    read_string(r, tool, "title", false, &out->title) != 0 ||
	    read_string(r, tool, "missing", true, &out->missing) != 0)
		return -1;
	return *out->tools ? 0 : fail(r, "names", "must name an executable");
}

static bool language_exists(const char *name)
{
	REGISTRY_EACH (runners, struct runner, it) {
		if (strcmp((*it)->language.name, name) == 0)
			return true;
	}
	return false;
}

static int read_template(struct reader *r, const struct json *root, struct template *out)
{
	static const char *const known[] = {"language", "version",    "tool",  "path",   "env",
					    "mounts",   "registries", "hosts", "limits", NULL};

	if (!json_is_object(root))
		return error_set(r->err, ERROR_INPUT, "%s:1: a template must be an object",
				 r->resource->name);
	if (only(r, root, "template", known) != 0 ||
	    read_string(r, root, "language", true, &out->language) != 0 ||
	    read_string(r, root, "version", false, &out->version) != 0 ||
	    read_tool(r, root, out) != 0 || read_paths(r, root, "path", &out->path) != 0 ||
	    read_env(r, root, "env", &out->env) != 0 ||
	    read_paths(r, root, "mounts", &out->mounts) != 0 ||
	    read_strings(r, root, "registries", &out->registries) != 0 ||
	    read_hosts(r, root, "hosts", &out->hosts) != 0)
		return -1;
	if (!language_exists(out->language))
		return fail(r, "language", "is none that is known");
	return read_limits(r, root, &out->limits);
}

int template_parse(struct arena *arena, const char *name, const struct resource *resource,
		   struct template *out, struct error *err)
{
	struct reader reader = {.arena = arena, .resource = resource, .err = err};
	struct json *root = json_parse(resource->data, resource->len, resource->name, err);

	if (!root)
		return -1;
	*out = (struct template){.name = arena_string(arena, name)};
	int rc = read_template(&reader, root, out);
	json_free(root);
	return rc;
}
