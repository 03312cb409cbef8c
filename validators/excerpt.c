/* A piece of a stranger's line that is safe to print: short, valid UTF-8, no control characters. */
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/utf8.h"
#include "validators/check.h"

enum { EXCERPT_MAX = 160, EXCERPT_BEFORE = 40 };

static bool continues(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* Where the excerpt begins: at the line's start if at lies near, else a little before at. */
static size_t begin(const char *text, size_t at)
{
	size_t back = at < EXCERPT_MAX ? at : EXCERPT_MAX;
	const char *newline = back ? memrchr(text + at - back, '\n', back) : NULL;
	size_t start = newline ? (size_t)(newline - text) + 1 : at - back;

	if (at - start < EXCERPT_MAX * 3 / 4 && (newline || start == 0))
		return start;
	start = at - EXCERPT_BEFORE;
	for (int i = 0; i < 3 && start < at && continues(text[start]); i++)
		start++;
	return start;
}

size_t check_hidden(const char *at, size_t len)
{
	const unsigned char *c = (const unsigned char *)at;

	if ((c[0] < 0x20 && c[0] != '\t') || c[0] == 0x7F)
		return 1;
	if (len >= 2 && c[0] == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F) /* U+0080..9F: C1 */
		return 2;
	if (len < 3)
		return 0;
	if (c[0] == 0xE2 && c[1] == 0x80 &&
	    ((c[2] >= 0x8B && c[2] <= 0x8F) || (c[2] >= 0xA8 && c[2] <= 0xAE)))
		return 3; /* U+200B..F, U+2028..E: zero width, line ends, bidirectional */
	if (c[0] == 0xE2 && c[1] == 0x81 && c[2] >= 0xA0 && c[2] <= 0xAF)
		return 3; /* U+2060..F: word joiner, bidirectional isolates */
	return memcmp(c, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* U+FEFF */
}

static void append_visible(struct buf *out, const char *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t hidden = check_hidden(data + at, len - at);
		if (hidden)
			buf_puts(out, "\xEF\xBF\xBD");
		else
			buf_putc(out, data[at]);
		at += hidden ? hidden : 1;
	}
}

const char *check_excerpt(struct arena *arena, const char *text, size_t len, size_t at)
{
	struct buf repaired, visible;
	size_t start = begin(text, at);
	size_t size = len - start < EXCERPT_MAX ? len - start : EXCERPT_MAX;
	const char *newline = memchr(text + start, '\n', size);

	if (newline)
		size = (size_t)(newline - (text + start));
	if (size && text[start + size - 1] == '\r')
		size--;
	/* The cut may fall into a character; that is no invalid byte of the text's. */
	size = utf8_cut(text + start, len - start, size);
	buf_init(&repaired, 0);
	buf_init(&visible, 0);
	utf8_append_repaired(&repaired, text + start, size);
	append_visible(&visible, repaired.data, repaired.len);
	const char *excerpt = arena_copy(arena, visible.data,
					 utf8_cut(visible.data, visible.len, EXCERPT_MAX));
	buf_done(&repaired);
	buf_done(&visible);
	return excerpt;
}
