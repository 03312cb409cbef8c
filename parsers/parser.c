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
	int most = 0;

	REGISTRY_EACH (parsers, struct parser, it) {
		int sure = (*it)->sniff(data, len);

		if (sure > most) {
			most = sure;
			surest = *it;
		}
	}
	return surest;
}
