/* Walks text character by character and writes what each reader may see of it. */
#include "engine/report/clean.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/utf8.h"
#include "parsers/parser.h"

/* Valid UTF-8 without escape sequences. */
struct walk {
	struct arena arena;
	struct buf text;
	const char *at, *end;
};

static void walk_init(struct walk *walk, const char *text, size_t len)
{
	size_t stripped_len;

	arena_init(&walk->arena);
	const char *stripped = text_strip(&walk->arena, text, len, &stripped_len);
	buf_init(&walk->text, 0);
	utf8_append_repaired(&walk->text, stripped, stripped_len);
	walk->at = walk->text.data;
	walk->end = walk->text.data + walk->text.len;
}

static void walk_done(struct walk *walk)
{
	buf_done(&walk->text);
	arena_done(&walk->arena);
}

/* The character at walk->at and its length; the text is valid, so the first byte tells all. */
static uint32_t walk_peek(const struct walk *walk, size_t *len)
{
	unsigned char c = (unsigned char)*walk->at;
	uint32_t code;

	if (c < 0x80) {
		*len = 1;
		return c;
	}
	*len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	code = c & (0xFFu >> (*len + 1));
	for (size_t i = 1; i < *len; i++)
		code = code << 6 | ((unsigned char)walk->at[i] & 0x3F);
	return code;
}

static bool reorders(uint32_t code)
{
	return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0x200E || code == 0x200F || code == 0x061C;
}

void clean_terminal(struct buf *out, const char *text, size_t len, const char *indent)
{
	struct walk walk;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	walk_init(&walk, text, len);
	while (walk.at < walk.end) {
		size_t bytes;
		uint32_t code = walk_peek(&walk, &bytes);

		if (code == '\n')
			buf_printf(out, "\n%s", indent);
		else if (code != '\t' && (code < 0x20 || (code >= 0x7F && code <= 0x9F)))
			buf_printf(out, "\\x%02x", code);
		else if (reorders(code))
			buf_printf(out, "\\u%04x", code);
		else
			buf_append(out, walk.at, bytes);
		walk.at += bytes;
	}
	walk_done(&walk);
}

static bool xml_char(uint32_t code)
{
	return code == '\t' || code == '\n' || code == '\r' ||
	       (code >= 0x20 && code != 0xFFFE && code != 0xFFFF);
}

void clean_xml(struct buf *out, const char *text, size_t len, bool attribute)
{
	struct walk walk;

	walk_init(&walk, text, len);
	while (walk.at < walk.end) {
		size_t bytes;
		uint32_t code = walk_peek(&walk, &bytes);

		if (code == '&')
			buf_puts(out, "&amp;");
		else if (code == '<')
			buf_puts(out, "&lt;");
		else if (code == '>')
			buf_puts(out, "&gt;");
		else if (attribute && code == '"')
			buf_puts(out, "&quot;");
		else if (code == '\r' || (attribute && (code == '\n' || code == '\t')))
			buf_printf(out, "&#%u;", code);
		else if (xml_char(code))
			buf_append(out, walk.at, bytes);
		walk.at += bytes;
	}
	walk_done(&walk);
}

void clean_yaml(struct buf *out, const char *text, size_t len)
{
	struct walk walk;

	walk_init(&walk, text, len);
	while (walk.at < walk.end) {
		size_t bytes;
		uint32_t code = walk_peek(&walk, &bytes);

		if (code == '"' || code == '\\')
			buf_printf(out, "\\%c", (char)code);
		else if (code == '\n')
			buf_puts(out, "\\n");
		else if (code == '\t')
			buf_puts(out, "\\t");
		else if (code == '\r')
			buf_puts(out, "\\r");
		else if (code >= 0x20 && (code < 0x7F || code > 0x9F))
			buf_append(out, walk.at, bytes);
		walk.at += bytes;
	}
	walk_done(&walk);
}

void clean_tap(struct buf *out, const char *text)
{
	struct walk walk;

	walk_init(&walk, text, strlen(text));
	while (walk.at < walk.end) {
		size_t bytes;
		uint32_t code = walk_peek(&walk, &bytes);

		if (code == '#' || code == '\\')
			buf_printf(out, "\\%c", (char)code);
		else if (code == '\n' || code == '\r' || code == '\t')
			buf_putc(out, ' ');
		else if (code >= 0x20 && (code < 0x7F || code > 0x9F))
			buf_append(out, walk.at, bytes);
		walk.at += bytes;
	}
	walk_done(&walk);
}
