/*
 * Info strings as tools and models write them: "js src/a.js", "python:src/a.py", "src/a.py",
 * "js title=\"a.js\"", "{.python filename=a.py}", "ts {file: a.ts}", "12:15:src/a.ts".
 */
#include "parsers/block_path.h"

enum {
	INFO_LOOKED_AT = 1024, /* a longer one is hostile or prose: its rest names nothing */
	KEYS_MAX = 4,
};

static bool is_tag_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       strchr("+#-_./", c);
}

static bool is_tag(struct span word)
{
	if (word.len == 0 || word.len > 40)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (!word.text[i] || !is_tag_char(word.text[i]))
			return false;
	}
	return true;
}

static bool is_digits(struct span word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (word.text[i] < '0' || word.text[i] > '9')
			return false;
	}
	return word.len > 0;
}

static struct span unquote(struct span word)
{
	while (word.len && strchr("\"'`([{", word.text[0]))
		word = span_skip(word, 1);
	while (word.len && strchr("\"'`)]},:", word.text[word.len - 1]))
		word.len--;
	return word;
}

/* A value after '=' or ':': quoted, or up to the next space, comma or brace. */
static struct span value_at(struct span rest)
{
	rest = span_trim(rest);
	if (rest.len && strchr("\"'`", rest.text[0])) {
		char stops[2] = {rest.text[0], '\0'};
		return span_trim(span_until(span_skip(rest, 1), stops));
	}
	return span_until(rest, " \t,}");
}

/* Key is the word that ends where rest begins. */
static bool key_sure(struct span key, enum path_sure *sure)
{
	static const char *const named[] = {"filename",  "file",      "path",      "filepath",
					    "file_name", "file-name", "file_path", "file-path",
					    "fname",     NULL};
	static const char *const mentioned[] = {"title", "name", "label", "caption", "src", NULL};

	*sure = span_in(key, named) ? PATH_NAMED : PATH_MENTIONED;
	return *sure == PATH_NAMED || span_in(key, mentioned);
}

/* The word before the separator at i, quotes and spaces between them left out. */
static struct span key_before(struct span info, size_t i)
{
	while (i && strchr(" \t\"'", info.text[i - 1]) && info.text[i - 1])
		i--;
	size_t start = i;
	while (start && info.text[start - 1] && !strchr(" \t\"'{,:=", info.text[start - 1]))
		start--;
	return (struct span){info.text + start, i - start};
}

static struct span attribute_path(const struct language *const *languages, struct span info)
{
	enum path_sure sure;

	for (size_t i = 0, keys = 0; i < info.len && keys < KEYS_MAX; i++) {
		if ((info.text[i] != '=' && info.text[i] != ':') ||
		    !key_sure(key_before(info, i), &sure))
			continue;
		struct span value = value_at(span_skip(info, i + 1));
		if (block_path_is(languages, value, sure))
			return value;
		keys++;
	}
	return (struct span){0};
}

/* "tag:path" and "start:end:path". */
static bool read_colons(const struct language *const *languages, struct span word,
			struct block_info *out)
{
	struct span tag = span_until(word, ":");
	struct span path = span_skip(word, tag.len + 1);

	if (tag.len == word.len)
		return false;
	if (is_digits(tag) && is_digits(span_until(path, ":"))) {
		path = span_skip(path, span_until(path, ":").len + 1);
		out->part = block_path_is(languages, path, PATH_MENTIONED);
		if (out->part)
			out->path = path;
		return out->part;
	}
	enum path_sure sure;
	if (!is_tag(tag) || key_sure(tag, &sure))
		return false;
	out->tag = tag;
	path = unquote(path);
	if (block_path_is(languages, path, PATH_MENTIONED))
		out->path = path;
	return true;
}

static struct span next_word(struct span *rest)
{
	*rest = span_trim(*rest);
	struct span word = span_until(*rest, " \t\n\v\f\r");
	*rest = span_skip(*rest, word.len);
	return word;
}

void block_info_read(const struct language *const *languages, const char *info,
		     struct block_info *out)
{
	struct span rest = {info, strnlen(info, INFO_LOOKED_AT)}, all = rest;
	struct span first = next_word(&rest);

	*out = (struct block_info){0};
	while (first.len && (first.text[0] == '{' || first.text[0] == '.')) {
		/* ".env" is a file, ".python" Pandoc's class. */
		if (first.text[0] == '.' && block_path_is(languages, first, PATH_MENTIONED))
			break;
		first = span_skip(first, 1);
	}
	first = span_until(first, "{}=,");
	bool known = block_language_of_tag(languages, first) != NULL;
	if (!known && block_path_is(languages, first, PATH_MENTIONED)) {
		out->path = first;
		return;
	}
	if (!read_colons(languages, first, out)) {
		enum path_sure sure;
		if (is_tag(first) && !key_sure(first, &sure))
			out->tag = first;
	}
	if (out->path.len)
		return;
	out->path = attribute_path(languages, all);
	if (out->path.len)
		return;
	struct span second = next_word(&rest);
	if (span_is(second, "//") || span_is(second, "#") || span_is(second, "-") ||
	    span_is(second, "|"))
		second = next_word(&rest);
	second = unquote(second);
	if (block_path_is(languages, second, PATH_MENTIONED))
		out->path = second;
}
