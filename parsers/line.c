/* Shapes of lines: what is matched, cut and counted in a line of terminal output. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/term.h"

/* A number of this many digits is no count of anything. */
#define MAX_DIGITS 18

static size_t digits(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && isdigit((unsigned char)*p))
		p++;
	return (size_t)(p - start);
}

/* Only the last '*' is ever widened, so the time is at most line * shape. */
bool line_like(struct line line, const char *shape)
{
	const char *p = line.text;
	const char *end = line.text + line.len;
	const char *star = NULL;
	const char *retry = NULL;

	while (p < end || *shape) {
		size_t n;

		if (*shape == '*') {
			star = ++shape;
			retry = p;
			continue;
		}
		n = *shape == '#' ? digits(p, end) : (size_t)(p < end && *p == *shape);
		if (n > 0) {
			p += n;
			shape++;
			continue;
		}
		if (!star || retry == end)
			return false;
		/* behind a number, the rest of the number is no better start */
		n = *star == '#' ? digits(retry, end) : 1;
		retry += n > 0 ? n : 1;
		p = retry;
		shape = star;
	}
	return true;
}

bool line_is(struct line line, const char *text)
{
	return line.len == strlen(text) && memcmp(line.text, text, line.len) == 0;
}

bool line_ends(struct line line, const char *suffix)
{
	size_t len = strlen(suffix);

	return line.len >= len && memcmp(line.text + line.len - len, suffix, len) == 0;
}

bool line_blank(struct line line)
{
	return line_trim(line).len == 0;
}

size_t line_indent(struct line line)
{
	size_t n = 0;

	while (n < line.len && line.text[n] == ' ')
		n++;
	return n;
}

struct line line_from(struct line line, const char *start)
{
	return (struct line){start, (size_t)(line.text + line.len - start)};
}

struct line line_to(struct line line, const char *end)
{
	return (struct line){line.text, (size_t)(end - line.text)};
}

struct line line_tail(struct line line, size_t skip)
{
	return line_from(line, line.text + (skip < line.len ? skip : line.len));
}

const char *line_find_last(struct line line, const char *needle)
{
	size_t len = strlen(needle);

	for (size_t i = line.len + 1; i-- > 0;) {
		if (line.len - i >= len && memcmp(line.text + i, needle, len) == 0)
			return line.text + i;
	}
	return NULL;
}

char *line_copy(struct arena *arena, struct line line)
{
	return arena_copy(arena, line.text, line.len);
}

bool line_number(struct line *line, size_t *out)
{
	size_t n = digits(line->text, line->text + line->len);

	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out = i < MAX_DIGITS ? *out * 10 + (size_t)(line->text[i] - '0') : SIZE_MAX;
	*line = line_tail(*line, n);
	return n > 0;
}

bool line_rule(struct line line, char c, size_t least)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.text[i] != c)
			return false;
	}
	return line.len >= least;
}

bool line_ruled_title(struct line line, char rule, struct line *title)
{
	size_t head = 0;
	size_t tail = 0;

	while (head < line.len && line.text[head] == rule)
		head++;
	while (tail < line.len - head && line.text[line.len - tail - 1] == rule)
		tail++;
	*title = (struct line){line.text + head, line.len - head - tail};
	if (head == 0 || tail == 0 || title->len < 3 || title->text[0] != ' ' ||
	    title->text[title->len - 1] != ' ')
		return false;
	*title = line_trim(*title);
	return title->len > 0;
}

/* "1.5s", "12 ms", "1.2 seconds": the number's start is looked for from the right. */
static double read_time(struct line *line)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ms", 1},    {"μs", 1e-3}, {"ns", 1e-6}, {"seconds", 1e3},
		     {"sec", 1e3}, {"s", 1e3},   {"m", 6e4},   {"h", 36e5}};
	char text[32];

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct line rest = *line;
		size_t n = 0;

		if (!line_ends(rest, units[i].unit))
			continue;
		rest.len -= strlen(units[i].unit);
		if (rest.len > 0 && rest.text[rest.len - 1] == ' ')
			rest.len--;
		while (n < rest.len && n < sizeof(text) - 1 &&
		       (isdigit((unsigned char)rest.text[rest.len - n - 1]) ||
			rest.text[rest.len - n - 1] == '.'))
			n++;
		if (n == 0 || !isdigit((unsigned char)rest.text[rest.len - n]))
			continue;
		rest.len -= n;
		memcpy(text, rest.text + rest.len, n);
		text[n] = '\0';
		*line = rest;
		return strtod(text, NULL) * units[i].ms;
	}
	return NAN;
}

double line_take_time(struct line *line, bool bare)
{
	struct line rest = line_trim(*line);
	char close = rest.len > 0 ? rest.text[rest.len - 1] : '\0';
	bool bracket = close == ')' || close == ']';
	double ms;

	rest = line_from(rest, line->text); /* only the end is trimmed */
	if (bracket)
		rest.len--;
	else if (!bare)
		return NAN;
	ms = read_time(&rest);
	if (isnan(ms))
		return NAN;
	if (bracket) {
		if (rest.len == 0 || rest.text[rest.len - 1] != (close == ')' ? '(' : '['))
			return NAN;
		rest.len--;
	}
	if (rest.len > 0 && rest.text[rest.len - 1] != ' ')
		return NAN;
	while (rest.len > 0 && rest.text[rest.len - 1] == ' ')
		rest.len--;
	*line = rest;
	return ms;
}

static struct line next_piece(struct line *line)
{
	size_t n = 0;
	struct line piece;

	while (n < line->len && !strchr(",;|", line->text[n]))
		n++;
	piece = line_trim((struct line){line->text, n});
	*line = line_tail(*line, n + 1);
	return piece;
}

bool line_count(struct line *line, size_t *number, struct line *word)
{
	while (line->len > 0) {
		struct line piece = next_piece(line);

		*word = piece;
		if (line_number(word, number)) {
			*word = line_trim(*word);
			return true;
		}
		for (size_t i = 0; i < piece.len; i++) {
			struct line rest = line_trim(line_tail(piece, i + 1));

			if (!strchr("=:", piece.text[i]) || !line_number(&rest, number))
				continue;
			*word = line_trim((struct line){piece.text, i});
			return true;
		}
	}
	return false;
}
