/* Which of a TAP run's points are tests, and what is known of each. */
#include <ctype.h>
#include <string.h>

#include "engine/base/buf.h"
#include "parsers/assertion.h"
#include "parsers/parser_tap.h"

/* ---- diagnostics that are no YAML ---- */

/* Comments that sum up the run, not the test before them. */
static bool is_summary(struct line text)
{
	static const char *const words[] = {
		"tests ", "suites ",      "pass ",     "fail ",           "cancelled ", "skipped ",
		"todo ",  "duration_ms ", "Subtest: ", "Looks like you ", "ok - ",      "not ok - ",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (line_starts(text, words[i]))
			return true;
	}
	return false;
}

/*
 * The text behind a failed point: comments without their "#" (bats, Test::More, cmocka), or plain
 * indented lines (mocha). NULL when there is none.
 */
static const char *plain_text(struct arena *arena, struct line block)
{
	struct lines lines;
	struct line line;
	struct buf out;
	const char *copy = NULL;

	if (!block.text)
		return NULL;
	lines = (struct lines){block.text, block.text + block.len};
	buf_init(&out, 0);
	while (lines_next(&lines, &line)) {
		struct line text = line_trim(line);

		if (line_skip(&text, "#")) {
			line_skip(&text, " ");
			if (is_summary(text))
				continue;
		} else if (line_skip(&line, "  ")) {
			text = line;
		} else {
			continue; /* printed by the next test */
		}
		buf_append(&out, text.text, text.len);
		buf_putc(&out, '\n');
	}
	while (out.len > 0 && isspace((unsigned char)out.data[out.len - 1]))
		out.len--;
	if (out.len > 0)
		copy = arena_copy(arena, out.data, out.len);
	buf_done(&out);
	return copy;
}

/*
 * The text before the stack. mocha prints the message and then the whole error, which starts with it
 * all over again: the one with the error's type is kept.
 */
static const char *before_frames(struct arena *arena, const char *text)
{
	size_t first = strcspn(text, "\n");
	const char *start = arena_printf(arena, ": %.*s", (int)first, text);
	const char *again = strstr(text + first, start);

	while (again && again > text && again[-1] != '\n' && !isspace((unsigned char)again[-1]))
		again--;
	if (again && again > text + first && again[-1] == '\n' && strncmp(again, "Error: ", 7) != 0)
		text = again;
	else if (again && again > text + first && again[-1] == '\n')
		return arena_copy(arena, text, (size_t)(again - 1 - text));

	text += strspn(text, " \n");

	const char *frames = strstr(text, "\n    at ");
	size_t len = frames ? (size_t)(frames - text) : strlen(text);

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return arena_copy(arena, text, len);
}

/* ---- one test ---- */

/* "TypeError" in front of the message, where only the block's name has it. */
static const char *full_message(struct arena *arena, const struct tap_yaml *yaml)
{
	const char *name = yaml->error_name;
	struct line text;

	if (!yaml->message)
		return NULL;
	if (name && strcmp(name, "Error") != 0 && strcmp(name, "AssertionError") != 0 &&
	    strcmp(name, "Unknown Error") != 0)
		return arena_printf(arena, "%s: %s", name, yaml->message);
	text = line_trim((struct line){yaml->message, strlen(yaml->message)});
	return arena_copy(arena, text.text, text.len);
}

static void read_place(struct arena *arena, const struct tap_yaml *yaml, struct test *test)
{
	const char *places[] = {yaml->at, yaml->location};

	for (int i = 0; i < 2; i++) {
		if (places[i] && test->line == 0)
			assertion_location(arena, places[i], &test->file, &test->line);
	}
}

/*
 * node says only "test failed" of a file that did not run to its end. What its process printed stands
 * before, as comments: "SyntaxError: ..." and the like.
 */
