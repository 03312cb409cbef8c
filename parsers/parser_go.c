/*
 * What go test prints without -json, with -v and without.
 *
 * A package ends with "ok  \tpackage\t0.01s" or "FAIL\tpackage\t0.01s"; the lines before belong to
 * it. With -v every test has "=== RUN" lines, so results of others were printed by tests. Without,
 * failures alone are named: of a package that is "ok", all that is known is that it passed, which is
 * one passed test named like the package. A log that ends between two packages looks whole.
 */
#include <string.h>

#include "parsers/go_events.h"
#include "parsers/term.h"

struct reader {
	struct results_builder b;
	struct go_events events;
	struct go_item *build;
	size_t packages;
};

static const struct term_mark signs[] = {
	{"ok  \t*\t#.#s*", 92},
	{"ok  \t*\t(cached)*", 92},
	{"FAIL\t*\t#.#s", 93},
	{"FAIL\t* [build failed]", 93},
	{"FAIL\t* [setup failed]", 93},
	{"--- FAIL: * (#.#s)", 88},
	{"--- PASS: * (#.#s)", 88},
	{"=== RUN   *", 86},
	{"?   \t*\t[no test files]", 80},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

/* ---- lines ---- */

struct package_end {
	enum go_action result; /* GO_NONE: there are no tests in it */
	struct line name;
	double ms;
	bool built;
	bool no_tests; /* "[no tests to run]" */
};

/* "ok  \tpackage\t(cached)\tcoverage: 80.0% of statements", "FAIL\tpackage [build failed]" */
static bool read_package_end(struct line line, struct package_end *end)
{
	const char *tab;

	*end = (struct package_end){.ms = NAN, .built = true};
	if (line_skip(&line, "ok  \t"))
		end->result = GO_PASS;
	else if (line_skip(&line, "FAIL\t"))
		end->result = GO_FAIL;
	else if (!line_skip(&line, "?   \t"))
		return false;
	tab = memchr(line.text, '\t', line.len);
	end->name = tab ? line_to(line, tab) : line;
	end->built = !line_ends(end->name, " [build failed]") &&
		     !line_ends(end->name, " [setup failed]");
	end->no_tests = line_find(line, "[no tests to run]") != NULL;
	if (tab) {
		struct line time = line_from(line, tab + 1);

		tab = memchr(time.text, '\t', time.len);
		if (!tab)
			tab = line_find(time, " [");
		if (tab)
			time = line_to(time, tab);
		end->ms = line_take_time(&time, true);
	}
	return end->name.len > 0 && (tab || !end->built || end->ms == end->ms ||
				     line_ends(line, "(cached)") || line_ends(line, "files]"));
}

struct result {
	enum go_action action;
	size_t indent;
	struct line before; /* what a test printed on the same line */
	struct line name;
	double ms;
};

/* "    --- FAIL: TestA/b (0.01s)", behind output without a line end too */
static bool read_result(struct line line, struct result *out)
{
	static const struct {
		const char *word;
		enum go_action action;
	} words[] = {
		{"--- PASS: ", GO_PASS},
		{"--- FAIL: ", GO_FAIL},
		{"--- SKIP: ", GO_SKIP},
		{"--- BENCH: ", GO_PASS},
	};
	const char *at = line_find_last(line, "--- ");

	if (!at)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		out->name = line_from(line, at);
		if (!line_skip(&out->name, words[i].word))
			continue;
		out->action = words[i].action;
		out->before = line_to(line, at);
		out->indent = line_indent(line);
		if (out->indent == out->before.len)
			out->before.len = 0;
		out->ms = line_take_time(&out->name, false);
		return out->ms == out->ms && out->name.len > 0;
	}
	return false;
}

