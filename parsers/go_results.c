/*
 * What a run of go test comes to.
 *
 * There is no summary of the whole run: each package has one, and a run whose started packages have
 * all ended is complete. A package that fails without a failed test (its build, TestMain, a crash)
 * becomes an error named by the package.
 */
#include "parsers/go_events.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/buf.h"
#include "parsers/assertion.h"

struct go_reader {
	struct results_builder b;
	struct go_events *events;
	size_t ran; /* tests */
	size_t broken; /* packages that do not build */
	bool unfinished; /* a package has no end */
};

/* ---- what a test said ---- */

/* "    add_test.go:12: " in front of a log line; gives what follows. */
static bool skip_place(struct line *line)
{
	struct line rest = line_trim(*line);
	const char *go = line_find(rest, ".go:");
	const char *at;

	if (!go || memchr(rest.text, ' ', (size_t)(go - rest.text)))
		return false;
	at = go + 4;
	while (at < rest.text + rest.len && isdigit((unsigned char)*at))
		at++;
	if (at == go + 4 || at == rest.text + rest.len || *at != ':')
		return false;
	at++;
	line->len = (size_t)(rest.text + rest.len - at);
	line->text = at;
	*line = line_trim(*line);
	return true;
}

/*
 * The log lines of a test (each with its place, continuation lines indented by eight), or its panic.
 * Log and error lines look alike; all of them are the message. places counts them.
 */
static const char *log_lines(struct arena *arena, const char *text, size_t *places)
{
	struct lines lines = {text, text + strlen(text)};
	struct line line;
	struct buf out;
	const char *copy = NULL;
	bool inside = false;

	*places = 0;
	buf_init(&out, 0);
	while (lines_next(&lines, &line)) {
		struct line rest = line;
		bool place = line_starts(line, "    ") && skip_place(&rest);

		if (place)
			(*places)++;
		else if (!inside || !line_starts(line, "        "))
			rest.len = 0;
		inside = place || rest.len > 0;
		if (!inside)
			continue;
		rest = line_trim(line);
		buf_printf(&out, "%s%.*s", out.len ? "\n" : "", (int)rest.len, rest.text);
	}
	if (out.len > 0)
		copy = arena_copy(arena, out.data, out.len);
	buf_done(&out);
	return copy;
}

/* An example's output: "got:\n...\nwant:\n...\n", whole lines. */
static bool read_example(struct arena *arena, struct test *test, const char *text)
{
	const char *want = strstr(text, "\nwant:\n");
	size_t len;

	if (strncmp(text, "got:\n", 5) != 0 || !want || want < text + 5)
		return false;
	test->message = "the example's output is not the expected one";
	test->actual = arena_copy(arena, text + 5, (size_t)(want - text - 5));
	want += strlen("\nwant:\n");
	len = strlen(want);
	test->expected = arena_copy(arena, want, len - (len > 0 && want[len - 1] == '\n'));
	return true;
}

/* The place that the message is about: the line with both values, else the last one. */
static void read_place(struct arena *arena, struct test *test)
{
	struct lines lines = {test->message, test->message + strlen(test->message)};
	struct line line;

	while (lines_next(&lines, &line)) {
		const char *text = arena_copy(arena, line.text, line.len);
		const char *expected = NULL, *actual = NULL;
		struct line rest = line;

		if (!skip_place(&rest))
			continue;
		assertion_location(arena, text, &test->file, &test->line);
		if (assertion_values(arena, text, &expected, &actual) == 0)
			return;
	}
}

static void explain_failure(struct go_reader *r, struct test *test, const char *text)
{
	const char *panic = strncmp(text, "panic: ", 7) == 0 ? text : strstr(text, "\npanic: ");
	size_t places;

	if (read_example(r->b.arena, test, text))
		return;
	if (panic) {
		panic += *panic == '\n';
		test->message = arena_copy(r->b.arena, panic, strcspn(panic, "\n"));
		test->stack = panic;
		assertion_location(r->b.arena, panic, &test->file, &test->line);
		return;
	}
	test->message = log_lines(r->b.arena, text, &places);
	if (!test->message)
		return;
	read_place(r->b.arena, test);
	assertion_read(r->b.arena, test);
	if (places == 1) { /* file and line say it already */
		struct line line = {test->message, strlen(test->message)};

		if (skip_place(&line))
			test->message = arena_copy(r->b.arena, line.text, line.len);
	}
}

static void explain(struct go_reader *r, const struct go_item *item, struct test *test)
{
	const char *text = go_outputs_text(r->b.arena, &item->outputs, item->test);
	size_t places;

	test->output = text;
	if (!text)
		text = "";
	if (test->status == TEST_SKIPPED) {
		test->message = log_lines(r->b.arena, text, &places);
		if (test->message && places == 1) {
			struct line line = {test->message, strlen(test->message)};

			if (skip_place(&line))
				test->message = arena_copy(r->b.arena, line.text, line.len);
		}
	} else if (test->status != TEST_PASSED) {
		explain_failure(r, test, text);
		if (!test->message && item->subtest_failed)
			test->message = "a subtest failed";
		if (!test->message && item->result == GO_NONE)
			test->message = "the test did not finish";
	}
}

/* ---- packages ---- */

