/* Names for what is made here: random, so that nobody guesses them and none comes twice. */
#ifndef BASE_IDENTIFIER_H
#define BASE_IDENTIFIER_H

enum { IDENTIFIER_TEXT = 32 };

/* prefix (at most 7 bytes, "" for none) and 24 hexadecimal digits. */
void identifier_make(char out[IDENTIFIER_TEXT], const char *prefix);

#endif
