/* Cutting a text into sections keeps the tree of a long reply small, and gives the same blocks. */
#include "parsers/markdown_section.h"

#include <string.h>

/* Large enough to be fast, small enough to keep the tree of a section small. */
size_t section_least = (size_t)128 * 1024;

static const char *find(const char *at, const char *end, char c)
{
	const char *found = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;

	return found ? found : end;
}

void line_walk_init(struct line_walk *walk, const char *text, const char *end)
{
	walk->at = text;
	walk->end = end;
	walk->lf = find(text, end, '\n');
	walk->cr = find(text, end, '\r');
}

bool line_walk_next(struct line_walk *walk, const char **line, size_t *len)
{
	if (walk->at >= walk->end)
		return false;
	const char *stop = walk->lf < walk->cr ? walk->lf : walk->cr;
	*line = walk->at;
	*len = (size_t)(stop - walk->at);
	if (stop < walk->end)
		stop += *stop == '\r' && walk->end - stop > 1 && stop[1] == '\n' ? 2 : 1;
	walk->at = stop;
	if (walk->lf < stop)
		walk->lf = find(stop, walk->end, '\n');
	if (walk->cr < stop)
		walk->cr = find(stop, walk->end, '\r');
	return true;
}

void section_scan_init(struct section_scan *scan, const char *text, const char *end)
{
	*scan = (struct section_scan){0};
	line_walk_init(&scan->walk, text, end);
}

static bool is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (line[i] != ' ' && line[i] != '\t')
			return false;
	}
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool starts_section(const char *line, size_t len)
{
	if (is_letter(line[0]) || line[0] == '#')
		return true;
	return len > 2 && line[0] == '*' && line[1] == '*' &&
	       (is_letter(line[2]) || line[2] == '`');
}

/* A guess, for speed alone: fences in lists and quotes are not looked at. */
static void follow_fence(struct section_scan *scan, const char *line, size_t len)
{
	size_t at = 0, run = 0;

	while (at < len && at < 3 && line[at] == ' ')
		at++;
	if (at == len || (line[at] != '`' && line[at] != '~'))
		return;
	char c = line[at];
	while (at + run < len && line[at + run] == c)
		run++;
	if (run < 3)
		return;
	if (!scan->fence) {
		if (c == '~' || !memchr(line + at + run, '`', len - at - run)) {
			scan->fence = c;
			scan->fence_length = run;
		}
	} else if (c == scan->fence && run >= scan->fence_length &&
		   is_blank(line + at + run, len - at - run)) {
		scan->fence = 0;
	}
}

static bool is_bullet(char c)
{
	return c == '-' || c == '+' || c == '*';
}

/* The length of a list or quote marker at line, 0 when there is none. */
static size_t marker(const char *line, size_t len)
{
	size_t n = 0;

	if (line[0] == '>')
		return 1;
	if (is_bullet(line[0])) {
		n = 1;
	} else {
		while (n < len && n < 9 && is_digit(line[n]))
			n++;
		if (n == 0 || n == len || (line[n] != '.' && line[n] != ')'))
			return 0;
		n++;
	}
	return n == len || line[n] == ' ' || line[n] == '\t' ? n : 0;
}

/*
 * A blank line goes through every open list item, so that thousands of nested lists followed by
 * thousands of blank lines take any CommonMark parser quadratic time. This bounds the number of
 * containers from above: two columns of white space keep one list open, a marker opens one.
 */
static void follow_nesting(struct section_scan *scan, const char *line, size_t len)
{
	size_t columns = 0, markers = 0, at = 0;

	while (at < len) {
		size_t n;
		if (line[at] == ' ')
			columns++, at++;
		else if (line[at] == '\t')
			columns += 4, at++;
		else if ((n = marker(line + at, len - at)) > 0)
			markers++, at += n;
		else
			break;
	}
	size_t kept = scan->open < columns / 2 ? scan->open : columns / 2;
	size_t open = kept + markers;
	if (scan->after_blank || open > scan->open)
		scan->open = open; /* else it may be the lazy continuation of a paragraph */
}

const char *section_scan_next(struct section_scan *scan, const char *least)
{
	const char *line;
	size_t len;

	for (;;) {
		const char *start = scan->walk.at;
		struct line_walk before = scan->walk;
		if (!line_walk_next(&scan->walk, &line, &len))
			return start;
		if (is_blank(line, len)) {
			scan->after_blank = true;
			scan->cost += scan->open;
			scan->lines++;
			continue;
		}
		if (scan->after_blank && !scan->fence && start >= least &&
		    starts_section(line, len)) {
			scan->walk = before;
			scan->after_blank = false; /* the next call must get past this line */
			scan->open = 0;
			return start;
		}
		follow_fence(scan, line, len);
		follow_nesting(scan, line, len);
		scan->after_blank = false;
		scan->lines++;
	}
}
