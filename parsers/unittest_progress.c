/* unittest's lines and dots, among whatever the tests print between them. */
#include "parsers/unittest_progress.h"

#include <ctype.h>
#include <string.h>

/* ---- titles ---- */

bool unittest_title_read(struct arena *arena, struct line line, struct unittest_title *title)
{
	const char *open = line_find(line, " (");
	struct line name, dotted, rest;
	const char *close;

	if (!open || open == line.text)
		return false;
	name = line_to(line, open);
	dotted = line_from(line, open + 2);
	close = memchr(dotted.text, ')', dotted.len);
	if (!close || memchr(name.text, ' ', name.len))
		return false;
	rest = line_trim(line_from(dotted, close + 1));
	dotted = line_to(dotted, close);
	if (dotted.len == 0 || memchr(dotted.text, ' ', dotted.len))
		return false;
	if (rest.len > 0 && rest.text[0] != '(' && rest.text[0] != '[')
		return false;
	if (dotted.len > name.len + 1 && line_ends(dotted, line_copy(arena, name)) &&
	    dotted.text[dotted.len - name.len - 1] == '.')
		dotted.len -= name.len + 1;
	*title = (struct unittest_title){
		.name = line_copy(arena, name),
		.suite = line_copy(arena, dotted),
		.sub = rest.len > 0 ? line_copy(arena, rest) : NULL,
	};
	return true;
}

char *unittest_title_key(struct arena *arena, const struct unittest_title *title, bool whole)
{
	return arena_printf(arena, "%s\n%s\n%s", title->suite, title->name,
			    whole && title->sub ? title->sub : "");
}

bool unittest_is_fixture(struct line name)
{
	static const char *const names[] = {"setUpClass", "tearDownClass", "setUpModule",
					    "tearDownModule"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (line_is(name, names[i]))
			return true;
	}
	return false;
}

struct test *unittest_title_add(struct results_builder *b, const struct unittest_title *title,
				enum test_status status)
{
	const char *name = title->name;

	if (title->sub)
		name = arena_printf(b->arena, "%s %s", name, title->sub);
	return results_add(b, name, title->suite, status);
}

/* ---- results ---- */

struct result {
	enum test_status status;
	struct line message; /* a skip's reason */
};

static bool read_skip(struct line line, struct result *out)
{
	char quote;

	if (!line_skip(&line, "skipped ") || line.len < 2)
		return false;
	quote = line.text[0];
	if ((quote != '\'' && quote != '"') || line.text[line.len - 1] != quote)
		return false;
	*out = (struct result){TEST_SKIPPED, {line.text + 1, line.len - 2}};
	return true;
}

/* At the end of the line, or the whole of it. */
static bool read_result(struct line line, bool whole, struct result *out)
{
	static const struct {
		const char *word;
		enum test_status status;
	} words[] = {
		{"unexpected success", TEST_FAILED},
		{"expected failure", TEST_PASSED},
		{"ok", TEST_PASSED},
		{"FAIL", TEST_FAILED},
		{"ERROR", TEST_ERROR},
	};
	const char *skip = whole ? line.text : line_find_last(line, "skipped ");

	*out = (struct result){0};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(whole ? line_is(line, words[i].word) : line_ends(line, words[i].word)))
			continue;
		out->status = words[i].status;
		if (i < 2)
			out->message = (struct line){words[i].word, strlen(words[i].word)};
		return true;
	}
	return skip && read_skip(line_from(line, skip), out);
}

/* ---- lines ---- */

static void add_result(struct unittest_progress *p, const struct unittest_title *title,
		       const struct result *result)
{
	struct test *test = unittest_title_add(p->b, title, result->status);

	if (result->message.len > 0)
		test->message = line_copy(p->b->arena, result->message);
}

/* The result of the open test, and none of what it printed before. */
static void settle_open(struct unittest_progress *p, const struct result *result)
{
	p->b->out->count = p->count_at_open;
	add_result(p, &p->open, result);
}

/* Whether the open test's failure, or its subtests', is listed below. */
static bool open_is_listed(struct unittest_progress *p)
{
	char *key = unittest_title_key(p->b->arena, &p->open, false);

	return name_index_has(&p->parents, key) || name_index_has(&p->failed, key);
}

