/* Terminal output as a whole: cleaned, recognised, cut in blocks, and squared with its summary. */
#include "parsers/term.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* How much of each end of a text is looked at to recognise it. */
#define SNIFF_WINDOW (128 * 1024)

#define STATUS_COUNT 4
#define MAX_UNNAMED 100001 /* one more than results_add keeps, so that it says so */

/* ---- cleaning ---- */

/* The length of "2024-01-01T00:00:00.0000000Z " at the start, after "job<TAB>step<TAB>" or not. */
static size_t stamp_length(struct line line)
{
	static const char shape[] = "####-##-##T##:##:##";
	struct line rest = line;
	size_t i;

	line_skip(&rest, "\xef\xbb\xbf");
	for (int tabs = 0; tabs < 2; tabs++) {
		const char *tab = memchr(rest.text, '\t', rest.len < 256 ? rest.len : 256);

		if (tab)
			rest = line_from(rest, tab + 1);
	}
	for (i = 0; shape[i]; i++) {
		if (i >= rest.len)
			return 0;
		if (shape[i] == '#' ? !isdigit((unsigned char)rest.text[i])
				    : rest.text[i] != shape[i])
			return 0;
	}
	while (i < rest.len && (isdigit((unsigned char)rest.text[i]) || rest.text[i] == '.'))
		i++;
	if (i >= rest.len || rest.text[i] != 'Z')
		return 0;
	i++;
	if (i < rest.len && rest.text[i] == ' ')
		i++;
	return (size_t)(rest.text - line.text) + i;
}

/* Takes the stamps off in place, unless a line lacks one. Returns the length that is left. */
static size_t strip_stamps(char *text, size_t len)
{
	struct lines lines = {text, text + len};
	struct line line;
	size_t stamped = 0;
	size_t out = 0;

	while (lines_next(&lines, &line)) {
		if (line_blank(line))
			continue;
		if (stamp_length(line) == 0)
			return len;
		stamped++;
	}
	if (stamped == 0)
		return len;
	lines = (struct lines){text, text + len};
	while (lines_next(&lines, &line)) {
		line = line_tail(line, stamp_length(line));
		memmove(text + out, line.text, line.len);
		out += line.len;
		text[out++] = '\n';
	}
	if (out > len)
		out = len;
	text[out] = '\0';
	return out;
}

struct lines term_open(struct arena *arena, const char *data, size_t len)
{
	char *text = text_strip(arena, data, len, &len);

	len = strip_stamps(text, len);
	return (struct lines){text, text + len};
}

static int sniff_window(struct arena *arena, const char *data, size_t len,
			const struct term_mark *marks)
{
	struct lines lines = term_open(arena, data, len);
	struct line line;
	int most = 0;

	while (lines_next(&lines, &line)) {
		for (const struct term_mark *mark = marks; mark->shape; mark++) {
			if (mark->sure > most && line_like(line, mark->shape))
				most = mark->sure;
		}
	}
	return most;
}

int term_sniff(const char *data, size_t len, const struct term_mark *marks)
{
	size_t head = len < SNIFF_WINDOW ? len : SNIFF_WINDOW;
	size_t tail = len - head < SNIFF_WINDOW ? len - head : SNIFF_WINDOW;
	struct arena arena;
	const char *eol;
	int most;
	int other;

	arena_init(&arena);
	most = sniff_window(&arena, data, head, marks);
	data += len - tail;
	if (tail > 0 && tail < len - head && (eol = memchr(data, '\n', tail))) {
		tail -= (size_t)(eol + 1 - data); /* a part of a line is no line */
		data = eol + 1;
	}
	other = sniff_window(&arena, data, tail, marks);
	arena_done(&arena);
	return most > other ? most : other;
}

/* ---- blocks ---- */

/* Moves both ends over blank lines. */
static void trim_block(const char **from, const char **to)
{
	for (const char *p = *from; p < *to && isspace((unsigned char)*p); p++) {
		if (*p == '\n')
			*from = p + 1;
	}
	while (*to > *from && isspace((unsigned char)(*to)[-1]))
		(*to)--;
}

char *term_block(struct arena *arena, const char *from, const char *to)
{
	trim_block(&from, &to);
	return to > from ? arena_copy(arena, from, (size_t)(to - from)) : NULL;
}

char *term_dedent(struct arena *arena, const char *from, const char *to)
{
	struct lines lines;
	struct line line;
	size_t indent = SIZE_MAX;
	size_t out = 0;
	char *text;

	trim_block(&from, &to);
	lines = (struct lines){from, to};
	while (lines_next(&lines, &line)) {
		if (!line_blank(line) && line_indent(line) < indent)
			indent = line_indent(line);
	}
	if (indent == SIZE_MAX)
		return NULL;
	text = arena_alloc(arena, (size_t)(to - from) + 1);
	lines = (struct lines){from, to};
	while (lines_next(&lines, &line)) {
		size_t cut = line_indent(line) < indent ? line_indent(line) : indent;

		memcpy(text + out, line.text + cut, line.len - cut);
		out += line.len - cut;
		if (lines.at < to)
			text[out++] = '\n';
	}
	return text;
}

/* ---- the summary ---- */

void term_settle(struct results_builder *b, const struct tally *said, size_t first,
		 const char *suite)
{
	static const char *const words[STATUS_COUNT] = {"passed", "failed", "skipped", "erroneous"};
	const struct results *out = b->out;
	size_t have[STATUS_COUNT] = {0};
	size_t unnamed = 0;

	for (size_t i = first; i < out->count; i++)
		have[out->tests[i].status]++;
	for (int status = 0; status < STATUS_COUNT; status++) {
		size_t count = (size_t)said->count[status];
		bool red = status == TEST_FAILED || status == TEST_ERROR;

		if (said->count[status] < 0 || count == have[status])
			continue;
		if (count < have[status] || red)
			results_problem(b,
					"the runner's own summary says %zu %s tests, "
					"its output shows %zu",
					count, words[status], have[status]);
		for (size_t i = have[status]; i < count && i - have[status] < MAX_UNNAMED; i++) {
			char name[48];

			snprintf(name, sizeof(name), "(unnamed) %zu", ++unnamed);
			results_add(b, name, suite, (enum test_status)status);
		}
	}
}

void term_unfinished(struct results_builder *b, const char *name, const char *suite)
{
	struct test *test = results_add(b, name, suite, TEST_ERROR);

	test->message = "the output ends before this test's result";
}
