/* File names in diffs, as git, diff and models write them. */
#include "parsers/edit_draft.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "\303\244\t" of a name that git quotes; the text stands between the quotes. */
static const char *unquoted(struct arena *arena, struct span text)
{
	static const char escapes[] = "abtnvfr", bytes[] = "\a\b\t\n\v\f\r";
	char *out = arena_copy(arena, text.text, text.len);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *at = text.text + i;
		if (*at != '\\' || i + 1 == text.len) {
			out[n++] = *at;
			continue;
		}
		const char *escape = memchr(escapes, at[1], strlen(escapes));
		if (text.len - i > 3 && at[1] >= '0' && at[1] <= '3' && is_digit(at[2]) &&
		    is_digit(at[3])) {
			out[n++] = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
			i += 3;
			continue;
		}
		out[n++] = escape ? bytes[escape - escapes] : at[1];
		i++;
	}
	out[n] = '\0';
	return out;
}

/* The quoted name at the start of text, without its quotes; len 0 when it is not closed. */
static struct span quoted(struct span text)
{
	for (size_t i = 1; i < text.len; i++) {
		if (text.text[i] == '\\')
			i++;
		else if (text.text[i] == '"')
			return (struct span){text.text + 1, i - 1};
	}
	return (struct span){0};
}

/* " 2024-01-31 12:00..." behind a name, where no tab stands between them. */
static size_t time_at(struct span name)
{
	static const char pattern[] = " 0000-00-00 ";

	for (size_t i = 1; i + strlen(pattern) <= name.len; i++) {
		size_t n = 0;
		while (pattern[n] && (pattern[n] == '0' ? is_digit(name.text[i + n])
							: name.text[i + n] == pattern[n]))
			n++;
		if (!pattern[n])
			return i;
	}
	return name.len;
}

/* "src/a.py (original)" */
static struct span without_remark(struct span name)
{
	if (!span_ends(name, ")"))
		return name;
	for (size_t i = name.len; i-- > 1;) {
		if (name.text[i] == '(')
			return name.text[i - 1] == ' ' ? span_trim((struct span){name.text, i - 1})
						       : name;
	}
	return name;
}

const char *edit_name_read(struct arena *arena, struct span text)
{
	text = span_trim(text);
	if (text.len && text.text[0] == '"') {
		struct span inside = quoted(text);
		if (inside.len)
			return unquoted(arena, inside);
	}
	struct span name = span_trim(span_until(text, "\t"));
	name.len = time_at(name);
	name = without_remark(name);
	if (name.len > 2 && name.text[0] == '`' && name.text[name.len - 1] == '`')
		name = (struct span){name.text + 1, name.len - 2};
	while (span_starts(name, "./"))
		name = span_skip(name, 2);
	return arena_copy(arena, name.text, name.len);
}

bool edit_name_git(struct arena *arena, struct span text, const char **before, const char **after)
{
	text = span_trim(text);
	if (text.len && text.text[0] == '"') {
		struct span first = quoted(text);
		struct span second = span_trim(span_skip(text, first.len + 2));
		if (!first.len || !second.len)
			return false;
		*before = unquoted(arena, first);
		*after = edit_name_read(arena, second);
		return true;
	}
	/* "a/x y b/x y": both are of one length, but for a rename, which says its names again. */
	size_t half = text.len / 2;
	struct span first = {text.text, half}, second = span_skip(text, half + 1);
	if (text.len % 2 == 0 || text.len < 7 || text.text[half] != ' ' || first.text[1] != '/' ||
	    second.text[1] != '/' || memcmp(first.text + 2, second.text + 2, half - 2) != 0) {
		first = span_until(text, " ");
		second = span_trim(span_skip(text, first.len + 1));
		if (!second.len || span_has(second, ' '))
			return false;
	}
	*before = arena_copy(arena, first.text, first.len);
	*after = arena_copy(arena, second.text, second.len);
	return true;
}

bool edit_name_is_null(const char *name)
{
	return name && strcmp(name, "/dev/null") == 0;
}

static const char *behind(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return name && strncmp(name, prefix, len) == 0 && name[len] ? name + len : NULL;
}

/* "old/src/a.py" and "new/src/a.py": what follows the first folder, if it is the same. */
static const char *same_tail(const char *before, const char *after)
{
	const char *a = strchr(before, '/'), *b = strchr(after, '/');

	return a && b && a != before && b != after && a[1] && strcmp(a, b) == 0 ? a + 1 : NULL;
}

void edit_name_strip(const char **before, const char **after)
{
	const char *a = behind(*before, "a/"), *b = behind(*after, "b/");
	bool no_before = !*before || edit_name_is_null(*before);
	bool no_after = !*after || edit_name_is_null(*after);

	if ((a && b) || (a && no_after) || (b && no_before)) {
		*before = a ? a : *before;
		*after = b ? b : *after;
		return;
	}
	if (no_before || no_after || strcmp(*before, *after) == 0)
		return;
	const char *tail = same_tail(*before, *after);
	if (tail)
		*before = *after = tail;
}
