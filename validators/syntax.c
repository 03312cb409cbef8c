/* The lexer: one pass over a text with a small stack for code inside strings inside code. */
#include "validators/syntax.h"

#include <string.h>

#include "validators/lexer.h"

/* ---- the map ---- */

void syntax_map_set(struct syntax_map *map, size_t start, size_t end, enum text_class class)
{
	while (start < end && (start & 3)) {
		unsigned shift = (start & 3) * 2;
		map->bits[start / 4] = (unsigned char)((map->bits[start / 4] & ~(3U << shift)) |
						       ((unsigned)class << shift));
		start++;
	}
	size_t whole = start < end ? (end - start) / 4 : 0;
	memset(map->bits + start / 4, (int)class * 0x55, whole);
	start += whole * 4;
	for (; start < end; start++) {
		unsigned shift = (start & 3) * 2;
		map->bits[start / 4] = (unsigned char)((map->bits[start / 4] & ~(3U << shift)) |
						       ((unsigned)class << shift));
	}
}

enum text_class syntax_class_at(const struct syntax_map *map, size_t offset)
{
	return offset < map->len ? (map->bits[offset / 4] >> ((offset & 3) * 2)) & 3 : TEXT_CODE;
}

size_t syntax_class_end(const struct syntax_map *map, size_t offset, size_t limit)
{
	enum text_class class = syntax_class_at(map, offset);

	if (limit > map->len)
		limit = map->len;
	while (offset < limit && syntax_class_at(map, offset) == class)
		offset++;
	return offset;
}

/* ---- comments ---- */

static bool starts_word(const struct lexer *lx)
{
	return lx->pos == 0 || strchr(" \t\r\n;|&()`<>", lx->text[lx->pos - 1]);
}

static bool starts_line(const struct lexer *lx)
{
	return lx->pos == 0 || lx->text[lx->pos - 1] == '\n';
}

/*
 * A lone CR and U+2028/9 end a comment too: JavaScript and Python take the CR for a line end, and
 * where another language does not, code taken for code errs on the safe side.
 */
static size_t line_comment_end(const struct lexer *lx)
{
	const char *start = lx->text + lx->pos;
	const char *end = memchr(start, '\n', lx->len - lx->pos);

	if (!end)
		end = lx->text + lx->len;
	const char *cr = memchr(start, '\r', (size_t)(end - start));
	if (cr)
		end = cr;
	for (const char *at = start; (at = memchr(at, 0xE2, (size_t)(end - at))); at++)
		if (end - at >= 3 && at[1] == '\x80' && (at[2] == '\xA8' || at[2] == '\xA9'))
			return (size_t)(at - lx->text);
	return (size_t)(end - lx->text);
}

/* Behind the next close from pos on, or the end of the text. */
static size_t block_comment_end(const struct lexer *lx, size_t pos, const char *close)
{
	const char *at = lx->text + pos, *end = lx->text + lx->len;
	size_t len = strlen(close);

	for (; (at = memchr(at, close[0], (size_t)(end - at))); at++)
		if (lexer_at(lx, (size_t)(at - lx->text), close, len))
			return (size_t)(at - lx->text) + len;
	return lx->len;
}

static bool comment(struct lexer *lx)
{
	const struct syntax *syntax = lx->syntax;
	size_t end = 0;

	for (int i = 0; !end && i < 2 && syntax->block_comments[i][0]; i++) {
		const char *open = syntax->block_comments[i][0];
		const char *close = syntax->block_comments[i][1];
		size_t len = strlen(open);
		/* Ruby's =begin is one only at the start of a line. */
		if (!lexer_at(lx, lx->pos, open, len) || (*open == '=' && !starts_line(lx)))
			continue;
		end = block_comment_end(lx, lx->pos + len, close);
	}
	for (int i = 0; !end && i < 3 && syntax->line_comments[i]; i++) {
		const char *open = syntax->line_comments[i];
		if (!lexer_at(lx, lx->pos, open, strlen(open)))
			continue;
		if (!syntax->word_comments || starts_word(lx))
			end = line_comment_end(lx);
	}
	if (!end)
		return false;
	syntax_map_set(lx->map, lx->pos, end, TEXT_COMMENT);
	lx->pos = end;
	return true;
}

/* ---- strings and their holes ---- */

static bool open_hole(struct lexer *lx, int string, bool raw, size_t len, char open, char close)
{
	if (lx->hole_count == LEXER_HOLES)
		return false;
	lx->holes[lx->hole_count++] = (struct hole){
		.string = string, .open = open, .close = close, .raw = raw};
	lx->pos += len;
	return true;
}

static bool hole_starts(struct lexer *lx, int i, bool raw)
{
	const char *open = lx->syntax->holes[i][0];

	if (!open)
		return false;
	size_t len = strlen(open);
	if (lexer_at(lx, lx->pos, open, len))
		return open_hole(lx, i, raw, len, open[len - 1], lx->syntax->holes[i][1][0]);
	/* The shell's older way to write $(...). */
	if (lx->syntax->heredocs && lx->text[lx->pos] == '`')
		return open_hole(lx, i, raw, 1, '\0', '`');
	return false;
}

