/* What the lexer's files share: its state, the map it writes, and the shell's here-documents. */
#ifndef VALIDATORS_LEXER_H
#define VALIDATORS_LEXER_H

#include <stdbool.h>

#include "validators/syntax.h"

enum { LEXER_HOLES = 64, LEXER_HEREDOCS = 8, HEREDOC_WORD = 64, LEXER_STRINGS = 6 };

struct heredoc {
	char word[HEREDOC_WORD]; /* the line that ends it */
	size_t len;
	bool quoted; /* nothing in it is expanded */
	bool tabs; /* <<-: leading tabs do not count */
};

/* Code inside a string: what closes it, and how many of its own brackets are open in it. */
struct hole {
	int string;
	char open, close;
	unsigned nested;
	bool raw; /* what to go back to */
};

struct lexer {
	const struct syntax *syntax;
	const char *text;
	size_t len, pos;
	struct syntax_map *map;
	struct hole holes[LEXER_HOLES];
	int hole_count;
	struct heredoc heredocs[LEXER_HEREDOCS]; /* announced on this line */
	int heredoc_count;
	size_t no_regex; /* no regular expression that starts before it is closed on its line */
	bool special[256]; /* bytes that may start something in code */
	bool stops[LEXER_STRINGS][256]; /* bytes that may end or interrupt strings[i] */
};

static inline bool lexer_at(const struct lexer *lx, size_t pos, const char *word, size_t len)
{
	return lx->len - pos >= len && __builtin_memcmp(lx->text + pos, word, len) == 0;
}

void syntax_map_set(struct syntax_map *map, size_t start, size_t end, enum text_class class);

/* At "<<": notes the here-document and steps behind its word. False: it is none. */
bool heredoc_announced(struct lexer *lx);

/* Behind a line end: steps behind the bodies of all that were announced. */
void heredoc_bodies(struct lexer *lx);

/* At "/": steps behind a regular expression literal. False: it is a division. */
bool regex_literal(struct lexer *lx);

#endif
