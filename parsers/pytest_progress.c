/* pytest's progress: "test_a.py::test_b PASSED [ 50%]" for each test, or "test_a.py ..F [ 50%]". */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "parsers/pytest_text.h"

struct progress {
	struct pytest_text *t;
	const char *open; /* the test under way, or NULL */
	bool guessed; /* it has a result, read from the end of a line of output */
	size_t count_at_open;
	const char *path; /* of the last dots */
};

static const struct {
	const char *word;
	enum test_status status;
} words[] = {
	{"PASSED", TEST_PASSED}, {"FAILED", TEST_FAILED}, {"SKIPPED", TEST_SKIPPED},
	{"ERROR", TEST_ERROR},   {"XFAIL", TEST_PASSED},  {"XPASS", TEST_PASSED},
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))
#define XFAIL 4

size_t pytest_id_length(struct line line)
{
	const char *colons = line_find(line, "::");
	const char *last = NULL;
	size_t depth = 0;
	size_t i;

	/* a file with an extension, so that a sentence with "::" is none */
	if (!colons || !line_find(line_to(line, colons), ".") || line.text[0] == ' ')
		return 0;
	for (i = 0; i < WORD_COUNT; i++) {
		struct line rest = line;

		if (line_skip(&rest, words[i].word) && line_starts(rest, " "))
			return 0;
	}
	i = (size_t)(colons + 2 - line.text);
	while (i < line.len && line.text[i] != ' ' && line.text[i] != '[')
		i++;
	if (i == line.len || line.text[i] == ' ')
		return i;
	for (; i < line.len; i++) {
		bool ends = i + 1 == line.len || line.text[i + 1] == ' ';

		if (line.text[i] == '[')
			depth++;
		if (line.text[i] != ']')
			continue;
		if (depth > 0 && --depth == 0 && ends)
			return i + 1;
		if (ends)
			last = line.text + i + 1;
	}
	return last ? (size_t)(last - line.text) : line.len;
}

/* ---- lines ---- */

/* Without "[ 50%]" at the end, and the spaces before it. */
static struct line cut_percent(struct line line, bool *whole)
{
	const char *open = line_find_last(line, "[");

	if (!line_ends(line, "%]") || line.text + line.len - open > 6)
		return line;
	*whole = line_ends(line, "[100%]");
	line = line_to(line, open);
	while (line.len > 0 && line.text[line.len - 1] == ' ')
		line.len--;
	return line;
}

/* "PASSED" or "SKIPPED (reason)", and nothing else. */
static bool read_status(struct line line, size_t *word, struct line *reason)
{
	*reason = (struct line){"", 0};
	for (*word = 0; *word < WORD_COUNT; (*word)++) {
		struct line rest = line;

		if (!line_skip(&rest, words[*word].word))
			continue;
		if (rest.len == 0)
			return true;
		if (!line_skip(&rest, " (") || !line_ends(rest, ")"))
			continue;
		*reason = line_to(rest, rest.text + rest.len - 1);
		return true;
	}
	return false;
}

/* A status at the end of a line of output. */
static bool ends_in_status(struct line line, size_t *word)
{
	for (*word = 0; *word < WORD_COUNT; (*word)++) {
		if (line_ends(line, words[*word].word))
			return true;
	}
	return false;
}

static void add(struct progress *p, const char *id, size_t word, struct line reason)
{
	struct arena *arena = p->t->b.arena;
	struct pytest_node *node = pytest_node_add(p->t, id, words[word].status);

	if (word == XFAIL && reason.len > 0)
		node->message = arena_printf(arena, "failed as expected: %s",
					     line_copy(arena, reason));
	else if (word == XFAIL)
		node->message = "failed as expected";
	else if (reason.len > 0)
		node->message = line_copy(arena, reason);
}

/* "[gw0] [ 50%] PASSED test_a.py::test_b", of pytest-xdist */
static bool read_worker(struct progress *p, struct line line)
{
	size_t number;

	if (!line_skip(&line, "[gw") || !line_number(&line, &number) || !line_skip(&line, "] ["))
		return false;
	line = line_trim(line);
	if (!line_number(&line, &number) || !line_skip(&line, "%] "))
		return false;
	p->t->whole = number == 100;
	for (size_t word = 0; word < WORD_COUNT; word++) {
		struct line id = line;

		if (!line_skip(&id, words[word].word) || !line_skip(&id, " "))
			continue;
		id = line_trim(id);
		if (pytest_id_length(id) == 0)
			return false;
		p->t->verbose = true;
		p->open = NULL; /* workers print the name when a test begins, too */
		add(p, line_copy(p->t->b.arena, id), word, (struct line){"", 0});
		return true;
	}
	return false;
}

static bool read_line(struct progress *p, struct line line)
{
	struct arena *arena = p->t->b.arena;
	struct line reason;
	size_t len = pytest_id_length(line);
	size_t word;
	const char *id;

	if (len == 0)
		return false;
	id = line_copy(arena, (struct line){line.text, len});
	p->t->verbose = true;
	if (read_status(line_trim(line_tail(line, len)), &word, &reason)) {
		/* while a test is open, another's line is what it printed: see finish */
		if (p->open && (p->guessed || strcmp(p->open, id) == 0))
			p->open = NULL;
		add(p, id, word, reason);
		return true;
	}
	p->open = id;
	p->guessed = false;
	p->count_at_open = p->t->node_count;
	if (!ends_in_status(line, &word))
		return true;
	p->guessed = true;
	add(p, id, word, (struct line){"", 0});
	return true;
}

