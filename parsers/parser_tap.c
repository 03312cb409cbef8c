/*
 * The Test Anything Protocol, versions 12 to 14, with the subtests of node, vitest and Test::More.
 *
 * Everything that is not TAP is text that tests printed, so nothing here may depend on a line being
 * understood. What says that a run is whole is its plan: a missing plan, or a count that does not
 * match it, makes it incomplete.
 */
#include "parsers/parser_tap.h"

#include <ctype.h>
#include <string.h>

#define NO_PLAN SIZE_MAX
#define MAX_POINTS 200000 /* more than results hold, for parents count here */

struct level {
	size_t plan; /* NO_PLAN until there is one */
	size_t points;
	size_t orphans; /* index + 1 of the newest point whose parent is to come */
	size_t owner; /* index + 1 of the parent that opened this level with "{", 0: none */
};

struct tap_reader {
	struct results_builder b;
	struct tap_run run;
	struct level levels[TAP_MAX_LEVELS];
	size_t open; /* levels opened by "{" and not closed */
	size_t current; /* index + 1 of the point that diagnostics belong to */
	bool incomplete;
	bool started; /* there was a version line */
	bool endless[4 * TAP_MAX_LEVELS + 8]; /* no "..." of this indentation is left */
	struct line comments; /* without a point among them, the newest */
	bool any_plan;
	bool too_many;
	bool cut_point; /* the last line is a point and has no end */
};

static void clear_level(struct tap_reader *r, size_t level)
{
	r->levels[level] = (struct level){.plan = NO_PLAN};
}

/* ---- subtests ---- */

/* Points that wait at a level: a subtest if a plan counts them, else something that was printed. */
static void adopt(struct tap_reader *r, size_t level, size_t parent)
{
	struct level *below = &r->levels[level];
	bool planned = below->plan == below->points;

	if (below->plan != NO_PLAN && !planned && parent) {
		results_problem(&r->b, "a subtest's plan says %zu tests, it holds %zu", below->plan,
				below->points);
		r->incomplete = true;
	}
	for (size_t i = below->orphans; i; i = r->run.entries[i - 1].next_orphan) {
		r->run.entries[i - 1].parent = parent;
		r->run.entries[i - 1].dropped = below->plan == NO_PLAN && parent;
	}
	clear_level(r, level);
}

static void on_point(struct tap_reader *r, size_t level, const struct tap_point *point)
{
	struct level *here = &r->levels[level];
	struct tap_entry *entry;
	size_t index;

	if (r->run.count == MAX_POINTS) {
		r->too_many = true;
		return;
	}
	entry = arena_grow(r->b.arena, &r->run.entries, r->run.count, sizeof(*entry));
	index = r->run.count++;
	entry->point = *point;
	entry->yaml.duration_ms = NAN;
	entry->before = r->comments;
	r->comments = (struct line){0};
	here->points++;
	if (entry->point.number == 0)
		entry->point.number = here->points;
	for (size_t below = TAP_MAX_LEVELS - 1; below > level; below--) {
		/* What is deeper than the next level has lost its parent: it gets this one. */
		if (r->levels[below].points > 0 || r->levels[below].plan != NO_PLAN)
			adopt(r, below, index + 1);
	}
	if (here->owner) {
		entry->parent = here->owner;
	} else if (level > 0) {
		entry->next_orphan = here->orphans;
		here->orphans = index + 1;
	}
	r->current = index + 1;
	if (point->opens && level + 1 < TAP_MAX_LEVELS) {
		r->levels[level + 1].owner = index + 1;
		r->open++;
	}
}

/* ---- one document ---- */

/* What stands before the first version line was printed by somebody else. */
static void on_version(struct tap_reader *r)
{
	if (!r->started) {
		for (size_t i = 0; i < r->run.count; i++)
			r->run.entries[i].dropped = true;
		for (size_t level = 0; level < TAP_MAX_LEVELS; level++)
			clear_level(r, level);
		r->open = 0;
		r->current = 0;
	}
	r->started = true;
}

static bool has_points(const struct tap_reader *r)
{
	for (size_t level = 0; level < TAP_MAX_LEVELS; level++) {
		if (r->levels[level].points > 0)
			return true;
	}
	return false;
}