/* "=== RUN   TestA", "=== CONT  TestA", "=== NAME  TestA", "=== PAUSE TestA" */
static bool read_frame(struct line line, struct line *name, bool *run)
{
	line_skip(&line, "\x16");
	if (!line_skip(&line, "=== "))
		return false;
	*run = line_skip(&line, "RUN ");
	if (!*run && !line_skip(&line, "CONT ") && !line_skip(&line, "NAME ") &&
	    !line_skip(&line, "PAUSE "))
		return false;
	*name = line_trim(line);
	return true;
}

/* ---- a package ---- */

struct package {
	const char *name;
	struct go_item *item;
	struct go_item *current; /* whose output the lines are; NULL: the package's */
	size_t indent; /* of the current one's result */
	const char *parents[16]; /* names of the results around, by indentation */
};

static struct go_item *find_test(struct reader *r, struct package *p, struct line name)
{
	return go_events_find(&r->events, p->name, line_copy(r->b.arena, name));
}

/* Without -v: a subtest's result stands below its parent's, and passed ones do not stand at all. */
static bool is_credible(const struct package *p, const struct result *result)
{
	size_t depth = result->indent / 4;
	const char *parent;
	size_t len;

	if (result->action == GO_PASS || result->before.len > 0 || result->indent % 4 ||
	    depth >= sizeof(p->parents) / sizeof(p->parents[0]))
		return false;
	if (depth == 0)
		return true;
	parent = p->parents[depth - 1];
	len = parent ? strlen(parent) : 0;
	return len > 0 && result->name.len > len && result->name.text[len] == '/' &&
	       memcmp(result->name.text, parent, len) == 0;
}

static bool take_result(struct reader *r, struct package *p, struct line line)
{
	struct result result;
	struct go_item *item;
	size_t depth;

	if (!read_result(line, &result))
		return false;
	item = find_test(r, p, result.name);
	if (p->item->has_runs ? !item || !item->ran : !is_credible(p, &result))
		return false;
	if (!item)
		item = go_events_item(&r->events, p->name, line_copy(r->b.arena, result.name));
	if (result.before.len > 0)
		go_events_output(&r->events, &item->outputs, result.before.text, result.before.len);
	item->result = result.action;
	item->elapsed_ms = result.ms;
	p->current = item;
	p->indent = result.indent;
	depth = result.indent / 4;
	if (depth < sizeof(p->parents) / sizeof(p->parents[0]))
		p->parents[depth] = item->test;
	return true;
}

/* "panic: test timed out after 1s", below it "\trunning tests:" and "\t\tTestA (1s)" */
static void take_unfinished(struct reader *r, struct package *p, struct lines below)
{
	struct line line;

	p->current = NULL;
	if (!lines_next(&below, &line) || !line_is(line, "\trunning tests:"))
		return;
	while (lines_next(&below, &line) && line_skip(&line, "\t\t")) {
		struct go_item *item;

		line_take_time(&line, false);
		item = go_events_item(&r->events, p->name, line_copy(r->b.arena, line));
		item->ran = true;
		p->current = item; /* the last is the innermost */
	}
}

static void take_output(struct reader *r, struct package *p, struct line line)
{
	struct go_outputs *outputs = p->current ? &p->current->outputs : &p->item->outputs;
	size_t indent = line_indent(line);

	if (!p->current && !p->item->has_runs)
		go_events_text(&r->events, line, &r->build);
	/* without -v, a subtest's log is as deep as its result */
	if (p->current && !p->item->has_runs)
		line = line_tail(line, indent < p->indent ? indent : p->indent);
	go_events_output(&r->events, outputs, line.text, line.len);
	go_events_output(&r->events, outputs, "\n", 1);
}

static void read_package(struct reader *r, const char *name, struct lines lines)
{
	struct package p = {.name = name};
	struct line line, test;
	bool run;

	p.item = go_events_item(&r->events, name, NULL);
	while (lines_next(&lines, &line)) {
		if (read_frame(line, &test, &run)) {
			p.current = go_events_item(&r->events, name, line_copy(r->b.arena, test));
			if (run)
				go_events_ran(&r->events, p.current);
		} else if (!take_result(r, &p, line)) {
			if (line_starts(line, "panic: test timed out after "))
				take_unfinished(r, &p, lines);
			if (!line_is(line, "PASS") && !line_is(line, "FAIL"))
				take_output(r, &p, line);
		}
	}
}

