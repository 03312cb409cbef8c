/* pytest's short test summary, and the sections with what failed and how. */
#include <string.h>

#include "engine/base/buf.h"
#include "parsers/assertion.h"
#include "parsers/pytest_text.h"
#include "parsers/traceback.h"

#define MAX_MESSAGE (64 * 1024)

/* ---- the short summary: "FAILED path::name[id] - message" ---- */

/*
 * The end of the id in "id - message". Both may hold " - " and brackets, and neither is quoted:
 * an end that gives a test which the progress named is right, else the first where brackets
 * balance.
 */
static size_t id_end(struct line line, struct name_index *known)
{
	size_t first = pytest_id_length(line);
	const char *dash = line_find(line, " - ");
	struct line rest = line;
	const char *close;

	if (first == 0) /* a file that could not be collected */
		return dash ? (size_t)(dash - line.text) : line.len;
	if (known->count == 0 || !memchr(line.text, '[', line.len < first ? line.len : first))
		return first;
	/* few ends are tried: a line of brackets must not cost its square */
	for (int tries = 0; tries < 16 && (close = memchr(rest.text, ']', rest.len)); tries++) {
		size_t len = (size_t)(close + 1 - line.text);
		bool ends = len == line.len || line.text[len] == ' ';

		rest = line_from(line, close + 1);
		if (ends && name_index_has(known, arena_copy(known->arena, line.text, len)))
			return len;
	}
	return first;
}

/* "[message [x]] (i=1) " in front of a subtest's id. */
static struct line take_label(struct line *line)
{
	static const char *const pairs[] = {"[]", "()"};
	struct line label = *line;

	label.len = 0;
	for (int i = 0; i < 2; i++) {
		struct line rest = line_from(*line, label.text + label.len);
		size_t depth = 0;

		line_skip(&rest, " ");
		if (rest.len == 0 || rest.text[0] != pairs[i][0])
			continue;
		for (size_t k = 0; k < rest.len; k++) {
			depth += rest.text[k] == pairs[i][0];
			if (rest.text[k] == pairs[i][1] && --depth == 0) {
				label.len = (size_t)(rest.text + k + 1 - label.text);
				break;
			}
		}
	}
	*line = line_trim(line_tail(*line, label.len));
	return label;
}

struct notes {
	struct pytest_text *t;
	struct name_index ids; /* of all tests that the progress named */
	struct name_index red[4]; /* by status: failed, error */
	char *dots; /* the characters of those passed tests that it names */
};

static struct pytest_node *find_or_add(struct notes *n, const char *id, enum test_status status)
{
	size_t at;

	if (name_index_take(&n->red[status], id, &at))
		return &n->t->nodes[at];
	return pytest_node_add(n->t, id, status);
}

static void read_note(struct notes *n, struct line line)
{
	static const struct {
		const char *word;
		enum test_status status;
		char dot;
		bool subtest;
	} words[] = {
		{"FAILED ", TEST_FAILED, 'F', false}, {"ERROR ", TEST_ERROR, 'E', false},
		{"XFAIL ", TEST_PASSED, 'x', false},  {"XPASS ", TEST_PASSED, 'X', false},
		{"PASSED ", TEST_PASSED, '.', false}, {"SUBFAILED", TEST_FAILED, 'u', true},
		{"SUBFAIL ", TEST_FAILED, 'u', true}, /* of the plugin, before pytest 9 */
	};
	struct arena *arena = n->t->b.arena;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct line rest = line;
		struct line label = {"", 0};
		struct pytest_node *node;
		const char *id;
		size_t len;

		if (!line_skip(&rest, words[i].word))
			continue;
		if (words[i].subtest)
			label = take_label(&rest);
		len = id_end(rest, &n->ids);
		id = arena_copy(arena, rest.text, len);
		rest = line_tail(rest, len);
		/* a continued message may begin like a note */
		if (len == 0 || (rest.len > 0 && !line_skip(&rest, " - ")))
			return;
		if (words[i].status == TEST_PASSED && name_index_has(&n->ids, id))
			return;
		node = label.len > 0 ? pytest_node_add(n->t, id, words[i].status)
				     : find_or_add(n, id, words[i].status);
		node->label = label.len > 0 ? line_copy(arena, label) : NULL;
		node->listed = true;
		if (rest.len > 0)
			node->message = line_copy(arena, rest);
		if (words[i].status == TEST_PASSED && !strchr(n->dots, words[i].dot))
			n->dots[strlen(n->dots)] = words[i].dot;
		if (words[i].dot == 'x')
			node->message = arena_printf(arena, "failed as expected: %s",
						     rest.len > 0 ? node->message : "");
		return;
	}
}

/* An error whose test has a result too came from its teardown: one test, not two. */
static void fold_teardowns(struct notes *n)
{
	struct pytest_text *t = n->t;

	for (size_t i = 0; i < t->node_count; i++) {
		struct pytest_node *node = &t->nodes[i];
		size_t at;

		if (node->status != TEST_ERROR || !name_index_find(&n->ids, node->id, &at))
			continue;
		if (at == i || t->nodes[at].gone || t->nodes[at].label)
			continue;
		if (t->nodes[at].status == TEST_PASSED)
			t->teardowns_passed++;
		else if (t->nodes[at].status == TEST_SKIPPED)
			t->teardowns_skipped++;
		else
			continue;
		t->nodes[at].gone = true;
	}
}

