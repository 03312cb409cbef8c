/* Names that end a sentence or a heading, and those in the attributes of a tag. */
#include "parsers/block_path.h"

static bool take_end(struct span *s, const char *end)
{
	if (!span_ends(*s, end))
		return false;
	s->len -= strlen(end);
	*s = span_trim(*s);
	return true;
}

/* Takes "`name`" or "**name**" off the end of line; len 0 when it ends otherwise. */
static struct span take_marked(struct span *line)
{
	bool bold = take_end(line, "**");
	char mark = span_ends(*line, "`") ? '`' : '*';
	size_t end = mark == '`' ? line->len - 1 : line->len, open = end;

	if (mark == '*' && !bold)
		return (struct span){0};
	while (open > 0 && line->text[open - 1] != mark)
		open--;
	if (open == 0)
		return (struct span){0};
	struct span name = {line->text + open, end - open};
	line->len = open - 1;
	return name;
}

/* Not where it speaks of a part of the file or of something that is done with it. */
static bool tells_of_file(struct span before)
{
	static const char *const other[] = {
		"add",    "append", "insert", "change", "replace", "modify", "edit",   "update",
		"remove", "delete", "fix",    "run",    "execute", "output", "import", "use",
		"using",  "usage",  "call",   "from",   "like",    "line",   "lines",  NULL};
	static const char *const tests[] = {"test", "tests", "testing", NULL};
	bool tells_of_tests = false;

	if (span_has(before, '`'))
		return false;
	while ((before = span_trim(before)).len) {
		struct span word = span_until(before, " \t,.;:()*");
		tells_of_tests = tells_of_tests || span_in(word, tests);
		if (span_in(word, other) || (tells_of_tests && span_is(word, "for")))
			return false;
		before = span_skip(before, word.len ? word.len : 1);
	}
	return true;
}

struct span block_sentence_path(const struct language *const *languages, struct span line,
				bool heading)
{
	struct span inside = line; /* of "**... `name`:**" */
	bool colon = take_end(&line, ":") || take_end(&line, "：");

	while (!colon && take_end(&inside, "*"))
		;
	if (!colon && (take_end(&inside, ":") || take_end(&inside, "："))) {
		line = inside;
		colon = true;
	}
	if (!colon && !heading)
		return (struct span){0};
	if (heading)
		take_end(&line, ")");
	struct span path = take_marked(&line);
	if (!path.len || !block_path_is(languages, path, PATH_MENTIONED) || !tells_of_file(line))
		return (struct span){0};
	return path;
}

struct span block_tag_path(struct span line)
{
	static const char *const names[] = {"path", "file_path", "filepath", "filename",
					    "file", "name",      "title",    NULL};

	line = span_trim(line);
	if (line.len < 3 || line.text[0] != '<' || line.text[line.len - 1] != '>' ||
	    line.text[line.len - 2] == '/')
		return (struct span){0};
	for (struct span rest = span_until(line, ">"); rest.len;) {
		struct span word = span_until(rest, " \t=");
		rest = span_skip(rest, word.len);
		if (rest.len < 2 || rest.text[0] != '=') {
			rest = span_trim(span_skip(rest, 1));
			continue;
		}
		char quote[] = {rest.text[1], '\0'};
		struct span value = span_until(span_skip(rest, 2), quote);
		if (quote[0] != '"' && quote[0] != '\'')
			return (struct span){0};
		if (span_in(word, names))
			return value;
		rest = span_trim(span_skip(rest, value.len + 3));
	}
	return (struct span){0};
}
