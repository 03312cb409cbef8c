/*
 * What go.mod and go.work say of folders beside them. Both are lines of words, or of a word and
 * a block of such lines in brackets (https://go.dev/ref/mod#go-mod-file-lexical).
 */
#include "runners/go_modules.h"

#include <string.h>

static const char blanks[] = " \t\r";

/* The next word of a line; its quotes are left out. len 0: the line, or what counts of it, ends. */
static const char *next_word(const char **at, size_t *len)
{
	*at += strspn(*at, blanks);
	const char *word = *at;
	if (*word == '"' || *word == '`') {
		const char end[] = {*word++, '\n', '\0'};
		*len = strcspn(word, end);
		*at = word + *len + (word[*len] == end[0]);
		return word;
	}
	*len = strncmp(word, "//", 2) == 0 ? 0 : strcspn(word, " \t\r\n");
	*at += *len;
	return word;
}

static bool is_word(const char *word, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(word, wanted, len) == 0;
}

/* Calls line(ctx, rest) with what follows the directive, on its own line or in its block. */
static void each_line(const char *text, const char *directive,
		      void (*line)(void *ctx, const char *rest), void *ctx)
{
	bool inside = false;
	size_t len;

	for (const char *at = text; *at; at += *at == '\n') {
		const char *start = at, *word = next_word(&at, &len);
		if (inside && is_word(word, len, ")")) {
			inside = false;
		} else if (inside && len) {
			line(ctx, start);
		} else if (!inside && is_word(word, len, directive)) {
			start = at;
			word = next_word(&at, &len);
			inside = is_word(word, len, "(");
			if (!inside && len)
				line(ctx, start);
		}
		at += strcspn(at, "\n");
	}
}

static void look_at_replacement(void *ctx, const char *rest)
{
	bool *locally = ctx;
	size_t len;
	const char *word;

	do
		word = next_word(&rest, &len);
	while (len && !is_word(word, len, "=>"));
	word = next_word(&rest, &len);
	/* "Absolute, or beginning with ./ or ../": everything else is a module's path. */
	*locally = *locally || (len && (*word == '/' || (*word == '.' && len >= 2)));
}

bool go_replaces_locally(const char *go_mod)
{
	bool locally = false;

	each_line(go_mod, "replace", look_at_replacement, &locally);
	return locally;
}

static void add_pattern(void *ctx, const char *rest)
{
	struct words *out = ctx;
	size_t len;
	const char *word = next_word(&rest, &len);

	while (len > 1 && word[len - 1] == '/')
		len--;
	if (strncmp(word, "./", 2) == 0 && len > 2) {
		word += 2;
		len -= 2;
	}
	if (is_word(word, len, "."))
		words_add(out, "./...");
	else if (len && *word != '/' && strncmp(word, "..", 2) != 0)
		words_addf(out, "./%.*s/...", (int)len, word);
}

void go_work_patterns(const char *go_work, struct words *out)
{
	each_line(go_work, "use", add_pattern, out);
}