static void lose_open(struct unittest_progress *p, bool last)
{
	struct unittest_lost *slot;

	if (!p->is_open)
		return;
	p->is_open = false;
	if (p->guessed || open_is_listed(p))
		return;
	slot = arena_grow(p->b->arena, &p->lost, p->lost_count, sizeof(*slot));
	p->lost_count++;
	*slot = (struct unittest_lost){p->open, last && p->b->out->count == p->count_at_open};
}

static void complete(struct unittest_progress *p, const struct unittest_title *title,
		     const struct result *result)
{
	/*
	 * While a test is open, another's line is what it printed, and goes when its result comes.
	 * But since 3.11 a subtest's line follows its parent's, which is then printed anew.
	 */
	if (p->is_open &&
	    (p->guessed || open_is_listed(p) ||
	     (strcmp(title->name, p->open.name) == 0 && strcmp(title->suite, p->open.suite) == 0)))
		p->is_open = false;
	add_result(p, title, result);
}

/* "title ... rest", or "docstring ... rest" behind a line with the title. */
static bool split(struct unittest_progress *p, struct line line, struct unittest_title *title,
		  struct line *rest)
{
	const char *dots = line_find(line, " ... ");
	struct result result;

	*rest = (struct line){line.text + line.len, 0};
	if (p->described.text) {
		const char *last = line_find_last(line, " ... ");

		if (!last || !unittest_title_read(p->b->arena, p->described, title))
			return false;
		/* a docstring may hold dots too */
		if (read_result(line_from(line, last + 5), true, &result))
			dots = last;
		*rest = line_from(line, dots + 5);
		return true;
	}
	if (dots)
		*rest = line_from(line, dots + 5);
	else if (line_ends(line, " ..."))
		dots = line.text + line.len - 4;
	return dots && unittest_title_read(p->b->arena, line_to(line, dots), title);
}

static bool begin(struct unittest_progress *p, struct line line)
{
	struct unittest_title title;
	struct result result;
	struct line rest;
	bool any = false;

	while (split(p, line, &title, &rest)) {
		any = p->named = true;
		p->described.text = NULL;
		if (read_result(rest, true, &result)) {
			complete(p, &title, &result);
			return true;
		}
		lose_open(p, false);
		p->open = title;
		p->is_open = true;
		p->guessed = false;
		p->count_at_open = p->b->out->count;
		/* 3.8 prints nothing for a parent of failed subtests, not even a line end */
		line = rest;
		if (!open_is_listed(p))
			break;
	}
	if (any && read_result(line, false, &result)) {
		p->guessed = true;
		settle_open(p, &result);
	}
	return any;
}

/* A result without a title: the test under way printed something before it. */
static bool finish(struct unittest_progress *p, struct line line, bool whole)
{
	struct result result;

	if (!p->is_open || !read_result(line, whole, &result))
		return false;
	settle_open(p, &result);
	p->is_open = !whole;
	p->guessed = true;
	return true;
}

/* ---- dots ---- */

static const char dot_chars[] = ".FEsxu";

static void count_dots(size_t dots[6], const char *from, const char *to)
{
	for (const char *c = from; c < to; c++)
		dots[strchr(dot_chars, *c) - dot_chars]++;
}

/* Dots before and behind what a test printed: "..FFAIL: x", "0.1s" have one and none. */
static void read_dots(struct unittest_progress *p, struct line line)
{
	const char *end = line.text + line.len;
	const char *head = line.text;
	const char *tail = end;

	while (head < end && strchr(dot_chars, *head))
		head++;
	while (tail > head && strchr(dot_chars, tail[-1]))
		tail--;
	count_dots(p->dots[0], line.text, head);
	count_dots(p->dots[0], tail, end);
	if (head > line.text && head < end && isupper((unsigned char)*head) &&
	    isupper((unsigned char)head[-1]))
		head--;
	while (tail > head && tail < end && isalnum((unsigned char)tail[-1]) &&
	       isalpha((unsigned char)*tail))
		tail++;
	count_dots(p->dots[1], line.text, head);
	count_dots(p->dots[1], tail, end);
}

void unittest_progress_read(struct unittest_progress *p, struct lines lines)
{
	struct unittest_title title;
	struct line line;

	while (lines_next(&lines, &line)) {
		struct line trimmed = line_indent(line) == 2 ? line_tail(line, 2) : line;

		read_dots(p, line);
		if (finish(p, line, true) || begin(p, trimmed))
			continue;
		p->described.text = NULL;
		if (unittest_title_read(p->b->arena, trimmed, &title))
			p->described = trimmed;
		else
			finish(p, line, false);
	}
	lose_open(p, true);
}
