/* Two things that no table of delimiters describes: here-documents and regular expressions. */
#include <string.h>

#include "validators/lexer.h"

/* ---- here-documents (bash(1) "Here Documents") ---- */

enum { ARITHMETIC_BACK = 200 };

/* Is an (( open on this line, so that << shifts bits? Looks back a bounded way. */
static bool in_arithmetic(const struct lexer *lx)
{
	size_t from = lx->pos > ARITHMETIC_BACK ? lx->pos - ARITHMETIC_BACK : 0;

	for (size_t at = lx->pos; at > from + 1; at--) {
		const char *two = lx->text + at - 2;
		if (two[1] == '\n' || (two[0] == ')' && two[1] == ')'))
			return false;
		if (two[0] == '(' && two[1] == '(')
			return true;
	}
	return false;
}

static size_t read_word(const struct lexer *lx, size_t at, struct heredoc *doc)
{
	char quote = 0;

	for (; at < lx->len && doc->len < HEREDOC_WORD; at++) {
		char c = lx->text[at];
		if (c == '\n' || (!quote && strchr(" \t\r;|&<>()", c)))
			break;
		if (c == quote) {
			quote = 0;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
			doc->quoted = true;
		} else if (!quote && c == '\\') {
			doc->quoted = true;
		} else {
			doc->word[doc->len++] = c;
		}
	}
	return at;
}

bool heredoc_announced(struct lexer *lx)
{
	struct heredoc doc = {0};
	size_t at = lx->pos + 2;

	if (!lexer_at(lx, lx->pos, "<<", 2))
		return false;
	if (lexer_at(lx, at, "<", 1)) { /* <<<word is a here-string */
		lx->pos = at + 1;
		return true;
	}
	if (lx->heredoc_count == LEXER_HEREDOCS)
		return false;
	if (lexer_at(lx, at, "-", 1)) {
		doc.tabs = true;
		at++;
	}
	while (at < lx->len && (lx->text[at] == ' ' || lx->text[at] == '\t'))
		at++;
	at = read_word(lx, at, &doc);
	if (doc.len == HEREDOC_WORD || (doc.len == 0 && !doc.quoted) || in_arithmetic(lx))
		return false;
	lx->heredocs[lx->heredoc_count++] = doc;
	lx->pos = at;
	return true;
}

static bool ends_heredoc(const struct heredoc *doc, const char *line, size_t len)
{
	while (doc->tabs && len && *line == '\t') {
		line++;
		len--;
	}
	if (len && line[len - 1] == '\r')
		len--;
	return len == doc->len && memcmp(line, doc->word, len) == 0;
}

/* What the shell runs inside an unquoted body is code: $(...) and `...`. */
static void expansions(struct lexer *lx, size_t start, size_t end)
{
	for (size_t at = start; at < end; at++) {
		size_t open = at, nested = 0;
		if (lx->text[at] == '\\') {
			at++;
			continue;
		}
		if (lx->text[at] == '`') {
			const char *close = memchr(lx->text + at + 1, '`', end - at - 1);
			at = close ? (size_t)(close - lx->text) : end;
		} else if (lx->text[at] == '$' && at + 1 < end && lx->text[at + 1] == '(') {
			for (at += 2; at < end; at++) {
				if (lx->text[at] == '(')
					nested++;
				else if (lx->text[at] == ')' && nested-- == 0)
					break;
			}
		} else {
			continue;
		}
		syntax_map_set(lx->map, open, at < end ? at + 1 : end, TEXT_CODE);
	}
}

void heredoc_bodies(struct lexer *lx)
{
	for (int i = 0; i < lx->heredoc_count; i++) {
		const struct heredoc *doc = &lx->heredocs[i];
		size_t start = lx->pos, body_end = lx->len;
		while (lx->pos < lx->len) {
			const char *line = lx->text + lx->pos;
			const char *end = memchr(line, '\n', lx->len - lx->pos);
			size_t len = end ? (size_t)(end - line) : lx->len - lx->pos;
			bool last = ends_heredoc(doc, line, len);
			if (last)
				body_end = lx->pos;
			lx->pos += len + (end ? 1 : 0);
			if (last)
				break;
		}
		syntax_map_set(lx->map, start, lx->pos, TEXT_STRING);
		if (!doc->quoted)
			expansions(lx, start, body_end);
	}
	lx->heredoc_count = 0;
}

/* ---- regular expression literals (ECMA-262 12.9.5) ---- */

/* A division has a value before it; a keyword or an operator is none. */
static bool value_before(const struct lexer *lx)
{
	static const char *const keywords[] = {"return", "typeof", "case",  "in",        "of",
					       "delete", "void",   "throw", "new",       "else",
					       "do",     "await",  "yield", "instanceof"};
	size_t end = lx->pos, start;

	while (end > 0 && strchr(" \t\r\n", lx->text[end - 1]))
		end--;
	if (end == 0)
		return false;
	unsigned char last = (unsigned char)lx->text[end - 1];
	if (strchr("(,=:[!&|?{};+-*%~^<>", last))
		return syntax_class_at(lx->map, end - 1) != TEXT_CODE;
	for (start = end; start > 0 && end - start < 11; start--) {
		char c = lx->text[start - 1];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
		      (c >= '0' && c <= '9') || c == '.'))
			break;
	}
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strlen(keywords[i]) == end - start &&
		    memcmp(lx->text + start, keywords[i], end - start) == 0)
			return false;
	return true;
}

bool regex_literal(struct lexer *lx)
{
	bool in_class = false;
	size_t at;

	if (lx->pos < lx->no_regex || value_before(lx))
		return false;
	for (at = lx->pos + 1; at < lx->len && lx->text[at] != '\n'; at++) {
		char c = lx->text[at];
		if (c == '\\')
			at++;
		else if (c == '[')
			in_class = true;
		else if (c == ']')
			in_class = false;
		else if (c == '/' && !in_class)
			break;
	}
	if (at >= lx->len || lx->text[at] == '\n') {
		lx->no_regex = at; /* else a line of slashes would be read once for each of them */
		return false;
	}
	syntax_map_set(lx->map, lx->pos, at + 1, TEXT_STRING);
	lx->pos = at + 1;
	return true;
}