static void explain_file(struct arena *arena, const struct tap_entry *entry, struct test *test)
{
	struct lines lines;
	struct line line;

	if (entry->yaml.signal)
		test->message = arena_printf(arena, "the file's process was ended by %s",
					     entry->yaml.signal);
	else if (entry->yaml.exit_code)
		test->message = arena_printf(arena, "the file's process exited with status %s",
					     entry->yaml.exit_code);
	test->output = plain_text(arena, entry->before);
	if (!test->output)
		return;
	lines.at = test->output;
	lines.end = lines.at + strlen(lines.at);
	while (lines_next(&lines, &line)) {
		const char *colon = line_find(line, "Error: ");

		if (!colon || memchr(line.text, ' ', (size_t)(colon - line.text)))
			continue;
		test->message = arena_copy(arena, line.text, line.len);
		test->stack = test->output;
		test->status = TEST_ERROR;
		assertion_location(arena, test->stack, &test->file, &test->line);
		return;
	}
}

static void explain(struct arena *arena, const struct tap_entry *entry, struct test *test)
{
	const struct tap_yaml *yaml = &entry->yaml;

	if (test->status == TEST_SKIPPED || test->status == TEST_PASSED) {
		test->message = entry->point.reason;
		return;
	}
	if (entry->has_yaml) {
		test->message = full_message(arena, yaml);
		test->stack = yaml->stack;
		test->expected = yaml->expected;
		test->actual = yaml->actual;
	} else {
		test->stack = plain_text(arena, entry->diagnostics);
		if (test->stack)
			test->message = before_frames(arena, test->stack);
	}
	if (test->message && strcmp(test->message, "test failed") == 0)
		explain_file(arena, entry, test);
	/* An empty value is one too ("expected 'a' to equal ''"): only a missing one is looked for. */
	assertion_read(arena, test);
	read_place(arena, yaml, test);
	if (!test->message && entry->has_children)
		test->message = entry->child_failed ? "a subtest failed"
						    : "a hook failed, the output does not say how";
}

static enum test_status status_of(const struct tap_run *run, const struct tap_entry *entry)
{
	const char *type = entry->yaml.failure_type;

	switch (entry->point.directive) {
	case TAP_SKIP: return TEST_SKIPPED;
	case TAP_TODO:
		/* node and vitest count them apart; elsewhere a test that is yet to pass passes. */
		return run->dialect == TAP_PLAIN ? TEST_PASSED : TEST_SKIPPED;
	case TAP_NO_DIRECTIVE: break;
	}
	if (entry->point.ok)
		return TEST_PASSED;
	if (type && (strcmp(type, "cancelledByParent") == 0 || strcmp(type, "hookFailed") == 0))
		return TEST_ERROR;
	return entry->has_children && !entry->child_failed ? TEST_ERROR : TEST_FAILED;
}

/* ---- names ---- */

/* "describe > inner" for the children of an entry; made once for each parent and shared. */
static const char *path_of(struct arena *arena, struct tap_run *run, size_t index)
{
	struct tap_entry *entry = &run->entries[index];
	const char *above = NULL;

	if (entry->path)
		return entry->path;
	if (entry->parent) /* at most TAP_MAX_LEVELS deep */
		above = path_of(arena, run, entry->parent - 1);
	entry->path = above ? arena_printf(arena, "%s > %s", above, entry->point.name)
			    : entry->point.name;
	return entry->path;
}

/* vitest's outermost name is the file; tap-flat has all in one name, " > " between. */
static void name_vitest(struct arena *arena, const char *suite, const char **name,
			struct test *test)
{
	const char *full = suite ? arena_printf(arena, "%s > %s", suite, *name) : *name;
	const char *split = strstr(full, " > ");

	if (!split)
		split = full + strlen(full);
	test->suite = results_path(arena, full, (size_t)(split - full));
	test->name = *split ? split + 3 : test->suite;
	if (!*split && test->status == TEST_FAILED)
		test->status = TEST_ERROR; /* a file that does not load, or holds no test */
}

static void add_test(struct results_builder *b, struct tap_run *run, size_t index)
{
	const struct tap_entry *entry = &run->entries[index];
	const char *suite = entry->parent ? path_of(b->arena, run, entry->parent - 1) : NULL;
	const char *name = entry->point.name;
	struct test *test;

	if (!*name)
		name = arena_printf(b->arena, "%zu", entry->point.number);
	if (run->dialect == TAP_NODE) /* a file as a whole */
		name = results_path(b->arena, name, strlen(name));
	test = results_add(b, NULL, NULL, status_of(run, entry));
	test->name = name;
	test->suite = suite;
	if (run->dialect == TAP_VITEST)
		name_vitest(b->arena, suite, &name, test);
	test->duration_ms = entry->point.duration_ms;
	if (entry->has_yaml && isnan(test->duration_ms))
		test->duration_ms = entry->yaml.duration_ms;
	explain(b->arena, entry, test);
	run->not_loaded += test->status == TEST_ERROR && !entry->parent && !entry->has_children &&
			   (test->output || (test->suite && strcmp(test->suite, test->name) == 0));
}