/* From inside strings[i] to behind its end, or into a hole of it. */
static void string_body(struct lexer *lx, int i, bool raw)
{
	const char *close = lx->syntax->strings[i][1];
	size_t len = strlen(close), start = lx->pos;

	while (lx->pos < lx->len) {
		char c = lx->text[lx->pos];
		if (!lx->stops[i][(unsigned char)c]) {
			lx->pos++;
		} else if (c == '\\' && !raw) {
			lx->pos += lx->len - lx->pos > 1 ? 2 : 1;
		} else if (c == '\n' && !lx->syntax->multiline_strings[i]) {
			break;
		} else if (lexer_at(lx, lx->pos, close, len)) {
			lx->pos += len;
			break;
		} else if (hole_starts(lx, i, raw)) {
			break;
		} else {
			lx->pos++;
		}
	}
	syntax_map_set(lx->map, start, lx->pos, TEXT_STRING);
}

static bool string(struct lexer *lx)
{
	for (int i = 0; i < LEXER_STRINGS && lx->syntax->strings[i][0]; i++) {
		const char *open = lx->syntax->strings[i][0];
		size_t len = strlen(open);
		bool raw = lx->syntax->raw_strings[i];
		if (!lexer_at(lx, lx->pos, open, len))
			continue;
		/* The shell's $'...' knows backslashes, its '...' does not. */
		if (lx->syntax->heredocs && lx->pos > 0 && lx->text[lx->pos - 1] == '$')
			raw = false;
		syntax_map_set(lx->map, lx->pos, lx->pos + len, TEXT_STRING);
		lx->pos += len;
		string_body(lx, i, raw);
		return true;
	}
	return false;
}

/* ---- code ---- */

/* A bracket in the code of a hole: does it close the hole? */
static bool hole_ends(struct lexer *lx)
{
	struct hole *hole = &lx->holes[lx->hole_count - 1];
	char c = lx->text[lx->pos];

	if (c == hole->close && hole->nested == 0) {
		struct hole closed = *hole;
		lx->hole_count--;
		syntax_map_set(lx->map, lx->pos, lx->pos + 1, TEXT_STRING);
		lx->pos++;
		string_body(lx, closed.string, closed.raw);
		return true;
	}
	if (c == hole->close)
		hole->nested--;
	else if (c == hole->open)
		hole->nested++;
	return false;
}

static void code(struct lexer *lx)
{
	while (lx->pos < lx->len) {
		char c = lx->text[lx->pos];
		if (!lx->special[(unsigned char)c]) {
			lx->pos++;
		} else if (c == '\n' && lx->heredoc_count) {
			lx->pos++;
			heredoc_bodies(lx);
		} else if (c == '\\' && lx->syntax->heredocs) {
			lx->pos += lx->len - lx->pos > 1 ? 2 : 1;
		} else if ((lx->hole_count && hole_ends(lx)) || comment(lx) || string(lx)) {
			continue;
		} else if (c == '<' && lx->syntax->heredocs && heredoc_announced(lx)) {
			continue;
		} else if (c == '/' && lx->syntax->regex_literals && regex_literal(lx)) {
			continue;
		} else {
			lx->pos++;
		}
	}
}

static void mark_byte(bool table[256], const char *word)
{
	if (word)
		table[(unsigned char)word[0]] = true;
}

static void prepare(struct lexer *lx)
{
	const struct syntax *syntax = lx->syntax;

	for (int i = 0; i < 3; i++)
		mark_byte(lx->special, syntax->line_comments[i]);
	for (int i = 0; i < 2; i++)
		mark_byte(lx->special, syntax->block_comments[i][0]);
	for (int i = 0; i < LEXER_STRINGS && syntax->strings[i][0]; i++) {
		const char *hole = syntax->holes[i][0];
		mark_byte(lx->special, syntax->strings[i][0]);
		mark_byte(lx->stops[i], syntax->strings[i][1]);
		lx->stops[i]['\\'] = lx->stops[i]['\n'] = true;
		if (!hole)
			continue;
		mark_byte(lx->special, hole + strlen(hole) - 1);
		mark_byte(lx->special, syntax->holes[i][1]);
		mark_byte(lx->stops[i], hole);
		if (syntax->heredocs)
			lx->special['`'] = lx->stops[i]['`'] = true;
	}
	if (syntax->heredocs)
		lx->special['<'] = lx->special['\n'] = lx->special['\\'] = true;
	if (syntax->regex_literals)
		lx->special['/'] = true;
}

void syntax_map_build(struct syntax_map *map, const struct syntax *syntax, const char *text,
		      size_t len, struct arena *arena)
{
	map->len = len;
	map->bits = arena_alloc(arena, len / 4 + 1);
	if (!syntax)
		return;
	struct lexer lx = {.syntax = syntax, .text = text, .len = len, .map = map};
	prepare(&lx);
	code(&lx);
}