static void end_document(struct tap_reader *r)
{
	struct level *top = &r->levels[0];

	if (!has_points(r) && top->plan == NO_PLAN)
		return;
	if (top->plan == NO_PLAN) {
		results_problem(&r->b, "there is no plan: the output ends before the run did");
		r->incomplete = true;
	} else if (top->plan != top->points) {
		results_problem(&r->b, "the plan says %zu tests, the output holds %zu", top->plan,
				top->points);
		r->incomplete = true;
	}
	if (r->open > 0) {
		results_problem(&r->b, "the output ends inside a subtest");
		r->incomplete = true;
	}
	for (size_t level = 1; level < TAP_MAX_LEVELS; level++) {
		/* Without a parent: cut off if the run was, else something that was printed. */
		for (size_t i = r->levels[level].orphans; i; i = r->run.entries[i - 1].next_orphan)
			r->run.entries[i - 1].dropped = !r->incomplete;
		clear_level(r, level);
	}
	clear_level(r, 0);
	r->open = 0;
	r->current = 0;
}

static void on_plan(struct tap_reader *r, size_t level, size_t count, struct line reason)
{
	if (level == 0 && r->levels[0].plan != NO_PLAN)
		end_document(r); /* several runs, one after another */
	r->any_plan = true;
	r->levels[level].plan = count;
	if (level == 0 && count == 0 && reason.len > 0)
		results_problem(&r->b, "all tests were skipped: %.*s",
				(int)(reason.len < 200 ? reason.len : 200), reason.text);
}

/* node: "# tests 23", "# fail 9", "# cancelled 3". The last one counts: tests print such lines. */
static void on_comment(struct tap_reader *r, struct line text)
{
	size_t *claim = NULL;
	size_t n = 0;

	if (r->run.dialect != TAP_NODE)
		return;
	if (!r->comments.text)
		r->comments.text = text.text;
	r->comments.len = (size_t)(text.text + text.len - r->comments.text);
	if (line_skip(&text, "# tests ")) {
		claim = &r->run.claimed_tests;
		r->run.claimed_failed = 0;
	} else if (line_skip(&text, "# fail ") || line_skip(&text, "# cancelled ")) {
		claim = &r->run.claimed_failed;
	}
	if (!claim || text.len == 0 || text.len > 9)
		return;
	for (size_t i = 0; i < text.len; i++) {
		if (!isdigit((unsigned char)text.text[i]))
			return;
		n = n * 10 + (size_t)(text.text[i] - '0');
	}
	*claim = claim == &r->run.claimed_tests ? n : *claim + n;
}

/*
 * The block from "---" to "..." at the same indentation; false when it does not end. vitest breaks
 * strings over lines without any indentation, so only a test point on the left ends it early.
 */
static bool take_yaml(struct tap_reader *r, struct lines *lines, size_t indent)
{
	struct lines ahead = *lines;
	struct line line;
	struct tap_entry *entry = &r->run.entries[r->current - 1];

	if (indent >= sizeof(r->endless) || r->endless[indent])
		return false;
	while (lines_next(&ahead, &line)) {
		struct line text = line_trim(line);

		if ((size_t)(text.text - line.text) < indent &&
		    (line_starts(text, "ok ") || line_starts(text, "not ok ")))
			return false;
		if (text.len != 3 || !line_starts(text, "...") ||
		    (size_t)(text.text - line.text) != indent)
			continue;
		entry->has_yaml = true;
		tap_read_yaml(r->b.arena, (struct line){lines->at, (size_t)(line.text - lines->at)},
			      &entry->yaml);
		*lines = ahead;
		return true;
	}
	r->endless[indent] = true;
	return false;
}

static void keep_diagnostics(struct tap_reader *r, struct line line)
{
	struct tap_entry *entry = &r->run.entries[r->current - 1];

	if (entry->point.ok || entry->has_yaml)
		return;
	if (!entry->diagnostics.text)
		entry->diagnostics.text = line.text;
	entry->diagnostics.len = (size_t)(line.text + line.len - entry->diagnostics.text);
}

/* A new run's first point: the plan before it is fulfilled. */
static bool starts_document(const struct tap_reader *r, const struct tap_point *point)
{
	return point->number == 1 && r->levels[0].plan == r->levels[0].points;
}