/* ---- all of them ---- */

/* bats -T: "adds in 3ms". Part of the name as long as one of the names has it not. */
static const char *timing_of(const struct tap_entry *entry, double *ms)
{
	const char *at = entry->point.name + strlen(entry->point.name);
	double unit = 1;

	if (at - entry->point.name < 7 || memcmp(at - 2, "ms", 2) != 0)
		return NULL;
	*ms = 0;
	for (at -= 3; at > entry->point.name && isdigit((unsigned char)*at); at--) {
		*ms += unit * (*at - '0');
		unit *= 10;
	}
	at -= 3;
	return unit > 1 && at > entry->point.name && memcmp(at, " in ", 4) == 0 ? at : NULL;
}

static void take_timings(struct arena *arena, struct tap_run *run)
{
	double ms;

	for (size_t i = 0; i < run->count; i++) {
		if (!timing_of(&run->entries[i], &ms))
			return;
	}
	for (size_t i = 0; i < run->count; i++) {
		struct tap_point *point = &run->entries[i].point;
		const char *end = timing_of(&run->entries[i], &ms);

		point->name = arena_copy(arena, point->name, (size_t)(end - point->name));
		point->duration_ms = ms;
	}
}

static bool is_failed(const struct tap_entry *entry)
{
	return !entry->point.ok && entry->point.directive == TAP_NO_DIRECTIVE;
}

/* Children stand before or behind their parents: marks go up until nothing is left to mark. */
static void mark_failed_parents(struct tap_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		struct tap_entry *entry = &run->entries[i];

		if (entry->dropped || !is_failed(entry))
			continue;
		for (size_t up = entry->parent; up; up = run->entries[up - 1].parent) {
			if (run->entries[up - 1].child_failed)
				break;
			run->entries[up - 1].child_failed = true;
		}
	}
}

/*
 * node counts a parent as a test unless it is a suite. For the others a parent groups. Either kind
 * still is one when it failed by itself: a hook broke, and no child tells.
 */
static bool is_test(const struct tap_run *run, const struct tap_entry *entry)
{
	const char *type = entry->yaml.type;
	const char *failure = entry->yaml.failure_type;

	if (entry->dropped)
		return false;
	if (run->dialect == TAP_NODE) {
		if (!type || strcmp(type, "suite") != 0)
			return true;
		return is_failed(entry) &&
		       (!entry->child_failed || (failure && strcmp(failure, "hookFailed") == 0));
	}
	return !entry->has_children || (is_failed(entry) && !entry->child_failed);
}

static bool counts_for_node(const struct tap_entry *entry)
{
	return !entry->dropped && (!entry->yaml.type || strcmp(entry->yaml.type, "suite") != 0);
}

void tap_add_tests(struct results_builder *b, struct tap_run *run)
{
	size_t counted = 0;
	struct summary sum;

	take_timings(b->arena, run);
	for (size_t i = 0; i < run->count; i++) {
		if (run->entries[i].parent && !run->entries[i].dropped)
			run->entries[run->entries[i].parent - 1].has_children = true;
	}
	mark_failed_parents(run);
	for (size_t i = 0; i < run->count; i++) {
		counted += counts_for_node(&run->entries[i]);
		if (is_test(run, &run->entries[i]))
			add_test(b, run, i);
	}
	if (run->claimed_tests == SIZE_MAX)
		return;
	sum = results_summary(b->out);
	if (run->claimed_tests != counted)
		results_problem(b, "the runner's own summary says %zu tests, its report holds %zu",
				run->claimed_tests, counted);
	if (run->claimed_failed > 0 && sum.failed + sum.errors == 0) {
		results_problem(b,
				"the runner's own summary speaks of failures, but no test failed");
		b->out->complete = false;
	}
}
