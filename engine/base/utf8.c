/* UTF-8 decoding by the table of well-formed sequences (Unicode 15, table 3-7). */
#include "engine/base/utf8.h"

#include <stdbool.h>
#include <string.h>

/*
 * The length of the well-formed character at data, or 0; then *bad is how many bytes make the maximal
 * ill-formed part that one U+FFFD stands for.
 */
static size_t character(const unsigned char *data, size_t len, size_t *bad)
{
	unsigned char c = data[0], low = 0x80, high = 0xBF;
	size_t more;

	*bad = 1;
	if (c < 0x80)
		return 1;
	if (c >= 0xC2 && c <= 0xDF)
		more = 1;
	else if (c >= 0xE0 && c <= 0xEF)
		more = 2;
	else if (c >= 0xF0 && c <= 0xF4)
		more = 3;
	else
		return 0;
	if (c == 0xE0)
		low = 0xA0;
	else if (c == 0xED)
		high = 0x9F;
	else if (c == 0xF0)
		low = 0x90;
	else if (c == 0xF4)
		high = 0x8F;
	for (size_t i = 1; i <= more; i++) {
		if (i >= len || data[i] < low || data[i] > high) {
			*bad = i;
			return 0;
		}
		low = 0x80;
		high = 0xBF;
	}
	return more + 1;
}

size_t utf8_valid_prefix(const char *data, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)data;
	size_t at = 0, bad;

	while (at < len) {
		/* Most text is ASCII: eight bytes at a time. */
		unsigned long long word;
		while (len - at >= sizeof(word)) {
			memcpy(&word, bytes + at, sizeof(word));
			if (word & 0x8080808080808080ULL)
				break;
			at += sizeof(word);
		}
		if (at == len)
			break;
		size_t n = character(bytes + at, len - at, &bad);
		if (n == 0)
			return at;
		at += n;
	}
	return at;
}

void utf8_append_repaired(struct buf *out, const char *data, size_t len)
{
	while (len) {
		size_t good = utf8_valid_prefix(data, len), bad;
		buf_append(out, data, good);
		data += good;
		len -= good;
		if (len == 0)
			return;
		character((const unsigned char *)data, len, &bad);
		buf_append(out, "\xEF\xBF\xBD", 3);
		data += bad;
		len -= bad;
	}
}

size_t utf8_cut(const char *data, size_t len, size_t max)
{
	if (len <= max)
		return len;
	size_t at = max;
	for (int back = 0; back < 3 && at > 0 && ((unsigned char)data[at] & 0xC0) == 0x80; back++)
		at--;
	return at;
}
