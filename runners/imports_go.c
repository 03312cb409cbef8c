/* Import paths of a Go file: they all stand before the first declaration. */
#include <ctype.h>
#include <string.h>

#include "runners/imports.h"

static const char *skip_space(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\r\n;");
		if (at[0] == '/' && at[1] == '/') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");
			at = end ? end + 2 : at + strlen(at);
		} else {
			return at;
		}
	}
}

/* One ImportSpec: [ "." | name ] string. NULL where there is none. */
static const char *read_spec(const char *at, struct words *out)
{
	at = skip_space(at);
	while (isalnum((unsigned char)*at) || *at == '_' || *at == '.')
		at++;
	at += strspn(at, " \t");
	if (*at != '"' && *at != '`')
		return NULL;
	const char *end = strchr(at + 1, *at);
	if (!end)
		return NULL;
	if (end > at + 1)
		words_add_new(out, arena_copy(out->arena, at + 1, (size_t)(end - at - 1)));
	return end + 1;
}

void imports_go(const char *text, struct words *out)
{
	const char *at = skip_space(text);

	if (strncmp(at, "package", 7) != 0)
		return;
	at = skip_space(at + strcspn(at, "\n;"));
	while (strncmp(at, "import", 6) == 0) {
		at = skip_space(at + 6);
		if (*at == '(') {
			const char *next = at + 1;
			while (next) {
				at = next;
				next = read_spec(at, out);
			}
			at = skip_space(at);
			if (*at == ')')
				at++;
		} else {
			at = read_spec(at, out);
			if (!at)
				return;
		}
		at = skip_space(at);
	}
}

bool standard_go(const char *path)
{
	return !memchr(path, '.', strcspn(path, "/"));
}