/* ---- where packages end ---- */

/* What ran so far in this package, to know a printed "ok" from its own. */
struct scan {
	struct go_events events;
	size_t running; /* tests, without subtests */
	bool failed;
	bool any; /* something of a test was printed */
};

static void scan_line(struct scan *scan, struct arena *arena, struct line line)
{
	struct result result;
	struct go_item *item;
	struct line name;
	bool run;

	if (read_frame(line, &name, &run)) {
		scan->any = true;
		if (!run || memchr(name.text, '/', name.len))
			return;
		item = go_events_item(&scan->events, "", line_copy(arena, name));
		scan->running += !item->ran;
		go_events_ran(&scan->events, item);
	} else if (read_result(line, &result)) {
		item = go_events_find(&scan->events, "", line_copy(arena, result.name));
		scan->any = true;
		scan->failed = scan->failed || (result.action == GO_FAIL && result.indent == 0);
		if (!item || item->result != GO_NONE)
			return;
		item->result = result.action;
		scan->running--;
	}
}

/* A test that prints "ok  \tpackage\t0.1s" is still running then, or has failed. */
static bool is_credible_end(const struct scan *scan, const struct package_end *end)
{
	return end->result != GO_PASS || (scan->running == 0 && !scan->failed);
}

static void end_package(struct reader *r, const struct package_end *end, struct line line,
			struct lines body)
{
	const char *name = line_copy(r->b.arena, end->name);
	struct go_item *item;
	struct line text;

	r->packages++;
	r->build = NULL;
	if (!end->built) {
		while (lines_next(&body, &text))
			go_events_text(&r->events, text, &r->build);
		go_events_text(&r->events, line, &r->build);
		return;
	}
	if (end->result == GO_NONE)
		return;
	read_package(r, name, body);
	item = go_events_item(&r->events, name, NULL);
	item->result = end->result;
	item->elapsed_ms = end->ms;
	if (end->result == GO_PASS && !item->has_runs && !end->no_tests)
		results_add(&r->b, name, name, TEST_PASSED)->duration_ms = end->ms;
}

static void read_all(struct reader *r, struct lines lines)
{
	struct arena *arena = r->b.arena;
	const char *from = lines.at;
	struct scan scan = {0};
	struct line line;

	go_events_init(&scan.events, arena);
	while (lines_next(&lines, &line)) {
		struct package_end end;

		if (!read_package_end(line, &end) || !is_credible_end(&scan, &end)) {
			scan_line(&scan, arena, line);
			continue;
		}
		end_package(r, &end, line, (struct lines){from, line.text});
		from = lines.at;
		go_events_done(&scan.events);
		scan = (struct scan){0};
		go_events_init(&scan.events, arena);
	}
	lines.at = from;
	/* the output ends within a package, whose name would have come last */
	if (scan.any)
		read_package(r, "", lines);
	/* the compiler writes to standard error, which may stand behind it all */
	while (!scan.any && lines_next(&lines, &line))
		go_events_text(&r->events, line, &r->build);
	r->packages += scan.any;
	go_events_done(&scan.events);
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};

	results_begin(&r.b, arena, out, "go", SOURCE_TEXT);
	go_events_init(&r.events, arena);
	read_all(&r, term_open(arena, input->data, input->len));
	go_results_add(&r.b, &r.events);
	if (r.packages == 0)
		return error_set(err, ERROR_INPUT, "no output of go test");
	if (out->build_failed && results_summary(out).passed > 0)
		out->build_failed = false;
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser go_text = {
	.name = "go",
	.title = "go test's output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, go_text);
