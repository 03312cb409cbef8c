/* Reading text that was made for terminals: escape sequences out, then line by line. */
#include <ctype.h>
#include <string.h>

#include "parsers/parser.h"

#define ESC 0x1b
#define BEL 0x07

/*
 * The length of the escape sequence at data[0] (which is ESC), 1 when it is none: then only ESC
 * goes, so that a stray one never eats the text behind it. Every scan ends at the next ESC or line
 * end, which keeps the whole linear.
 */
static size_t escape_length(const char *data, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return 1;
	switch (data[1]) {
	case '[': /* CSI: parameters and intermediates, one final byte */
		while (i < len && data[i] >= 0x20 && data[i] <= 0x3f)
			i++;
		return i < len && data[i] >= 0x40 && data[i] <= 0x7e ? i + 1 : 1;
	case ']': /* OSC, ended by BEL or ST */
	case 'P': /* DCS, SOS, PM, APC: the same shape */
	case 'X':
	case '^':
	case '_':
		while (i < len && data[i] != BEL && data[i] != ESC && data[i] != '\n')
			i++;
		if (i < len && data[i] == BEL)
			return i + 1;
		return i + 1 < len && data[i] == ESC && data[i + 1] == '\\' ? i + 2 : 1;
	default: /* "ESC ( B" and other short ones */
		i = 1;
		while (i < len && data[i] >= 0x20 && data[i] <= 0x2f)
			i++;
		return i < len && data[i] >= 0x30 && data[i] <= 0x7e ? i + 1 : 1;
	}
}

char *text_strip(struct arena *arena, const char *data, size_t len, size_t *out_len)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	size_t nuls = 0;
	size_t n = 0;
	size_t i = 0;
	char *out;

	for (const char *p = data; len && (p = memchr(p, 0, len - (size_t)(p - data))); p++)
		nuls++;
	out = arena_alloc(arena, len + 2 * nuls + 1);
	while (i < len) {
		size_t crs = 0;

		if (data[i] == ESC) {
			i += escape_length(data + i, len - i);
		} else if (data[i] == '\0') {
			memcpy(out + n, replacement, 3);
			n += 3;
			i++;
		} else if (data[i] == '\r') {
			while (i + crs < len && data[i + crs] == '\r')
				crs++;
			if (i + crs == len || data[i + crs] != '\n') {
				memset(out + n, '\r', crs);
				n += crs;
			}
			i += crs;
		} else {
			out[n++] = data[i++];
		}
	}
	out[n] = '\0';
	if (out_len)
		*out_len = n;
	return out;
}

bool lines_next(struct lines *lines, struct line *out)
{
	size_t left = (size_t)(lines->end - lines->at);
	const char *eol;

	if (left == 0)
		return false;
	eol = memchr(lines->at, '\n', left);
	out->text = lines->at;
	out->len = eol ? (size_t)(eol - lines->at) : left;
	lines->at = eol ? eol + 1 : lines->end;
	return true;
}

bool line_starts(struct line line, const char *prefix)
{
	size_t len = strlen(prefix);

	return line.len >= len && memcmp(line.text, prefix, len) == 0;
}

bool line_skip(struct line *line, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!line_starts(*line, prefix))
		return false;
	line->text += len;
	line->len -= len;
	return true;
}

struct line line_trim(struct line line)
{
	while (line.len > 0 && isspace((unsigned char)line.text[0])) {
		line.text++;
		line.len--;
	}
	while (line.len > 0 && isspace((unsigned char)line.text[line.len - 1]))
		line.len--;
	return line;
}

const char *line_find(struct line line, const char *needle)
{
	return memmem(line.text, line.len, needle, strlen(needle));
}
