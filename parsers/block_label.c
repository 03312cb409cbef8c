/*
 * Names beside a block rather than in its info string: the label above it, its section's heading,
 * its first comment. Counted over thousands of replies, in falling order: a bare line, "**name**", a
 * comment, a numbered item, "### name", "name:", "`name`". A sentence that holds a name is as often
 * about another file, so it counts only where it ends with the name, marked, and a colon.
 */
#include "parsers/block_path.h"

enum {
	LINES_LOOKED_AT = 12, /* above the fence, for the section's heading */
	BLANKS_BETWEEN = 2,
	COMMENT_LINES = 4, /* a shebang and the like may stand before the comment */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Quote marks, list markers and heading marks in front of a line. */
static struct span strip_markers(struct span s, bool *heading)
{
	for (;;) {
		size_t n = 0;
		s = span_trim(s);
		while (n < s.len && s.text[n] == '#')
			n++;
		if (n >= 1 && n <= 6 && n < s.len && span_space(s.text[n])) {
			*heading = true;
			s = span_skip(s, n);
			while (s.len && s.text[s.len - 1] == '#')
				s.len--;
			continue;
		}
		for (n = 0; n < s.len && is_digit(s.text[n]);)
			n++;
		if (n && n < s.len && (s.text[n] == '.' || s.text[n] == ')') && n + 1 < s.len &&
		    (span_space(s.text[n + 1]) || s.text[n + 1] == '*' || s.text[n + 1] == '`')) {
			s = span_skip(s, n + 1);
			continue;
		}
		if (s.len > 1 && strchr(">-+*", s.text[0]) &&
		    (s.text[0] == '>' || span_space(s.text[1]))) {
			s = span_skip(s, 1);
			continue;
		}
		return s;
	}
}

/* Emphasis, code marks and backslash escapes away, wide colons narrow; *marked says that there were any. */
static struct span plain(struct span s, char scratch[LABEL_MAX], bool *marked)
{
	size_t n = 0;

	*marked = false;
	for (size_t i = 0; i < s.len && n < LABEL_MAX; i++) {
		char c = s.text[i];
		if (c == '*' || c == '`') {
			*marked = true;
			continue;
		}
		if (c == '\\' && i + 1 < s.len && strchr("_*`[]().-", s.text[i + 1]))
			c = s.text[++i];
		else if (s.len - i >= 3 && memcmp(s.text + i, "：", 3) == 0)
			c = ':', i += 2; /* the colon of Chinese and Japanese */
		scratch[n++] = c;
	}
	return span_trim((struct span){scratch, n});
}

/* A picture in front, as in "📄 src/app.js". */
static struct span strip_picture(struct span s)
{
	struct span word = span_until(s, " \t");

	for (size_t i = 0; i < word.len; i++) {
		if ((unsigned char)word.text[i] < 0x80)
			return s;
	}
	return span_trim(span_skip(s, word.len));
}

/* "File:", "File 2 -", "Step 1:", "Filename:"; *named when it says that a file name follows. */
static struct span strip_label_word(struct span s, bool *named)
{
	static const char *const words[] = {
		"file name", "file path", "new file", "filename", "filepath", "file",     "path",
		"datei",     "fichier",   "archivo",  "文件名",   "文件",     "ファイル", "파일",
		"файл",      "step",      "part",     "script",   "module",   NULL};
	enum { NAMES_A_FILE = 13 };