/* With -s the result comes behind what the test printed, on a line of its own (whole) or not. */
static bool finish(struct progress *p, struct line line, bool whole)
{
	struct line reason = {"", 0};
	size_t word;

	if (!p->open)
		return false;
	if (!(whole ? read_status(line, &word, &reason) : ends_in_status(line, &word)))
		return false;
	p->t->node_count = p->count_at_open;
	add(p, p->open, word, reason);
	p->guessed = true;
	if (whole)
		p->open = NULL;
	return true;
}

/* ---- dots ---- */

static const char dot_chars[] = ".FEsxXRu,-";

static size_t count_dots(struct line line)
{
	size_t n = 0;

	while (n < line.len && strchr(dot_chars, line.text[n]))
		n++;
	return n;
}

static void add_dots(struct progress *p, struct line letters)
{
	struct pytest_dots *slot = arena_grow(p->t->b.arena, &p->t->dots, p->t->dot_count,
					      sizeof(*slot));

	p->t->dot_count++;
	*slot = (struct pytest_dots){p->path, letters};
}

/* "test_a.py ..F", dots alone, and either with what a test printed behind them. */
static void read_dots(struct progress *p, struct line line)
{
	const char *space = line_find(line, ".py ");
	struct line rest = line;
	size_t n;

	if (space) {
		rest = line_from(line, space + 4);
		p->path = line_copy(p->t->b.arena, line_to(line, space + 3));
	}
	n = count_dots(rest);
	if (n < rest.len && (!space || isalpha((unsigned char)rest.text[n])))
		n -= n > 0; /* "F" of "Fatal Python error" */
	if (n < rest.len && !space)
		return;
	if (n > 0)
		add_dots(p, (struct line){rest.text, n});
}

static size_t dot_total(const struct pytest_text *t)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->dot_count; i++)
		sum += t->dots[i].letters.len;
	return sum;
}

void pytest_progress_read(struct pytest_text *t)
{
	struct progress p = {.t = t};
	struct lines lines = t->progress;
	struct line line;

	while (lines_next(&lines, &line)) {
		struct line clean = cut_percent(line, &t->whole);

		read_dots(&p, clean);
		if (!finish(&p, clean, true) && !read_worker(&p, line) && !read_line(&p, clean))
			finish(&p, clean, false);
	}
	if (p.open && !p.guessed && t->node_count == p.count_at_open)
		t->open = p.open;
	if (dot_total(t) > t->node_count) {
		t->node_count = 0; /* printed by tests: a run shows lines or dots */
		t->verbose = false;
		t->open = NULL;
	}
}

static enum test_status dot_status(char dot)
{
	switch (dot) {
	case 'F':
	case 'u': return TEST_FAILED;
	case 'E': return TEST_ERROR;
	case 's': return TEST_SKIPPED;
	default: return TEST_PASSED;
	}
}

static bool counts(char dot)
{
	return strchr(".FEsxXu", dot) != NULL;
}

/* The tests of one line of dots; named counts those that are in the results already. */
static void add_unnamed(struct pytest_text *t, const struct pytest_dots *dots, size_t *number,
			size_t named[4])
{
	for (size_t k = 0; k < dots->letters.len; k++) {
		char dot = dots->letters.text[k];
		bool in_teardown = k + 1 < dots->letters.len && dots->letters.text[k + 1] == 'E';
		enum test_status status = dot_status(dot);
		char name[48];

		*number += counts(dot);
		if (!counts(dot) || strchr(t->named_dots, dot))
			continue;
		if (named[status] > 0 && (status != TEST_PASSED || in_teardown)) {
			named[status]--;
			continue;
		}
		snprintf(name, sizeof(name), "(unnamed) %zu", *number);
		results_add(&t->b, name, dots->path, status);
	}
}

bool pytest_dots_add(struct pytest_text *t, const struct tally *said)
{
	size_t seen[4] = {0};
	size_t named[4] = {[TEST_PASSED] = t->teardowns_passed};
	size_t number = 0;

	for (size_t i = 0; i < t->dot_count; i++) {
		for (size_t k = 0; k < t->dots[i].letters.len; k++) {
			if (counts(t->dots[i].letters.text[k]))
				seen[dot_status(t->dots[i].letters.text[k])]++;
		}
	}
	for (int status = 0; said && status < 4; status++) {
		size_t twice = status == TEST_PASSED ? t->teardowns_passed : 0;

		if (seen[status] != (size_t)said->count[status] + twice)
			return false;
	}
	for (size_t i = 0; i < t->node_count; i++) {
		enum test_status status = t->nodes[i].status;

		if (status == TEST_FAILED || status == TEST_ERROR)
			named[status]++;
	}
	for (size_t i = 0; i < t->dot_count; i++) {
		if (i > 0 && t->dots[i].path != t->dots[i - 1].path)
			number = 0;
		add_unnamed(t, &t->dots[i], &number, named);
	}
	return true;
}
