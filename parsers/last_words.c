/* The last uncaught error in what a program wrote to standard error. */
#include "parsers/last_words.h"

#include <string.h>

#include "parsers/assertion.h"
#include "parsers/js_failure.h"
#include "parsers/term.h"

enum tongue { NONE, PYTHON, NODE, GO, BASH };

struct words {
	enum tongue tongue;
	const char *start;
	const char *message; /* NULL: not seen yet */
	const char *end; /* of the message */
};

/* ---- one function a language: whether the line starts or goes on with its last words ---- */

/* A syntax error has a place, but no line that says "Traceback"; a group's lines have a margin. */
static bool python(struct words *words, struct line line)
{
	bool place = line_like(line, "  File \"*\", line #");
	bool starts = line_is(line, "Traceback (most recent call last):") ||
		      line_is(line, "  + Exception Group Traceback (most recent call last):");
	struct line text = line;

	line_skip(&text, "  | ");
	if (starts || (place && (words->tongue != PYTHON || words->message)))
		*words = (struct words){PYTHON, line.text, NULL, NULL};
	else if (words->tongue == PYTHON && !words->message && text.len && text.text[0] != ' ')
		words->message = text.text;
	return words->tongue == PYTHON;
}

/*
 * "/workspace/main.js:1", the source line, carets, the error, its stack: what was thrown may be
 * anything and any number of lines, so that only the carets tell where it starts.
 */
static bool node(struct words *words, struct line line)
{
	bool place = line_like(line, "/*:#") || line_like(line, "node:*:#") ||
		     line_like(line, "file://*:#");
	bool inside = words->tongue == NODE && words->message && !words->end;

	if (place && !inside)
		*words = (struct words){NODE, line.text, NULL, NULL};
	else if (words->tongue == NODE && !words->message && line_rule(line_trim(line), '^', 1))
		words->message = line.text + line.len;
	else if (words->tongue == NODE && words->message && line_like(line, "Node.js v#.*"))
		words->end = line.text;
	return words->tongue == NODE;
}

static bool go(struct words *words, struct line line)
{
	if (line_starts(line, "panic: ") || line_starts(line, "fatal error: "))
		*words = (struct words){GO, line.text, line.text, NULL};
	else if (words->tongue == GO && !words->end &&
		 (line_like(line, "goroutine # [*") || line_starts(line, "[signal ")))
		words->end = line.text;
	return words->tongue == GO;
}

/* A syntax error's second line repeats the source: "main.sh: line 3: `fi'". */
static bool bash(struct words *words, struct line line)
{
	if (!line_like(line, "*: line #: *") || line_like(line, "*: line #: `*"))
		return false;
	*words = (struct words){BASH, line.text, line.text, line.text + line.len};
	return true;
}

/* ---- what they say ---- */

static void read_bash(struct arena *arena, struct test *test, struct line line)
{
	const char *word = line_find(line, ": line ");
	struct line file = line_to(line, word), rest = line_from(line, word + strlen(": line "));

	line_number(&rest, &test->line);
	line_skip(&rest, ": ");
	test->file = results_path(arena, file.text, file.len);
	test->message = line_copy(arena, rest);
}

static void read_words(struct arena *arena, struct test *test, const struct words *words,
		       const char *end)
{
	if (words->tongue == BASH) {
		read_bash(arena, test,
			  (struct line){words->start, (size_t)(words->end - words->start)});
		return;
	}
	/* The place first: in its own stack JavaScript does not repeat that of a syntax error. */
	char *all = term_block(arena, words->start, end);
	if (all && assertion_location(arena, all, &test->file, &test->line) != 0)
		test->file = NULL;
	if (words->tongue == NODE) {
		js_failure_read(arena, test, words->message, words->end);
		return;
	}
	test->message = term_block(arena, words->message, words->end ? words->end : end);
	test->stack = all;
	assertion_read(arena, test);
}

int last_words_read(struct arena *arena, struct test *test, const char *text, size_t len)
{
	struct lines lines = term_open(arena, text, len);
	const char *end = lines.end;
	struct words words = {0};
	struct line line;

	while (lines_next(&lines, &line)) {
		if (!python(&words, line) && !go(&words, line) && !node(&words, line))
			bash(&words, line);
	}
	if (!words.message || (words.tongue == NODE && !words.end))
		return -1;
	read_words(arena, test, &words, end);
	return 0;
}
