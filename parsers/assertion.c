/* Expected and actual values, read out of failure texts. */
#include "parsers/assertion.h"

#include <string.h>

#include "engine/base/buf.h"
#include "parsers/parser.h"

/* A message can be megabytes of a diff; what a reader needs stands near its start. */
#define MAX_TEXT (64 * 1024)

enum order { ACTUAL_FIRST, EXPECTED_FIRST };

/* ---- both values on one line ---- */

struct infix {
	const char *needs; /* the whole text must hold it, or NULL */
	const char *lead; /* before the first value; at the start of the line when anchored */
	const char *mid; /* between them, outside quotes and brackets when anchored */
	const char *tail; /* after the second, or NULL: the end of the line */
	bool anchored;
	bool tail_required;
	enum order order;
};

static const struct infix infixes[] = {
	/* pytest, with and without its exception's name */
	{NULL, "assert ", " == ", NULL, true, false, ACTUAL_FIRST},
	{NULL, "AssertionError: assert ", " == ", NULL, true, false, ACTUAL_FIRST},
	{NULL, "assert ", " is ", NULL, true, false, ACTUAL_FIRST},
	{NULL, "AssertionError: assert ", " is ", NULL, true, false, ACTUAL_FIRST},
	/* unittest: "AssertionError: Lists differ: [1] != [2]", a message of one's own after " : " */
	{NULL, "AssertionError: Lists differ: ", " != ", NULL, true, false, ACTUAL_FIRST},
	{NULL, "AssertionError: Tuples differ: ", " != ", NULL, true, false, ACTUAL_FIRST},
	{NULL, "AssertionError: Sequences differ: ", " != ", NULL, true, false, ACTUAL_FIRST},
	{NULL, "AssertionError: ", " != ", " : ", true, false, ACTUAL_FIRST},
	/* node:assert */
	{"Expected values to be", "", " !== ", NULL, true, false, ACTUAL_FIRST},
	{NULL, "AssertionError [ERR_ASSERTION]: ", " == ", NULL, true, false, ACTUAL_FIRST},
	/* chai and vitest */
	{NULL, "expected ", " to be ", " // Object.is equality", false, true, ACTUAL_FIRST},
	{NULL, "expected ", " to strictly equal ", NULL, false, false, ACTUAL_FIRST},
	{NULL, "expected ", " to deeply equal ", NULL, false, false, ACTUAL_FIRST},
	{NULL, "expected ", " to equal ", NULL, false, false, ACTUAL_FIRST},
	/* JUnit 4 and 5 */
	{NULL, "expected: <", "> but was: <", ">", false, true, EXPECTED_FIRST},
	{NULL, "expected:<", "> but was:<", ">", false, true, EXPECTED_FIRST},
	/* PHPUnit */
	{NULL, "Failed asserting that ", " matches expected ", ".", false, true, ACTUAL_FIRST},
	{NULL, "Failed asserting that ", " is identical to ", ".", false, true, ACTUAL_FIRST},
	/* the habits of Go, and of people */
	{NULL, " = ", "; want ", NULL, false, false, ACTUAL_FIRST},
	{NULL, " = ", ", want ", NULL, false, false, ACTUAL_FIRST},
	{NULL, "got ", "; want ", NULL, false, false, ACTUAL_FIRST},
	{NULL, "got ", ", want ", NULL, false, false, ACTUAL_FIRST},
	{NULL, "got: ", ", want: ", NULL, false, false, ACTUAL_FIRST},
	{NULL, "want ", ", got ", NULL, false, false, EXPECTED_FIRST},
	{NULL, "xpected ", ", but got ", NULL, false, false, EXPECTED_FIRST},
	{NULL, "xpected ", " but got ", NULL, false, false, EXPECTED_FIRST},
	{NULL, "xpected ", ", got ", NULL, false, false, EXPECTED_FIRST},
	{NULL, "got ", ", expected ", NULL, false, false, ACTUAL_FIRST},
};

/* The last place in a where needle stands. */
static const char *find_last(struct line a, const char *needle)
{
	const char *found = NULL;
	const char *at;

	while ((at = line_find(a, needle))) {
		found = at;
		a.len -= (size_t)(at + 1 - a.text);
		a.text = at + 1;
	}
	return found;
}

