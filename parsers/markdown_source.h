/* Reading fences in source lines. */
#ifndef PARSERS_MARKDOWN_SOURCE_H
#define PARSERS_MARKDOWN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* How many of the first character begin the text; len must not be 0. */
size_t source_run(const char *at, size_t len);

/* A fence of at least run characters like c, alone on its line but for quote marks. */
bool source_is_closer(const char *line, size_t len, char c, size_t run);

size_t source_count_lines(const char *text, size_t len);

#endif
