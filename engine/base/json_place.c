/* Where in a text a JSON value stands: the parser keeps no places, messages need them. */
#include <string.h>

#include "engine/base/json.h"

struct walk {
	const char *at;
	size_t line;
	int depth;
	bool named; /* the last string of the root object was the member's name */
	bool inside; /* of its array */
};

/* Past the string that starts at walk->at; whether it is the word, written without escapes. */
static bool skip_string(struct walk *walk, const char *word)
{
	const char *start = walk->at + 1, *end = start;

	while (*end && *end != '"')
		end += *end == '\\' && end[1] ? 2 : 1;
	walk->at = end;
	return (size_t)(end - start) == strlen(word) && strncmp(start, word, strlen(word)) == 0;
}

size_t json_item_line(const char *text, const char *member, size_t index)
{
	struct walk walk = {.at = text, .line = 1};
	bool starts = false; /* the next value is an item */

	for (; *walk.at; walk.at++) {
		char c = *walk.at;
		walk.line += c == '\n';
		if (strchr(" \t\r\n:", c))
			continue;
		if (c == ']' || c == '}') {
			walk.depth--;
			walk.inside &= walk.depth >= 2;
			continue;
		}
		if (walk.inside && walk.depth == 2 && (starts || c == ',')) {
			starts = c == ',';
			if (!starts && index-- == 0)
				return walk.line;
		}
		if (c == '"') {
			bool same = skip_string(&walk, member);
			if (walk.depth == 1)
				walk.named = same;
			if (!*walk.at)
				break;
		} else if (c == '[' || c == '{') {
			walk.depth++;
			if (c == '[' && walk.depth == 2 && walk.named)
				walk.inside = starts = true;
		}
	}
	return 1;
}
