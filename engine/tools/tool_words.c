/* Text as the words that somebody would search for. */
#include "engine/tools/tool_words.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_upper(c) || is_lower(c) || is_digit(c) || (c & 0x80);
}

/* Whether a word ends between text[at - 1] and text[at]: fooBar, HTTPHeader, but not Foo. */
static bool breaks(const char *text, size_t len, size_t at)
{
	char before = text[at - 1], c = text[at];
	if (is_digit(before) != is_digit(c))
		return true;
	if (is_upper(c) && !is_upper(before))
		return true;
	return is_upper(before) && is_upper(c) && at + 1 < len && is_lower(text[at + 1]);
}

/* The next word from *at on, in lower case; 0: there is none. Long ones are cut. */
static size_t next_word(const char *text, size_t len, size_t *at, char word[WORD_BYTES])
{
	size_t count = 0;
	while (*at < len && !is_word(text[*at]))
		(*at)++;
	for (size_t start = *at; *at < len && is_word(text[*at]); (*at)++) {
		if (*at > start && breaks(text, len, *at))
			break;
		char c = text[*at];
		if (count < WORD_BYTES - 1)
			word[count++] = is_upper(c) ? (char)(c - 'A' + 'a') : c;
	}
	word[count] = '\0';
	return count;
}

static size_t find(const struct words *words, const char *word)
{
	size_t i = 0;
	while (i < words->count && strcmp(words->text[i], word) != 0)
		i++;
	return i;
}

void words_read(struct words *out, const char *text)
{
	char word[WORD_BYTES];
	size_t at = 0, len = strlen(text), count;
	memset(out, 0, sizeof(*out));
	while (out->count < WORDS_MAX && (count = next_word(text, len, &at, word)) > 0)
		if (count > 1 && find(out, word) == out->count)
			memcpy(out->text[out->count++], word, count + 1);
}

void words_count(const struct words *words, const char *text, size_t len, struct word_counts *out)
{
	char word[WORD_BYTES];
	size_t at = 0, count;
	while ((count = next_word(text, len, &at, word)) > 0) {
		if (count < 2)
			continue;
		out->all++;
		size_t i = find(words, word);
		if (i < words->count && out->of[i] < USHRT_MAX)
			out->of[i]++;
	}
}
