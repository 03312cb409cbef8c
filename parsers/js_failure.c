/* Failures of JavaScript tests, cut in message and stack. */
#include "parsers/js_failure.h"

#include <ctype.h>
#include <string.h>

#include "parsers/assertion.h"

/* "> 3 | test(", " 3| test(" and "   |    ^", of babel's and vitest's code frames */
static bool in_code_frame(struct line line)
{
	bool digits = false;

	line_skip(&line, ">");
	while (line.len > 0 && (line.text[0] == ' ' || isdigit((unsigned char)line.text[0]))) {
		digits = digits || line.text[0] != ' ';
		line = line_tail(line, 1);
	}
	return line_starts(line, "|") && (digits || line_ends(line, "^"));
}

static bool in_stack(struct line line)
{
	struct line rest = line_trim(line);

	if (line_starts(rest, "❯ ")) /* vitest */
		return line_like(rest, "*:#:#");
	return line_starts(rest, "at ") &&
	       (line_like(rest, "*:#:#)") || line_like(rest, "*:#:#") ||
		line_like(rest, "*:#:#) {") || line_like(rest, "*:#:# {") ||
		line_ends(rest, "(<anonymous>)"));
}

void js_failure_read(struct arena *arena, struct test *test, const char *from, const char *to)
{
	char *text = term_dedent(arena, from, to);
	struct lines lines;
	struct line line;
	const char *end;

	if (!text)
		return;
	if (test->stack) {
		test->stack = arena_printf(arena, "%s\n\n%s", test->stack, text);
		return;
	}
	lines = (struct lines){text, text + strlen(text)};
	end = lines.end;
	while (lines_next(&lines, &line)) {
		if (in_code_frame(line) || in_stack(line)) {
			end = line.text;
			break;
		}
	}
	test->message = term_block(arena, text + strspn(text, " "), end);
	test->stack = text;
	assertion_read(arena, test);
}