static void on_line(struct tap_reader *r, struct lines *lines, struct line line, bool *yaml_open)
{
	struct line text = line_trim(line);
	size_t indent = (size_t)(text.text - line.text);
	size_t level = indent / 4;
	struct tap_point point;
	struct line reason;
	size_t count;

	if (level >= TAP_MAX_LEVELS || indent % 4 != 0)
		level = 0;
	if (text.len == 3 && line_starts(text, "---") && r->current && *yaml_open &&
	    (*yaml_open = take_yaml(r, lines, indent)))
		return;
	if (indent == 0 && line_starts(text, "TAP version ")) {
		on_version(r);
		end_document(r);
	} else if (indent == 0 && line_starts(text, "Bail out!")) {
		results_problem(&r->b, "the run gave up: %.*s",
				(int)(text.len < 200 ? text.len : 200), text.text);
		r->incomplete = true;
	} else if (indent % 4 == 0 && indent == level * 4 && tap_read_plan(text, &count, &reason)) {
		on_plan(r, level, count, reason);
	} else if (indent % 4 == 0 && indent == level * 4 &&
		   tap_read_point(r->b.arena, text, &point)) {
		/* prove -v prints a bare "ok" behind each file */
		if (text.len == 2 && r->levels[0].plan == r->levels[0].points)
			return;
		if (level == 0 && starts_document(r, &point))
			end_document(r);
		on_point(r, level, &point);
		*yaml_open = true;
	} else if (text.len == 1 && text.text[0] == '}' && r->open > 0 &&
		   level + 1 < TAP_MAX_LEVELS && r->levels[level + 1].owner) {
		adopt(r, level + 1, r->levels[level + 1].owner);
		r->open--;
	} else {
		if (indent == 0 && line_starts(text, "#"))
			on_comment(r, text);
		if (r->current)
			keep_diagnostics(r, line);
	}
}

/* ---- all of it ---- */

static enum tap_dialect find_dialect(const char *text, size_t len)
{
	if (memmem(text, len, "# Subtest: ", 11) && memmem(text, len, "duration_ms: ", 13))
		return TAP_NODE;
	return memmem(text, len, " # time=", 8) ? TAP_VITEST : TAP_PLAIN;
}

static int tap_parse(const struct parse_input *input, struct arena *arena, struct results *out,
		     struct error *err)
{
	static const char *const runners[] = {"tap", "node", "vitest"};
	struct tap_reader r = {.run.claimed_tests = SIZE_MAX};
	bool yaml_open = true;
	struct lines lines;
	struct line line;
	size_t len;

	lines.at = text_strip(arena, input->data, input->len, &len);
	lines.end = lines.at + len;
	r.run.dialect = find_dialect(lines.at, len);
	results_begin(&r.b, arena, out, runners[r.run.dialect], SOURCE_NATIVE);
	for (size_t i = 0; i < TAP_MAX_LEVELS; i++)
		clear_level(&r, i);
	while (lines_next(&lines, &line)) {
		struct line text = line_trim(line);

		r.cut_point = line.text + line.len == lines.end &&
			      (line_starts(text, "ok") || line_starts(text, "not ok"));
		on_line(&r, &lines, line, &yaml_open);
	}
	end_document(&r);
	if (r.run.count == 0 && !r.any_plan)
		return error_set(err, ERROR_INPUT, "no TAP in the text");
	if (input->exit_code < 0 && r.cut_point) {
		results_problem(&r.b, "the output ends in the middle of a line");
		r.incomplete = true;
	}
	if (r.too_many)
		results_problem(&r.b, "only the first %d lines of results were read", MAX_POINTS);
	out->complete = !r.incomplete && !r.too_many;
	tap_add_tests(&r.b, &r.run);
	out->build_failed = r.run.not_loaded > 0 && r.run.not_loaded == out->count;
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static int tap_sniff(const char *data, size_t len)
{
	struct lines lines = {data, data + len};
	struct line line, reason;
	bool plan = false, point = false, last = false;
	size_t count;

	while (lines_next(&lines, &line)) {
		line = line_trim(line);
		if (line_starts(line, "TAP version 1"))
			return 90;
		if (line.len)
			last = line_starts(line, "# ") || tap_read_plan(line, &count, &reason);
		plan = plan || tap_read_plan(line, &count, &reason);
		if (line_skip(&line, "not ok ") || line_skip(&line, "ok "))
			point = point || (line.len > 0 && isdigit((unsigned char)line.text[0]));
	}
	if (plan && point)
		return last ? 90 : 70; /* what is behind all tests, none of them printed */
	return point ? 20 : plan ? 10 : 0;
}

static const struct parser tap = {
	.name = "tap",
	.title = "TAP 12 to 14: node --test, vitest, mocha, prove, bats, cmocka",
	.source = SOURCE_NATIVE,
	.sniff = tap_sniff,
	.parse = tap_parse,
};
REGISTER(parsers, struct parser, tap);
