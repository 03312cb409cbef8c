/* Base64 (RFC 4648, section 4). */
#include "engine/base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(struct arena *arena, const char *data, size_t len)
{
	const unsigned char *from = (const unsigned char *)data;
	char *text = arena_alloc(arena, (len + 2) / 3 * 4 + 1), *to = text;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t bits = (uint32_t)from[i] << 16;
		if (left > 1)
			bits |= (uint32_t)from[i + 1] << 8;
		if (left > 2)
			bits |= from[i + 2];
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = '=';
		*to++ = '=';
		if (left > 1)
			to[-2] = digits[bits >> 6 & 63];
		if (left > 2)
			to[-1] = digits[bits & 63];
	}
	return text;
}

static int value_of(char c)
{
	const char *found = c ? strchr(digits, c) : NULL;
	return found ? (int)(found - digits) : -1;
}

int base64_decode(struct arena *arena, const char *text, const char **out, size_t *len,
		  struct error *err)
{
	size_t count = strlen(text), pad = 0;
	while (pad < 2 && pad < count && text[count - 1 - pad] == '=')
		pad++;
	if (count % 4 != 0)
		return error_set(err, ERROR_INPUT, "base64 text comes in fours of characters");
	char *data = arena_alloc(arena, count / 4 * 3 + 1), *to = data;
	uint32_t bits = 0;
	for (size_t i = 0; i < count; i++) {
		int value = i < count - pad ? value_of(text[i]) : 0;
		if (value < 0)
			return error_set(err, ERROR_INPUT, "character %zu is not base64", i + 1);
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 3)
			continue;
		*to++ = (char)(bits >> 16);
		*to++ = (char)(bits >> 8);
		*to++ = (char)bits;
		bits = 0;
	}
	*out = data;
	*len = (size_t)(to - data) - pad;
	return 0;
}
