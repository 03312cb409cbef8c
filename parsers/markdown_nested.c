/* Fences are counted like brackets: one with an info string opens, a bare one closes. */
#include "parsers/markdown_nested.h"

#include <string.h>
#include <strings.h>

#include "parsers/markdown_section.h"

enum {
	DEPTH_MAX = 8,
	WINDOW = 64 * 1024, /* how far an end is looked for; bounds the work of many documents */
};

bool markdown_is_tag(const char *info)
{
	size_t len = strcspn(info, " \t:{");

	return (len == 8 && strncasecmp(info, "markdown", 8) == 0) ||
	       (len == 2 && strncasecmp(info, "md", 2) == 0);
}

/* How many of c begin the line behind at most three spaces; bare: nothing follows them. */
static size_t fence_run(const char *line, size_t len, char c, bool *bare)
{
	size_t at = 0, run = 0;

	while (at < len && at < 3 && line[at] == ' ')
		at++;
	while (at + run < len && line[at + run] == c)
		run++;
	at += run;
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	*bare = at == len;
	return run;
}

bool markdown_nested(const char *text, const char *end, char c, size_t run, bool to_the_end,
		     struct nested *out)
{
	size_t stack[DEPTH_MAX] = {run}, depth = 0, len;
	bool cut_short = false; /* CommonMark's reading ends inside an inner block */
	const char *line;
	struct line_walk walk;

	if (!to_the_end && end - text > WINDOW)
		end = text + WINDOW;
	line_walk_init(&walk, text, end);
	*out = (struct nested){.code_end = end, .end = end};
	while (line_walk_next(&walk, &line, &len)) {
		bool bare;
		size_t here = fence_run(line, len, c, &bare);
		out->lines++;
		if (here < 3)
			continue;
		if (!bare) {
			if (depth + 1 == DEPTH_MAX)
				return false;
			stack[++depth] = here;
		} else if (here >= stack[depth]) {
			cut_short = cut_short || (depth > 0 && here >= run);
			if (depth-- > 0)
				continue;
			*out = (struct nested){line, walk.at, out->lines, true};
			return cut_short;
		}
	}
	return cut_short && to_the_end;
}