	for (const char *const *word = words; *word; word++) {
		if (!span_starts(s, *word))
			continue;
		struct span rest = span_trim(span_skip(s, strlen(*word)));
		while (rest.len && is_digit(rest.text[0]))
			rest = span_skip(rest, 1);
		rest = span_trim(rest);
		if (rest.len == 0 || !strchr(":.)-=", rest.text[0]))
			continue;
		*named = rest.text[0] == ':' && word - words < NAMES_A_FILE;
		return span_trim(span_skip(rest, 1));
	}
	return s;
}

static struct span unwrap(struct span word)
{
	/* "[src/a.py](src/a.py)" */
	if (word.len && word.text[0] == '[') {
		struct span inside = span_until(span_skip(word, 1), "]");
		if (inside.len + 2 < word.len && word.text[inside.len + 2] == '(')
			return inside;
		/* "[id].tsx" is a name, "[a.py]" a name in brackets. */
		if (inside.len + 2 == word.len)
			return inside;
	}
	while (word.len && strchr("\"'(", word.text[0]))
		word = span_skip(word, 1);
	while (word.len && strchr("\"'),:", word.text[word.len - 1]))
		word.len--;
	return word;
}

static bool starts_dash(struct span s)
{
	return span_starts(s, "-") || span_starts(s, "\xE2\x80\x93") ||
	       span_starts(s, "\xE2\x80\x94");
}

/* What may follow a name in its label: nothing, "(new)", and "- what it is" where it is marked. */
static bool is_tail(struct span tail, bool marked)
{
	if (tail.len == 0 || span_is(tail, ":"))
		return true;
	if (tail.text[0] == '(') {
		struct span inside = span_until(tail, ")");
		tail = span_trim(span_skip(tail, inside.len + 1));
		return tail.len == 0 || span_is(tail, ":");
	}
	return marked && starts_dash(tail);
}

/* "Create `src/a.py`:", "Save this as a.py:", "Create a new file named a.py with this content:". */
static struct span told_to_create(const struct language *const *languages, struct span s)
{
	static const char *const lead[] = {"now",   "now,",    "first,",   "next,", "then",
					   "then,", "second,", "finally,", "next",  NULL};
	static const char *const filler[] = {
		"a",          "an",     "the",    "this",  "it",    "new", "file", "code",
		"named",      "called", "as",     "to",    "into",  "in",  "your", "following",
		"following:", "module", "script", "above", "below", NULL};
	static const char *const with[] = {"with", "containing", "file", NULL};
	struct span word = span_until(s, " \t");

	if (!span_ends(s, ":"))
		return (struct span){0};
	s.len--;
	if (span_in(word, lead)) {
		s = span_trim(span_skip(s, word.len));
		word = span_until(s, " \t");
	}
	if (!span_is(word, "create") && !span_is(word, "save"))
		return (struct span){0};
	do {
		s = span_trim(span_skip(s, word.len));
		word = span_until(s, " \t");
	} while (word.len && span_in(word, filler));
	struct span tail = span_trim(span_skip(s, word.len));
	struct span path = unwrap(word);
	if (!block_path_is(languages, path, PATH_MENTIONED) ||
	    (tail.len && !span_in(span_until(tail, " \t"), with)))
		return (struct span){0};
	/* "Create a.py with a function for b.py" still means a.py, so the tail is not looked at. */
	return path;
}

/*
 * "<file path="src/a.py">" names the file; "<summary><b>a.py</b></summary>" is what it holds. A line
 * that is neither stays as it is.
 */
static struct span strip_tags(struct span s)
{
	struct span path = block_tag_path(s);

	if (path.len)
		return path;
	while (s.len > 2 && s.text[0] == '<' && s.text[1] != '!' && s.text[1] != '/') {
		struct span tag = span_until(s, ">");
		if (tag.len == s.len)
			return s;
		s = span_trim(span_skip(s, tag.len + 1));
	}
	while (span_ends(s, ">")) {
		size_t open = s.len - 1;
		while (open && s.text[open] != '<')
			open--;
		if (s.text[open] != '<' || s.text[open + 1] != '/')
			return s;
		s = span_trim((struct span){s.text, open});
	}
	return s;
}

/* "=== a.py ===", "--- a.py ---" */
static struct span strip_rules(struct span s)
{
	size_t run = 0, behind = 0;