/* The first line of a compiler's text that is not a headline. */
static const char *first_error(struct arena *arena, const char *text)
{
	struct lines lines = {text, text + strlen(text)};
	struct line line;

	while (lines_next(&lines, &line)) {
		struct line trimmed = line_trim(line);

		if (trimmed.len > 0 && !line_starts(line, "# "))
			return arena_copy(arena, trimmed.text, trimmed.len);
	}
	return NULL;
}

static void add_broken_build(struct go_reader *r, const char *package, const char *build)
{
	struct go_item *item = go_events_find(r->events, build ? build : package, "\n");
	struct test *test = results_add(&r->b, package, package, TEST_ERROR);

	r->broken++;
	/* Many packages may need the one that does not build: they share its text. */
	if (item && !item->text)
		item->text = go_outputs_text(r->b.arena, &item->outputs, NULL);
	if (item) {
		item->reported = true;
		test->stack = item->text;
	}
	if (test->stack)
		test->message = first_error(r->b.arena, test->stack);
	if (!test->message)
		test->message = "the package does not build";
	assertion_read(r->b.arena, test);
}

/* A package that failed and none of its tests did. */
static void add_package(struct go_reader *r, const struct go_item *item)
{
	const char *text = go_outputs_text(r->b.arena, &item->outputs, NULL);
	struct test *test;

	if (item->failed_build ||
	    (text && (strstr(text, "[build failed]") || strstr(text, "[setup failed]")))) {
		add_broken_build(r, item->package, item->failed_build);
		return;
	}
	test = results_add(&r->b, item->package, item->package, TEST_ERROR);
	test->duration_ms = item->elapsed_ms;
	test->output = text;
	if (text)
		explain_failure(r, test, text);
	if (!test->message)
		test->message = "the package failed outside of its tests";
}

/* "FAIL\tpackage [build failed]" as plain text, all that 1.23 and earlier say of it. */
static void add_plain_failures(struct go_reader *r)
{
	for (const struct go_output *o = r->events->other.first; o; o = o->next) {
		struct line line = {o->text, strlen(o->text)};
		const struct go_item *build;
		const char *package, *end;

		if (!line_skip(&line, "FAIL\t"))
			continue;
		end = line_find(line, " [build failed]");
		if (!end)
			end = line_find(line, " [setup failed]");
		if (!end)
			continue;
		r->events->seen++;
		package = arena_copy(r->b.arena, line.text, (size_t)(end - line.text));
		build = go_events_find(r->events, package, "\n");
		if (!build || !build->reported)
			add_broken_build(r, package, NULL);
	}
}

/* ---- all of it ---- */

/*
 * Until 1.19 a test that printed "--- FAIL: X" made a result of it. Such a test never ran.
 */
static bool is_printed(const struct go_reader *r, const struct go_item *item)
{
	const struct go_item *package = go_events_find(r->events, item->package, NULL);

	return !item->ran && package && package->has_runs;
}

static void mark_parents(struct go_reader *r, const struct go_item *item)
{
	struct go_item *package = go_events_find(r->events, item->package, NULL);
	const char *slash = strrchr(item->test, '/');
	struct go_item *parent;

	if (package)
		package->has_failed_test = true;
	/* Only the nearest: a parent's own failure marks the next. Names may hold slashes too. */
	for (int i = 0; slash && i < 8; i++) {
		const char *name = arena_copy(r->b.arena, item->test, (size_t)(slash - item->test));

		parent = go_events_find(r->events, item->package, name);
		if (parent) {
			parent->subtest_failed = true;
			return;
		}
		slash = memrchr(item->test, '/', (size_t)(slash - item->test));
	}
}

static enum test_status status_of(const struct go_item *item)
{
	switch (item->result) {
	case GO_PASS: return TEST_PASSED;
	case GO_SKIP: return TEST_SKIPPED;
	case GO_FAIL: return TEST_FAILED;
	case GO_NONE: break;
	}
	return TEST_ERROR;
}

static void add_test(struct go_reader *r, const struct go_item *item)
{
	struct test *test;

	if (is_printed(r, item)) {
		results_problem(&r->b, "a result of \"%s\" was printed, but it never ran",
				item->test);
		return;
	}
	/* in text, a package is named when it ends */
	test = results_add(&r->b, item->test, *item->package ? item->package : NULL,
			   status_of(item));
	test->duration_ms = item->elapsed_ms;
	r->ran++;
	explain(r, item, test);
}

static void add_all(struct go_reader *r)
{
	for (size_t i = 0; i < r->events->count; i++) {
		const struct go_item *item = r->events->items[i];

		if (item->test && item->test[0] != '\n' &&
		    (item->result == GO_FAIL || item->result == GO_NONE) && !is_printed(r, item))
			mark_parents(r, item);
	}
	for (size_t i = 0; i < r->events->count; i++) {
		const struct go_item *item = r->events->items[i];

		if (item->test && item->test[0] != '\n')
			add_test(r, item);
		else if (!item->test && item->result == GO_FAIL && !item->has_failed_test)
			add_package(r, item);
		else if (!item->test && item->result == GO_NONE)
			r->unfinished = true;
	}
	add_plain_failures(r);
}

void go_results_add(struct results_builder *b, struct go_events *events)
{
	struct go_reader r = {.b = *b, .events = events};

	add_all(&r);
	go_events_done(events);
	r.b.out->complete = !r.unfinished && !events->broken_end;
	if (!r.b.out->complete)
		results_problem(&r.b, "the output ends before the packages do");
	r.b.out->build_failed = r.ran == 0 && r.broken > 0;
	*b = r.b;
}
