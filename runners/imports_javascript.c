/* Specifiers in a JavaScript or TypeScript text: strings that stand behind a word that imports. */
#include <ctype.h>
#include <string.h>

#include "runners/imports.h"
#include "runners/node_packages.h"

enum { NAME_MAX_LEN = 214 }; /* npm's own limit */

/* What stood before the place we look at: a word, perhaps with "(" behind it. */
struct before {
	const char *word;
	size_t len;
	bool open; /* the bracket */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static bool says(const struct before *before, const char *word)
{
	return before->len == strlen(word) && memcmp(before->word, word, before->len) == 0;
}

/* from "x", import "x", import("x"), require("x"), require.resolve("x"), jest.mock("x") */
static bool imports(const struct before *before)
{
	if (!before->open)
		return says(before, "from") || says(before, "import");
	return says(before, "require") || says(before, "import") || says(before, "resolve") ||
	       says(before, "mock");
}

/* Past a string or template; plain strings end with their line at the latest. */
static const char *skip_string(const char *at)
{
	char quote = *at++;

	while (*at && *at != quote && (quote == '`' || *at != '\n')) {
		if (*at == '\\' && at[1])
			at++;
		at++;
	}
	return *at == quote ? at + 1 : at;
}

static const char *skip_comment(const char *at)
{
	if (at[1] == '/')
		return at + strcspn(at, "\n");
	const char *end = strstr(at + 2, "*/");
	return end ? end + 2 : at + strlen(at);
}

void imports_javascript(const char *text, struct words *out)
{
	struct before before = {0};
	const char *at = text;

	while (*at) {
		if (at[0] == '/' && (at[1] == '/' || at[1] == '*')) {
			at = skip_comment(at);
		} else if (*at == '"' || *at == '\'' || *at == '`') {
			const char *end = skip_string(at);
			if (imports(&before) && end - at > 2)
				words_add_new(out, arena_copy(out->arena, at + 1,
							      (size_t)(end - at) - 2));
			before = (struct before){0};
			at = end;
		} else if (is_word(*at)) {
			before = (struct before){.word = at};
			while (is_word(*at))
				at++;
			before.len = (size_t)(at - before.word);
		} else {
			if (*at == '(' && before.len)
				before.open = true;
			else if (!isspace((unsigned char)*at))
				before = (struct before){0};
			at++;
		}
	}
}

const char *package_javascript(struct arena *arena, const char *specifier)
{
	size_t len = strcspn(specifier, "/");

	/* Paths, "#internal", "node:fs", URLs, "@/components" of bundlers, template holes. */
	if (!*specifier || strchr("./#~", *specifier) || strpbrk(specifier, ":$ {") ||
	    strncmp(specifier, "@/", 2) == 0)
		return NULL;
	if (*specifier == '@') {
		if (!specifier[len])
			return NULL;
		len += 1 + strcspn(specifier + len + 1, "/");
	}
	if (len > NAME_MAX_LEN)
		return NULL;
	const char *name = arena_copy(arena, specifier, len);
	return node_is_builtin(name) ? NULL : name;
}