/* Where needle stands outside quotes and brackets; NULL when they do not balance before it. */
static const char *find_outside(struct line a, const char *needle)
{
	size_t len = strlen(needle);
	size_t depth = 0;
	char quote = 0;

	for (size_t i = 0; i < a.len; i++) {
		char c = a.text[i];

		if (quote) {
			if (c == '\\')
				i++;
			else if (c == quote)
				quote = 0;
			continue;
		}
		if (depth == 0 && a.len - i >= len && memcmp(a.text + i, needle, len) == 0)
			return a.text + i;
		if (c == '\'' || c == '"')
			quote = c;
		else if (strchr("([{", c))
			depth++;
		else if (strchr(")]}", c) && depth > 0)
			depth--;
	}
	return NULL;
}

static bool infix_split(const struct infix *form, struct line line, struct line value[2])
{
	const char *end = line.text + line.len;
	const char *mid;
	const char *lead;

	if (form->anchored) {
		if (!line_skip(&line, form->lead))
			return false;
		lead = line.text;
		mid = find_outside(line, form->mid);
	} else {
		mid = line_find(line, form->mid);
		if (!mid)
			return false;
		lead = find_last((struct line){line.text, (size_t)(mid - line.text)}, form->lead);
		if (!lead)
			return false;
		lead += strlen(form->lead);
	}
	if (!mid)
		return false;
	value[0] = (struct line){lead, (size_t)(mid - lead)};
	if (line_starts(value[0], "assert ") || line_starts(value[0], "Expected values "))
		return false; /* of another form, or with its line ends lost */
	value[1].text = mid + strlen(form->mid);
	value[1].len = (size_t)(end - value[1].text);
	if (form->tail) {
		const char *tail = find_last(value[1], form->tail);

		if (tail)
			value[1].len = (size_t)(tail - value[1].text);
		else if (form->tail_required)
			return false;
	}
	return value[0].len > 0 && value[1].len > 0;
}

static bool find_infix(const char *text, size_t len, struct line value[2])
{
	for (size_t i = 0; i < sizeof(infixes) / sizeof(infixes[0]); i++) {
		const struct infix *form = &infixes[i];
		struct lines lines = {text, text + len};
		struct line line;

		if (form->needs && !memmem(text, len, form->needs, strlen(form->needs)))
			continue;
		while (lines_next(&lines, &line)) {
			if (line_starts(line, "E  ")) /* pytest's mark of the failure's lines */
				line_skip(&line, "E");
			line = line_trim(line);
			if (!infix_split(form, line, value))
				continue;
			if (form->order == EXPECTED_FIRST) {
				struct line swap = value[0];

				value[0] = value[1];
				value[1] = swap;
			}
			return true;
		}
	}
	return false;
}

/* ---- each value on a line of its own, after a label ---- */

struct label {
	const char *expected, *actual; /* first words of the line; more may stand before the ":" */
};

static const struct label labels[] = {
	{"Expected", "Received"}, /* jest: "Expected substring: ", "Received string: " */
	{"expected", "got"}, /* RSpec, Test::More */
	{"Expected", "Actual"}, /* GoogleTest */
	{"expected", "actual"}, /* testify: "actual  : 3" */
	{"right", "left"}, /* Rust's assert_eq! */
	{"want", "got"},
};

/* "Expected number of calls: 2" with word "Expected" gives "2". */
static bool label_value(struct line line, const char *word, struct line *value)
{
	const char *colon;

	if (!line_skip(&line, word))
		return false;
	colon = memchr(line.text, ':', line.len < 24 ? line.len : 24);
	if (!colon || (colon > line.text && line.text[0] != ' '))
		return false;
	value->text = colon + 1;
	value->len = (size_t)(line.text + line.len - value->text);
	*value = line_trim(*value);
	if (value->len > 1 && value->text[value->len - 1] == ',')
		value->len--; /* node's inspect(): "expected: 4," */
	if (value->len > 1 && value->text[0] == '`' && value->text[value->len - 1] == '`') {
		value->text++; /* Rust before 1.73 */
		value->len -= 2;
	}
	return value->len > 0;
}

