/* Text as the words that somebody would search for: parts of identifiers, in lower case. */
#ifndef TOOLS_TOOL_WORDS_H
#define TOOLS_TOOL_WORDS_H

#include <stddef.h>

enum { WORD_BYTES = 32, WORDS_MAX = 16 };

struct words { /* of a query, each once */
	char text[WORDS_MAX][WORD_BYTES];
	size_t count;
};

/* How often each word of a query stands somewhere, and how many words of any kind do. */
struct word_counts {
	unsigned short of[WORDS_MAX];
	size_t all;
};

/*
 * "parseHTTPHeader", "parse_http_header" and "parse http header" are the same three words. ASCII letters
 * lose their case; other letters are kept as they are. Words of one character do not count.
 */
void words_read(struct words *out, const char *text);
void words_count(const struct words *words, const char *text, size_t len, struct word_counts *out);

#endif
