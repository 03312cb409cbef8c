/*
 * File patterns. Each is a row of tokens; matching walks along the path with the set of all tokens that may
 * come next, so that no pattern takes long.
 */
#include "engine/tools/tool_glob.h"

#include <string.h>

enum token_kind {
	TOKEN_CHAR,
	TOKEN_CLASS,
	TOKEN_ANY, /* ? */
	TOKEN_STAR, /* any run within a name */
	TOKEN_DEEP, /* any run at all */
	TOKEN_FOLDERS, /* nothing, or any run that ends with a slash */
};

struct token {
	enum token_kind kind;
	char c;
	const char *class; /* what stands in [], without ! */
	size_t class_len;
	bool negated;
};

struct glob_pattern {
	struct token tokens[GLOB_BYTES];
	size_t count;
	bool name_only;
};

/* ---- reading ---- */

/* The length of the [...] at text, 0: it is not closed, and [ stands for itself. */
static size_t class_length(const char *text)
{
	const char *from = text + 1;
	from += *from == '!' || *from == '^';
	if (!*from)
		return 0;
	const char *end = strchr(from + 1, ']');
	return end ? (size_t)(end - text) + 1 : 0;
}

/* One token; returns the bytes that it takes of text. */
static size_t read_token(const char *start, const char *text, struct token *out)
{
	bool new_part = text == start || text[-1] == '/';
	size_t len;
	if (text[0] == '*' && text[1] == '*') {
		bool folders = new_part && text[2] == '/';
		out->kind = folders ? TOKEN_FOLDERS : TOKEN_DEEP;
		return folders ? 3 : 2;
	}
	if (*text == '*') {
		out->kind = TOKEN_STAR;
		return 1;
	}
	if (*text == '?') {
		out->kind = TOKEN_ANY;
		return 1;
	}
	if (*text == '[' && (len = class_length(text)) > 0) {
		out->kind = TOKEN_CLASS;
		out->negated = text[1] == '!' || text[1] == '^';
		out->class = text + 1 + out->negated;
		out->class_len = len - 2 - out->negated;
		return len;
	}
	out->kind = TOKEN_CHAR;
	out->c = *text;
	return 1;
}

static void read_pattern(const char *text, struct glob_pattern *out)
{
	if (strncmp(text, "./", 2) == 0)
		text += 2;
	out->name_only = !strchr(text, '/');
	text += *text == '/';
	const char *start = text;
	while (*text && out->count < GLOB_BYTES)
		text += read_token(start, text, &out->tokens[out->count++]);
	/* "src/": all that is in it */
	if (out->count > 0 && out->count < GLOB_BYTES && text[-1] == '/')
		out->tokens[out->count++].kind = TOKEN_DEEP;
}

/* The brace that closes the one at text, NULL: none does. */
static const char *closing(const char *text)
{
	unsigned depth = 0;
	for (; *text; text++) {
		depth += *text == '{';
		if (*text == '}' && --depth == 0)
			return text;
	}
	return NULL;
}

/* Once for each choice of the first brace, with what stands around it. */
static int expand(struct arena *arena, const char *text, struct glob *out, struct error *err)
{
	const char *open = strchr(text, '{'), *close = open ? closing(open) : NULL;
	if (!close) {
		if (out->count == GLOB_ALTERNATIVES)
			return error_set(err, ERROR_INPUT,
					 "the file pattern has more than %d alternatives",
					 GLOB_ALTERNATIVES);
		struct glob_pattern *pattern = arena_grow(arena, &out->patterns, out->count,
							  sizeof(*pattern));
		read_pattern(text, pattern);
		out->count++;
		return 0;
	}
	unsigned depth = 0;
	const char *from = open + 1;
	for (const char *c = from; c <= close; c++) {
		if ((*c == ',' && depth == 0) || c == close) {
			const char *chosen = arena_printf(arena, "%.*s%.*s%s", (int)(open - text),
							  text, (int)(c - from), from, close + 1);
			if (expand(arena, chosen, out, err) != 0)
				return -1;
			from = c + 1;
		}
		depth += *c == '{';
		depth -= *c == '}' && c != close;
	}
	return 0;
}

int glob_read(struct arena *arena, const char *text, struct glob *out, struct error *err)
{
	*out = (struct glob){0};
	if (!*text)
		return error_set(err, ERROR_INPUT, "the file pattern is empty");
	if (strlen(text) >= GLOB_BYTES)
		return error_set(err, ERROR_INPUT, "the file pattern is longer than %d bytes",
				 GLOB_BYTES - 1);
	return expand(arena, text, out, err);
}

/* ---- matching ---- */

static bool in_class(const struct token *token, char c)
{
	const char *class = token->class;
	for (size_t i = 0; i < token->class_len; i++) {
		bool range = i + 2 < token->class_len && class[i + 1] == '-';
		unsigned char low = (unsigned char)class[i];
		unsigned char high = range ? (unsigned char)class[i + 2] : low;
		if ((unsigned char)c >= low && (unsigned char)c <= high)
			return true;
		i += range ? 2 : 0;
	}
	return false;
}

static bool takes(const struct token *token, char c)
{
	switch (token->kind) {
	case TOKEN_CHAR: return token->c == c;
	case TOKEN_CLASS: return c != '/' && in_class(token, c) != token->negated;
	case TOKEN_ANY:
	case TOKEN_STAR: return c != '/';
	default: return true;
	}
}

static bool repeats(const struct token *token)
{
	return token->kind >= TOKEN_STAR;
}

/* Adds a place and those that follow without a character. */
static void add_place(const struct glob_pattern *pattern, bool *places, size_t place)
{
	places[place] = true;
	while (place < pattern->count && repeats(&pattern->tokens[place]))
		places[++place] = true;
}

static bool pattern_matches(const struct glob_pattern *pattern, const char *path)
{
	bool places[2][GLOB_BYTES + 1] = {{false}};
	bool *now = places[0], *next = places[1];
	add_place(pattern, now, 0);
	for (const char *c = path; *c; c++) {
		memset(next, 0, pattern->count + 1);
		for (size_t i = 0; i < pattern->count; i++) {
			const struct token *token = &pattern->tokens[i];
			if (!now[i] || !takes(token, *c))
				continue;
			if (!repeats(token))
				add_place(pattern, next, i + 1);
			else if (token->kind != TOKEN_FOLDERS)
				add_place(pattern, next, i);
			else if (*c == '/')
				add_place(pattern, next, i);
			else
				next[i] = true; /* a folder's name must end first */
		}
		bool *swap = now;
		now = next;
		next = swap;
	}
	return now[pattern->count];
}

bool glob_matches(const struct glob *glob, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	for (size_t i = 0; i < glob->count; i++) {
		const struct glob_pattern *pattern = &glob->patterns[i];
		if (pattern_matches(pattern, pattern->name_only ? name : path))
			return true;
	}
	return false;
}
