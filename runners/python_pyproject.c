/*
 * The little of TOML (toml.io/en/v1.0.0) that pyproject.toml writes dependencies with: tables, keys
 * and arrays of strings. PEP 621 names the tables, PEP 735 [dependency-groups].
 */
#include <string.h>

#include "runners/python_deps.h"

struct line_scan {
	const char *table; /* of the header above, in the arena */
	bool readable;
	struct words *out;
};

/* Groups of optional dependencies that people keep their test tools in. */
static bool is_test_group(const char *name, size_t len)
{
	static const char *const names[] = {"test", "tests", "testing", "dev", "develop"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	}
	return false;
}

/* Past white space and comments. */
static const char *skip_space(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\r\n,");
		if (*at != '#')
			return at;
		at += strcspn(at, "\n");
	}
}

/* at stands behind "["; gives what stands behind "]". */
static const char *read_array(const char *at, struct words *out)
{
	for (at = skip_space(at); *at && *at != ']'; at = skip_space(at)) {
		if (*at == '{') { /* a table of PEP 735: {include-group = "x"} */
			at += strcspn(at, "}\n");
			continue;
		}
		if (*at != '"' && *at != '\'') {
			at++;
			continue;
		}
		const char *end = strchr(at + 1, *at);
		if (!end)
			return at + strlen(at);
		words_add(out, arena_copy(out->arena, at + 1, (size_t)(end - at - 1)));
		at = end + 1;
	}
	return *at ? at + 1 : at;
}

static bool wanted(const struct line_scan *scan, const char *key, size_t len)
{
	if (strcmp(scan->table, "project") == 0)
		return len == 12 && memcmp(key, "dependencies", 12) == 0;
	if (strcmp(scan->table, "project.optional-dependencies") == 0 ||
	    strcmp(scan->table, "dependency-groups") == 0)
		return is_test_group(key, len);
	return false;
}

static const char *read_key(struct line_scan *scan, const char *at)
{
	size_t len = strcspn(at, " \t=\n");
	const char *key = at, *line_end = at + strcspn(at, "\n");

	at += len;
	at += strspn(at, " \t=");
	if (strcmp(scan->table, "project") == 0 && len == 7 && memcmp(key, "dynamic", 7) == 0 &&
	    memmem(at, (size_t)(line_end - at), "\"dependencies\"", 14))
		scan->readable = false;
	if (*at == '[' && wanted(scan, key, len))
		return read_array(at + 1, scan->out);
	return line_end;
}

bool pyproject_dependencies(const char *text, struct words *out)
{
	struct line_scan scan = {.table = "", .readable = true, .out = out};
	const char *at = text;

	while (*at) {
		at += strspn(at, " \t\r\n");
		if (*at == '[') {
			size_t len = strcspn(at + 1, "]\n");
			scan.table = arena_copy(out->arena, at + 1, len);
			if (strncmp(scan.table, "tool.poetry", 11) == 0)
				scan.readable = false;
			at += strcspn(at, "\n");
		} else if (*at == '#') {
			at += strcspn(at, "\n");
		} else if (*at) {
			at = read_key(&scan, at);
		}
	}
	return scan.readable;
}
