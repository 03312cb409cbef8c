/* Languages by tag, by file name and, when there is neither, by unmistakable first lines. */
#include "parsers/block_language.h"

#include "parsers/block_path.h"

static const struct language *by_name(const struct language *const *languages, const char *name)
{
	for (; *languages; languages++) {
		if (strcmp((*languages)->name, name) == 0)
			return *languages;
	}
	return NULL;
}

static const struct language *by_tag(const struct language *const *languages, struct span tag)
{
	for (; *languages; languages++) {
		if (span_is(tag, (*languages)->name) || span_in(tag, (*languages)->tags))
			return *languages;
	}
	return NULL;
}

const struct language *block_language_of_tag(const struct language *const *languages,
					     struct span tag)
{
	const struct language *found = by_tag(languages, tag);

	if (found)
		return found;
	/* A version is no part of the name: python3.11, c++17, go1.21. */
	while (tag.len && ((tag.text[tag.len - 1] >= '0' && tag.text[tag.len - 1] <= '9') ||
			   tag.text[tag.len - 1] == '.'))
		tag.len--;
	return by_tag(languages, tag);
}

const struct language *block_language_of_path(const struct language *const *languages,
					      struct span path, bool *whole_name)
{
	struct span name = block_path_name(path), extension = block_path_extension(path);

	if (whole_name)
		*whole_name = false;
	for (const struct language *const *it = languages; *it; it++) {
		if (span_in(name, (*it)->filenames)) {
			if (whole_name)
				*whole_name = true;
			return *it;
		}
	}
	for (const struct language *const *it = languages; *it && extension.len; it++) {
		if (span_in(extension, (*it)->extensions))
			return *it;
	}
	return NULL;
}

static const struct language *of_shebang(const struct language *const *languages, struct span line)
{
	struct span word = {0};

	line = span_trim(span_skip(line, 2));
	while (line.len) {
		word = block_path_name(span_until(line, " \t"));
		line = span_trim(span_skip(line, span_until(line, " \t").len));
		if (!span_is(word, "env") && !span_starts(word, "-"))
			break;
	}
	return word.len ? block_language_of_tag(languages, word) : NULL;
}

/* The first line that is neither blank nor a comment of the usual kinds. */
static struct span first_code_line(struct span *rest)
{
	while (rest->len) {
		struct span line = span_trim(span_line(rest));
		if (line.len && !span_starts(line, "//") && !span_starts(line, "# ") &&
		    !span_starts(line, "/*") && !span_starts(line, "*"))
			return line;
	}
	return *rest;
}

static bool has_line_with(struct span text, const char *start, const char *end)
{
	for (int n = 0; text.len && n < 200; n++) {
		struct span line = span_line(&text);
		while (line.len && span_space(line.text[line.len - 1]))
			line.len--;
		if (span_starts(line, start) && span_ends(line, end))
			return true;
	}
	return false;
}

/* name is all of `from x import y` or `import x`. */
static bool is_python_import(struct span line)
{
	if (span_ends(line, ";") || span_has(line, '\'') || span_has(line, '"') ||
	    span_has(line, '{'))
		return false;
	if (span_starts(line, "from "))
		return memmem(line.text, line.len, " import ", 8) != NULL;
	return span_starts(line, "import ") && !span_has(line, '(');
}

/*
 * A wrong guess runs prose or output as a program, a missed one only says so: each of these is
 * syntax that no other language here has.
 */
const struct language *block_language_of_code(const struct language *const *languages,
					      struct span code)
{
	struct span rest = code, line;

	if (span_starts(code, "#!"))
		return of_shebang(languages, span_line(&rest));
	if (span_starts(code, "<?php"))
		return by_name(languages, "php");
	line = first_code_line(&rest);
	if (span_starts(line, "package ") && !span_ends(line, ";") &&
	    has_line_with(rest, "func ", "{"))
		return by_name(languages, "go");
	if (has_line_with(code, "fn ", "{") || has_line_with(code, "pub fn ", "{"))
		return by_name(languages, "rust");
	if (has_line_with(code, "public class ", "{"))
		return by_name(languages, "java");
	if (span_starts(line, "const ") && memmem(line.text, line.len, "= require(", 10))
		return by_name(languages, "javascript");
	if (has_line_with(code, "function ", ") {") || has_line_with(code, "module.exports", ";"))
		return by_name(languages, "javascript");
	if (has_line_with(code, "def ", "):") || has_line_with(code, "async def ", "):"))
		return by_name(languages, "python");
	if (is_python_import(line) &&
	    (has_line_with(rest, "def ", ":") || has_line_with(rest, "class ", ":") ||
	     has_line_with(rest, "print(", ")")))
		return by_name(languages, "python");
	return NULL;
}
