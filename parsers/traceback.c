/* What a Python traceback says was raised. */
#include "parsers/traceback.h"

#include <string.h>

#include "parsers/term.h"

/* The mark stands indented and after "+ " inside an exception group. */
static const char mark[] = "Traceback (most recent call last):";

char *traceback_message(struct arena *arena, const char *text)
{
	struct lines lines = {text, text + strlen(text)};
	const char *end = lines.end;
	const char *message = text;
	bool frames = false;
	struct line line;

	while (lines_next(&lines, &line)) {
		if (line_is(line, mark)) {
			frames = true;
		} else if (frames && line.len > 0 && line.text[0] != ' ') {
			message = line.text;
			frames = false;
		}
	}
	return term_block(arena, message, end);
}