static bool find_labels(const char *text, size_t len, struct line value[2])
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct lines lines = {text, text + len};
		struct line line;

		value[0].len = value[1].len = 0;
		while (lines_next(&lines, &line)) {
			line = line_trim(line);
			if (line_skip(&line, "Error:")) /* testify's column of names */
				line = line_trim(line);
			if (value[0].len == 0 && label_value(line, labels[i].actual, &value[0]))
				continue;
			if (value[1].len == 0)
				label_value(line, labels[i].expected, &value[1]);
			if (value[0].len > 0 && value[1].len > 0)
				return true;
		}
		if (value[0].len > 0 && value[1].len > 0)
			return true;
	}
	return false;
}

/* ---- a diff of both ---- */

struct diff {
	const char *head; /* start of its last headline */
	char expected; /* the sign of lines that only the expected value has */
	size_t gutter; /* columns before the text */
};

static const struct diff diffs[] = {
	{"+ Received", '-', 2}, /* jest; "- Expected" stands before it */
	{"+ actual - expected", '-', 2}, /* node:assert */
	{"+++ Actual", '-', 1}, /* PHPUnit */
	{"+ expected - actual", '+', 1}, /* mocha */
};

static size_t indent_of(struct line line)
{
	size_t n = 0;

	while (n < line.len && line.text[n] == ' ')
		n++;
	return n;
}

/* The diff's two sides; the whole of it is indented as its headline is. */
static bool read_diff(const struct diff *diff, struct lines lines, size_t indent,
		      struct buf side[2])
{
	struct line line;
	bool differs = false;
	size_t count = 0;

	while (lines_next(&lines, &line)) {
		struct line trimmed = line_trim(line);

		if (line_starts(trimmed, "@@ ") || (trimmed.len == 0 && count == 0))
			continue;
		if (line.len <= indent || indent_of(line) < indent || line_starts(trimmed, "at ") ||
		    line_starts(trimmed, "\xe2\x9d\xaf ")) /* vitest's frame mark */
			break;
		line.text += indent;
		line.len -= indent;
		if (!strchr("+- ", line.text[0]))
			break;
		differs = differs || line.text[0] != ' ';
		count++;
		for (int i = 0; i < 2; i++) {
			bool expected = line.text[0] == diff->expected;
			size_t cut = line.len < diff->gutter ? line.len : diff->gutter;

			if (line.text[0] != ' ' && expected != (i == 1))
				continue;
			buf_append(&side[i], line.text + cut, line.len - cut);
			buf_putc(&side[i], '\n');
		}
	}
	return differs;
}

static bool find_diff(struct arena *arena, const char *text, size_t len, const char **expected,
		      const char **actual)
{
	struct buf side[2];
	bool found = false;

	for (size_t i = 0; !found && i < sizeof(diffs) / sizeof(diffs[0]); i++) {
		struct lines lines = {text, text + len};
		struct line line;

		while (lines_next(&lines, &line)) {
			if (line_starts(line_trim(line), diffs[i].head))
				break;
			line.len = 0;
		}
		if (lines.at == lines.end)
			continue;
		buf_init(&side[0], MAX_TEXT);
		buf_init(&side[1], MAX_TEXT);
		found = read_diff(&diffs[i], lines, indent_of(line), side);
		if (found) {
			*actual = arena_copy(arena, side[0].data, side[0].len - (side[0].len > 0));
			*expected = arena_copy(arena, side[1].data,
					       side[1].len - (side[1].len > 0));
		}
		buf_done(&side[0]);
		buf_done(&side[1]);
	}
	return found;
}

int assertion_values(struct arena *arena, const char *text, const char **expected,
		     const char **actual)
{
	size_t len = strnlen(text, MAX_TEXT);
	struct line value[2];

	if (find_diff(arena, text, len, expected, actual))
		return 0;
	if (!find_labels(text, len, value) && !find_infix(text, len, value))
		return -1;
	*actual = arena_copy(arena, value[0].text, value[0].len);
	*expected = arena_copy(arena, value[1].text, value[1].len);
	return 0;
}

void assertion_read(struct arena *arena, struct test *test)
{
	const char *texts[] = {test->message, test->stack};

	for (int i = 0; i < 2; i++) {
		if (!texts[i] || test->expected || test->actual)
			continue;
		assertion_values(arena, texts[i], &test->expected, &test->actual);
	}
	for (int i = 1; i >= 0; i--) {
		const char *file;
		size_t line;

		if (!texts[i] || test->line > 0)
			continue;
		if (assertion_location(arena, texts[i], &file, &line) == 0) {
			test->file = file;
			test->line = line;
		}
	}
}
