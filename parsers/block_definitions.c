/* The names that code defines at the margin, in whatever language: "def add", "func Add". */
#include "parsers/block_definitions.h"

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$';
}

static struct span next_word(struct span *rest)
{
	size_t n = 0;

	*rest = span_trim(*rest);
	while (n < rest->len && is_name_char(rest->text[n]))
		n++;
	struct span word = {rest->text, n};
	*rest = span_skip(*rest, n);
	return word;
}

/* "def add(" or "export const add =", at the margin: what other code could refer to. */
static struct span defined_by(struct span line)
{
	static const char *const prefixes[] = {"export", "default",  "async", "public",  "pub",
					       "static", "abstract", "final", "declare", NULL};
	static const char *const keywords[] = {"def",    "class",     "function", "func",   "fn",
					       "struct", "interface", "enum",     "trait",  "type",
					       "const",  "let",       "var",      "module", NULL};
	struct span word;

	if (line.len == 0 || span_space(line.text[0]))
		return (struct span){0};
	do {
		word = next_word(&line);
		if (word.len < 2 || !line.len || !span_space(line.text[0]))
			return (struct span){0};
	} while (span_in(word, prefixes));
	return span_in(word, keywords) ? next_word(&line) : (struct span){0};
}

static bool same_name(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

bool block_defines(const struct definitions *d, struct span name)
{
	for (size_t i = 0; i < d->count; i++) {
		if (same_name(d->names[i], name))
			return true;
	}
	return false;
}

void block_definitions(const struct block *block, struct definitions *out)
{
	struct span code = {block->code, block->code_len};

	out->count = 0;
	out->overflow = false;
	while (code.len && !out->overflow) {
		struct span name = defined_by(span_line(&code));
		if (name.len == 0 || block_defines(out, name))
			continue;
		out->overflow = out->count == DEFINITIONS_MAX;
		if (!out->overflow)
			out->names[out->count++] = name;
	}
}