void pytest_notes_read(struct pytest_text *t)
{
	struct notes n = {.t = t, .dots = arena_alloc(t->b.arena, 8)};
	struct lines lines = t->notes;
	struct line line;

	name_index_init(&n.ids, t->b.arena);
	for (int i = 0; i < 4; i++)
		name_index_init(&n.red[i], t->b.arena);
	for (size_t i = 0; i < t->node_count; i++) {
		name_index_add(&n.ids, t->nodes[i].id, i);
		name_index_add(&n.red[t->nodes[i].status], t->nodes[i].id, i);
	}
	while (lines_next(&lines, &line))
		read_note(&n, line);
	t->named_dots = n.dots;
	fold_teardowns(&n);
}

/* ---- the sections: "____ TestA.test_b[x] ____" and what stands under it ---- */

/* What the title of a test's section says for its id: "TestA.test_b[x::y] (i=1)". */
static char *domain(struct arena *arena, const struct pytest_node *node)
{
	const char *start = strstr(node->id, "::");
	const char *bracket;
	char *text;
	size_t out = 0;
	size_t i;

	if (!start)
		return arena_string(arena, node->id);
	text = arena_printf(arena, "%s%s%s", start + 2, node->label ? " " : "",
			    node->label ? node->label : "");
	bracket = text + strcspn(text, "[");
	for (i = 0; text[i]; i++) {
		if (text + i < bracket && text[i] == ':' && text[i + 1] == ':') {
			text[out++] = '.';
			i++;
		} else {
			text[out++] = text[i];
		}
	}
	text[out] = '\0';
	return text;
}

/* The lines that pytest marks with "E"; of several groups, which causes make, the last. */
static char *marked_message(struct arena *arena, const char *stack)
{
	struct lines lines = {stack, stack + strlen(stack)};
	struct line line;
	struct buf text;
	size_t indent = 0;
	bool inside = false;
	char *out;

	buf_init(&text, MAX_MESSAGE);
	while (lines_next(&lines, &line)) {
		bool marked = line_starts(line, "E  ") || line_is(line, "E");
		size_t spaces;

		if (marked && !inside) {
			buf_clear(&text);
			indent = line_indent(line_tail(line, 1));
		}
		inside = marked;
		if (!marked)
			continue;
		line = line_tail(line, 1);
		spaces = line_indent(line);
		line = line_tail(line, spaces < indent ? spaces : indent);
		buf_append(&text, line.text, line.len);
		buf_putc(&text, '\n');
	}
	out = term_block(arena, text.data, text.data + text.len);
	buf_done(&text);
	return out;
}

static void read_details(struct pytest_text *t, struct pytest_node *node, const char *from,
			 const char *to)
{
	struct arena *arena = t->b.arena;
	struct lines lines = {from, to};
	const char *end = to;
	struct line line, title;
	char *message;

	while (lines_next(&lines, &line)) {
		if (!line_ruled_title(line, '-', &title) || !line_starts(title, "Captured "))
			continue;
		end = line.text;
		node->output = term_block(arena, lines.at, to);
		break;
	}
	node->stack = term_block(arena, from, end);
	if (!node->stack)
		return;
	message = marked_message(arena, node->stack);
	node->message = message ? message : traceback_message(arena, node->stack);
}

struct sections {
	struct pytest_text *t;
	struct name_index red[4]; /* domains, by status */
	struct pytest_node *open;
	const char *from;
};

static void close_section(struct sections *s, const char *to)
{
	if (s->open)
		read_details(s->t, s->open, s->from, to);
	s->open = NULL;
}

/* The test that a title names; a title that names none was printed by a test. */
static struct pytest_node *titled(struct sections *s, struct line title, bool errors)
{
	struct pytest_text *t = s->t;
	struct line name = title;
	bool teardown = line_skip(&name, "ERROR at teardown of ");
	enum test_status status = errors || teardown ? TEST_ERROR : TEST_FAILED;
	const char *key;
	size_t at;

	if (!teardown && !line_skip(&name, "ERROR at setup of "))
		line_skip(&name, "ERROR collecting ");
	if (name.text != title.text)
		status = TEST_ERROR;
	key = line_copy(t->b.arena, name);
	if (teardown && !t->verbose && !name_index_has(&s->red[TEST_FAILED], key))
		t->teardowns_passed++;
	if (name_index_take(&s->red[status], key, &at))
		return &t->nodes[at];
	/* -rN: the sections are all that names the failures */
	return t->notes.at == t->notes.end && !t->verbose ? pytest_node_add(t, key, status) : NULL;
}

void pytest_sections_read(struct pytest_text *t)
{
	struct sections s = {.t = t};
	struct lines lines = t->sections;
	struct line line, title;
	bool errors = false;

	for (int i = 0; i < 4; i++)
		name_index_init(&s.red[i], t->b.arena);
	for (size_t i = 0; i < t->node_count; i++)
		name_index_add(&s.red[t->nodes[i].status], domain(t->b.arena, &t->nodes[i]), i);
	while (lines_next(&lines, &line)) {
		struct pytest_node *node;

		if (line_ruled_title(line, '=', &title)) {
			close_section(&s, line.text);
			errors = line_is(title, "ERRORS");
		} else if (line_ruled_title(line, '_', &title) && !line_starts(title, "_ ")) {
			node = titled(&s, title, errors);
			if (!node)
				continue;
			close_section(&s, line.text);
			s.open = node;
			s.from = lines.at;
		}
	}
	close_section(&s, lines.end);
}
