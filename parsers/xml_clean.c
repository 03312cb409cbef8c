/* Makes reports that are nearly XML into XML: runners write what their tests printed. */
#include "parsers/xml_clean.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

static void append_utf8(struct buf *out, uint32_t c)
{
	char bytes[4];
	size_t n = 0;

	if (c < 0x80) {
		bytes[n++] = (char)c;
	} else if (c < 0x800) {
		bytes[n++] = (char)(0xc0 | c >> 6);
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		bytes[n++] = (char)(0xe0 | c >> 12);
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | c >> 18);
		bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	}
	buf_append(out, bytes, n);
}

static void decode_utf16(struct buf *out, const unsigned char *data, size_t len, bool big)
{
	uint32_t high = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint32_t unit = big ? data[i] << 8 | data[i + 1] : data[i + 1] << 8 | data[i];

		if (high) {
			if (unit >= 0xdc00 && unit < 0xe000) {
				append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + unit - 0xdc00);
				high = 0;
				continue;
			}
			buf_puts(out, REPLACEMENT);
			high = 0;
		}
		if (unit >= 0xd800 && unit < 0xdc00)
			high = unit;
		else if (unit >= 0xdc00 && unit < 0xe000)
			buf_puts(out, REPLACEMENT);
		else
			append_utf8(out, unit);
	}
	if (high)
		buf_puts(out, REPLACEMENT);
}

/* Whether the XML declaration names ISO 8859-1 or the Windows code page that people mean by it. */
static bool declares_latin1(const char *data, size_t len)
{
	size_t head = len < 200 ? len : 200;

	return memmem(data, head, "8859-1", 6) || memmem(data, head, "1252", 4);
}

static void recode(struct buf *out, const char *data, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)data;

	if (len >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe) {
		decode_utf16(out, bytes + 2, len - 2, false);
	} else if (len >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff) {
		decode_utf16(out, bytes + 2, len - 2, true);
	} else if (declares_latin1(data, len) && utf8_valid_prefix(data, len) < len) {
		for (size_t i = 0; i < len; i++)
			append_utf8(out, bytes[i]);
	} else {
		utf8_append_repaired(out, data, len);
	}
}

static bool allowed(uint64_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
	       (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

/* The length of the reference at data[0] = '&', 0 when there is none; *ok: XML may have it. */
static size_t reference_length(const char *data, size_t len, bool *ok)
{
	static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
	char digits[16];
	size_t i = 2;
	bool hex;

	*ok = true;
	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
		size_t n = strlen(known[k]);

		if (len >= n && memcmp(data, known[k], n) == 0)
			return n;
	}
	if (len < 4 || data[1] != '#')
		return 0;
	hex = data[2] == 'x';
	i += hex;
	size_t start = i;
	while (i < len && i - start < sizeof(digits) - 1 &&
	       (hex ? isxdigit((unsigned char)data[i]) : isdigit((unsigned char)data[i]))) {
		digits[i - start] = data[i];
		i++;
	}
	if (i == start || i == len || data[i] != ';')
		return 0;
	digits[i - start] = '\0';
	*ok = allowed(strtoull(digits, NULL, hex ? 16 : 10));
	return i + 1;
}

/* The length of the character at data[0] if XML forbids it, else 0. The text is valid UTF-8. */
static size_t forbidden_length(const char *data, size_t len)
{
	unsigned char c = (unsigned char)data[0];

	if (c < 0x20 && !allowed(c))
		return 1;
	/* U+FFFE and U+FFFF */
	if (c == 0xef && len >= 3 && (unsigned char)data[1] == 0xbf &&
	    (unsigned char)data[2] >= 0xbe)
		return 3;
	return 0;
}

struct fix { /* replaces bytes of the input */
	size_t cut;
	const char *instead;
};

/* What is wrong at data[0], outside of CDATA; *skip: bytes that are right as they are. */
static struct fix fix_markup(const char *data, size_t len, size_t *skip)
{
	bool ok;
	size_t n;

	*skip = 1;
	if (data[0] == ']' && len >= 3 && memcmp(data, "]]>", 3) == 0)
		return (struct fix){3, "]]&gt;"}; /* section 2.4 */
	if (data[0] != '&')
		return (struct fix){0, NULL};
	n = reference_length(data, len, &ok);
	if (n > 0 && ok)
		*skip = n;
	else
		return (struct fix){n > 0 ? n : 1, n > 0 ? REPLACEMENT : "&amp;"};
	return (struct fix){0, NULL};
}

static void clean(struct buf *out, const char *data, size_t len)
{
	bool cdata = false;
	size_t done = 0;
	size_t i = 0;

	while (i < len) {
		struct fix fix = {forbidden_length(data + i, len - i), REPLACEMENT};
		size_t skip = 1;

		if (cdata && len - i >= 3 && memcmp(data + i, "]]>", 3) == 0) {
			cdata = false;
			i += 3;
			continue;
		}
		if (!cdata && fix.cut == 0)
			fix = fix_markup(data + i, len - i, &skip);
		if (!cdata && data[i] == '<' && len - i >= 9 && !memcmp(data + i, "<![CDATA[", 9))
			cdata = true;
		if (fix.cut == 0) {
			i += skip;
			continue;
		}
		buf_append(out, data + done, i - done);
		buf_puts(out, fix.instead);
		i += fix.cut;
		done = i;
	}
	buf_append(out, data + done, len - done);
}

void xml_clean(struct buf *out, const char *data, size_t len)
{
	struct buf recoded;

	buf_init(&recoded, 0);
	recode(&recoded, data, len);
	clean(out, recoded.data, recoded.len);
	buf_done(&recoded);
}
