/* Finds a result parser: by the name a user gave, or by looking at the text. */
#include "parsers/parser.h"

#include <string.h>

const struct parser *parser_find(const char *name)
{
	REGISTRY_EACH (parsers, struct parser, it) {
		if (strcmp((*it)->name, name) == 0)
			return *it;
	}
	return NULL;
}

const struct parser *parser_detect(const char *data, size_t len)
{
	const struct parser *surest = NULL;
	struct arena arena;
	int most = 0;

	arena_init(&arena);
	/* Colours would hide what the text is. UTF-16 has neither of these pairs. */
	if (len > 0 && (memmem(data, len, "\x1b[", 2) || memmem(data, len, "\r\n", 2)))
		data = text_strip(&arena, data, len, &len);
	REGISTRY_EACH (parsers, struct parser, it) {
		int sure = 2 * (*it)->sniff(data, len);

		/* A test prints a summary more easily than a report around everything. */
		sure += sure > 0 && (*it)->source == SOURCE_NATIVE;
		if (sure > most) {
			most = sure;
			surest = *it;
		}
	}
	arena_done(&arena);
	return surest;
}
