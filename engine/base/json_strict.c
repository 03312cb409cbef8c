/* RFC 8259 to the letter, with the place of the first slip: cJSON lets much through that is no JSON. */
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/utf8.h"

/* A parsed value takes 30 times the memory of its shortest text, and the loop waits for all of them. */
enum { DEPTH_MAX = 64, VALUES_MAX = 100000 };

struct scan {
	const char *text;
	size_t at, len;
	int depth, values;
	const char *wrong; /* what should have stood at `at` */
};

static int value(struct scan *s);

static int fail(struct scan *s, const char *wrong)
{
	s->wrong = wrong;
	return -1;
}

static int peek(const struct scan *s)
{
	return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) && s->text[s->at])
		s->at++;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex4(struct scan *s, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, s->at++) {
		int digit = hex_digit(peek(s));
		if (digit < 0)
			return fail(s, "four hexadecimal digits belong behind \\u");
		*out = *out << 4 | (unsigned)digit;
	}
	return 0;
}

/* Behind "\u". Half a pair is no character, and a NUL would end the string that holds it. */
static int code_unit(struct scan *s)
{
	size_t start = s->at - 2;
	unsigned high, low;

	if (hex4(s, &high) != 0)
		return -1;
	if (high == 0) {
		s->at = start;
		return fail(s, "a NUL character (\\u0000) cannot be in a text");
	}
	if (high < 0xD800 || high > 0xDFFF)
		return 0;
	if (high < 0xDC00 && s->at + 2 <= s->len && memcmp(s->text + s->at, "\\u", 2) == 0) {
		s->at += 2;
		if (hex4(s, &low) != 0)
			return -1;
		if (low >= 0xDC00 && low <= 0xDFFF)
			return 0;
	}
	s->at = start;
	return fail(s, "half a surrogate pair is no character");
}

static int string(struct scan *s)
{
	if (peek(s) != '"')
		return fail(s, "a string belongs here");
	for (s->at++; s->at < s->len; s->at++) {
		unsigned char c = (unsigned char)s->text[s->at];
		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c < 0x20)
			return fail(s, "a control character in a string must be escaped");
		if (c != '\\')
			continue;
		s->at++;
		if (peek(s) == 'u') {
			s->at++;
			if (code_unit(s) != 0)
				return -1;
			s->at--;
		} else if (peek(s) <= 0 || !strchr("\"\\/bfnrt", peek(s))) {
			return fail(s, "no such escape");
		}
	}
	return fail(s, "the text ends inside a string");
}

static int digits(struct scan *s)
{
	size_t start = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at > start ? 0 : fail(s, "a digit belongs here");
}

static int number(struct scan *s)
{
	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0')
		s->at++;
	else if (digits(s) != 0)
		return -1;
	if (peek(s) >= '0' && peek(s) <= '9')
		return fail(s, "a number does not start with 0");
	if (peek(s) == '.') {
		s->at++;
		if (digits(s) != 0)
			return -1;
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		return digits(s);
	}
	return 0;
}

static int word(struct scan *s)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);
		if (s->len - s->at >= len && memcmp(s->text + s->at, words[i], len) == 0) {
			s->at += len;
			return 0;
		}
	}
	return fail(s, s->at < s->len ? "a value belongs here" : "the text ends too early");
}

/* An object (close '}') or an array; the opening character is next. */
static int container(struct scan *s, int close)
{
	bool object = close == '}';

	if (++s->depth > DEPTH_MAX)
		return fail(s, "it is nested too deeply");
	s->at++;
	skip_space(s);
	for (bool first = true; peek(s) != close; first = false) {
		if (!first) {
			if (peek(s) != ',')
				return fail(s, object ? "a comma or } belongs here"
						      : "a comma or ] belongs here");
			s->at++;
			skip_space(s);
		}
		if (object) {
			if (string(s) != 0)
				return -1;
			skip_space(s);
			if (peek(s) != ':')
				return fail(s, "a colon belongs here");
			s->at++;
		}
		if (value(s) != 0)
			return -1;
		skip_space(s);
	}
	s->at++;
	s->depth--;
	return 0;
}

static int value(struct scan *s)
{
	skip_space(s);
	if (++s->values > VALUES_MAX)
		return fail(s, "it holds more than 100,000 values");
	switch (peek(s)) {
	case '{': return container(s, '}');
	case '[': return container(s, ']');
	case '"': return string(s);
	case '-':
	case '0' ... '9': return number(s);
	default: return word(s);
	}
}

int json_strict(const char *text, size_t len, const char *what, struct error *err)
{
	struct scan s = {.text = text, .len = len};
	size_t valid = utf8_valid_prefix(text, len), line = 1, start = 0;

	if (valid < len) {
		s.at = valid;
		s.wrong = "not UTF-8";
	} else if (value(&s) == 0) {
		skip_space(&s);
		if (s.at == len)
			return 0;
		s.wrong = "text after the end of the JSON value";
	}
	for (size_t i = 0; i < s.at; i++) {
		if (text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	return error_set(err, ERROR_INPUT, "%s:%zu:%zu: not valid JSON: %s", what, line,
			 s.at - start + 1, s.wrong);
}
