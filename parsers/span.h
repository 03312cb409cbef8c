/* A piece of text that somebody else owns, and the few things done to it. */
#ifndef PARSERS_SPAN_H
#define PARSERS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *text;
	size_t len;
};

static inline struct span span_of(const char *string)
{
	return (struct span){string, strlen(string)};
}

static inline bool span_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline struct span span_skip(struct span s, size_t n)
{
	n = n < s.len ? n : s.len;
	return n ? (struct span){s.text + n, s.len - n} : s; /* text may be NULL */
}

static inline struct span span_trim(struct span s)
{
	while (s.len && span_space(s.text[0]))
		s = span_skip(s, 1);
	while (s.len && span_space(s.text[s.len - 1]))
		s.len--;
	return s;
}

/* Up to the first of these characters, or all of it. */
static inline struct span span_until(struct span s, const char *stops)
{
	size_t n = 0;

	while (n < s.len && (!s.text[n] || !strchr(stops, s.text[n])))
		n++;
	return (struct span){s.text, n};
}

static inline bool span_is(struct span s, const char *word)
{
	/* Letters that differ in case alone differ in one bit: most words are told apart by the first. */
	if (s.len && ((s.text[0] ^ word[0]) & ~0x20))
		return false;
	return s.len == strlen(word) && strncasecmp(s.text, word, s.len) == 0;
}

static inline bool span_starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && strncasecmp(s.text, prefix, n) == 0;
}

static inline bool span_ends(struct span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && strncasecmp(s.text + s.len - n, suffix, n) == 0;
}

static inline bool span_has(struct span s, char c)
{
	return s.len && memchr(s.text, c, s.len);
}

/* NULL is a list without words. */
static inline bool span_in(struct span s, const char *const *words)
{
	for (; words && *words; words++) {
		if (span_is(s, *words))
			return true;
	}
	return false;
}

/* The first line, without its end; *rest is what follows. */
static inline struct span span_line(struct span *rest)
{
	const char *end = rest->len ? memchr(rest->text, '\n', rest->len) : NULL;
	struct span line = {rest->text, end ? (size_t)(end - rest->text) : rest->len};

	*rest = span_skip(*rest, line.len + 1);
	return line;
}

#endif
