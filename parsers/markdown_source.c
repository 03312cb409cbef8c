/* What a fence looks like in a source line. */
#include "parsers/markdown_source.h"

#include <string.h>

size_t source_run(const char *at, size_t len)
{
	size_t n = 0;

	while (n < len && at[n] == at[0])
		n++;
	return n;
}

bool source_is_closer(const char *line, size_t len, char c, size_t run)
{
	size_t n = 0;

	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	while (n < len && line[len - 1 - n] == c)
		n++;
	if (n < run)
		return false;
	for (size_t i = 0; i < len - n; i++) {
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '>')
			return false;
	}
	return true;
}

size_t source_count_lines(const char *text, size_t len)
{
	const char *end = text + len;
	size_t n = 0;

	while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL)
		n++, text++;
	return n;
}