	while (run < s.len && s.text[run] == s.text[0])
		run++;
	if (run < 2 || run == s.len || !strchr("=-~#", s.text[0]))
		return s;
	while (behind < s.len && s.text[s.len - 1 - behind] == s.text[0])
		behind++;
	return behind < 2 ? s : span_trim((struct span){s.text + run, s.len - run - behind});
}

static struct label label_of_line(const struct language *const *languages, struct span line,
				  char scratch[LABEL_MAX])
{
	struct label label = {0};
	bool named = false, marked, heading = false;
	enum path_sure sure;

	line = strip_markers(line, &heading);
	if (span_starts(line, "<!--") && span_ends(line, "-->"))
		line = span_trim((struct span){line.text + 4, line.len > 7 ? line.len - 7 : 0});
	if (line.len >= LABEL_MAX)
		return label;
	line = strip_rules(strip_tags(line));
	struct span s = strip_picture(plain(line, scratch, &marked));
	s = strip_label_word(s, &named);
	sure = named ? PATH_NAMED : PATH_MENTIONED;
	label.heading = heading;
	struct span word = span_until(s, " \t");
	struct span tail = span_trim(span_skip(s, word.len));
	struct span path = unwrap(word);
	if (block_path_is(languages, path, sure) && is_tail(tail, marked || heading || named))
		label.path = path;
	else if (!heading)
		label.path = told_to_create(languages, s);
	if (!label.path.len)
		label.path = block_sentence_path(languages, line, heading);
	return label;
}

/* Takes the last line off text. */
static struct span last_line(struct span *text)
{
	size_t end = text->len;

	if (end && text->text[end - 1] == '\n')
		end--;
	if (end && text->text[end - 1] == '\r')
		end--;
	size_t start = end;
	while (start && text->text[start - 1] != '\n' && text->text[start - 1] != '\r')
		start--;
	text->len = start;
	return (struct span){text->text + start, end - start};
}

static bool is_blank(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (!span_space(line.text[i]) && line.text[i] != '>')
			return false;
	}
	return true;
}

struct label block_label(const struct language *const *languages, struct span above,
			 char scratch[LABEL_MAX])
{
	struct label label = {0}, none = {0};
	int blanks = 0;
	bool close = true; /* nothing but blank lines so far */

	/* The start of the opening line itself: quote marks, a list marker ("1. ```js"). */
	while (above.len && above.text[above.len - 1] != '\n' && above.text[above.len - 1] != '\r')
		above.len--;
	for (int n = 0; n < LINES_LOOKED_AT && above.len; n++) {
		struct span line = last_line(&above);
		if (is_blank(line)) {
			blanks++;
			continue;
		}
		label = label_of_line(languages, line, scratch);
		if (close && blanks <= BLANKS_BETWEEN && label.path.len)
			return label;
		if (label.heading)
			return label;
		close = false;
	}
	return none;
}

/* ---- the first comment ---- */

/* The text of a line that is nothing but a comment in some language; len 0 if it is none. */
static struct span comment_text(struct span line)
{
	static const char *const marks[][2] = {
		{"<!--", "-->"}, {"/*", "*/"}, {"//", ""},           {"#", ""},      {"--", ""},
		{";", ""},       {"%", ""},    {"\"\"\"", "\"\"\""}, {"'''", "'''"},
	};

	line = span_trim(line);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!span_starts(line, marks[i][0]))
			continue;
		line = span_skip(line, strlen(marks[i][0]));
		if (span_ends(line, marks[i][1]))
			line.len -= strlen(marks[i][1]);
		while (line.len && strchr("/#-;*!", line.text[0]))
			line = span_skip(line, 1);
		return span_trim(line);
	}
	return (struct span){0};
}

/* Lines that must stand first, so that the comment comes after them. */
static bool comes_before_comment(struct span line)
{
	return line.len == 0 || span_starts(line, "#!") || span_starts(line, "<?php") ||
	       span_starts(line, "# -*-") || span_starts(line, "\"use ") ||
	       span_starts(line, "'use ") || span_starts(line, "@echo off");
}

struct span block_comment_path(const struct language *const *languages, struct span code)
{
	for (int n = 0; n < COMMENT_LINES && code.len; n++) {
		struct span line = span_trim(span_line(&code));
		if (comes_before_comment(line))
			continue;
		bool named = false;
		struct span text = strip_label_word(comment_text(line), &named);
		struct span word = span_until(text, " \t");
		struct span tail = span_trim(span_skip(text, word.len));
		if (word.len > 1 && word.text[0] == '`' && word.text[word.len - 1] == '`')
			word = (struct span){word.text + 1, word.len - 2};
		/* A stylesheet's "#main.css" is a selector, not a comment. */
		if (block_path_is(languages, word, named ? PATH_NAMED : PATH_MENTIONED) &&
		    is_tail(tail, true) && (word.text > line.text + 1 || line.text[0] != '#'))
			return word;
		break;
	}
	return (struct span){0};
}
