/*
 * What vitest prints with its default, verbose and dot reporters; its JSON report says more.
 *
 * Files and their tests stand under " ✓", " ×", " ❯" and " ↓", the failures under " FAIL  file >
 * group > test", and "Test Files" and "Tests" end a run. The passed tests of a file that are not
 * named become "(unnamed) 1" and on. A file or a group that failed as a whole is an error, and so
 * is an error outside of all tests; "Tests" leaves both out.
 */
#include <string.h>

#include "parsers/js_failure.h"
#include "parsers/name_index.h"
#include "parsers/tree.h"

struct vitest_file { /* " ✓ a.test.js (3 tests | 1 skipped) 5ms" */
	const char *path;
	size_t tests, failed, skipped;
	size_t shown[4]; /* its tests that have lines, by status */
};

struct reader {
	struct results_builder b;
	struct lines text;
	const char *failures; /* where the lists of failures start */
	const char *summary; /* where the last summary starts, or NULL */
	struct line files_said, tests_said;
	struct vitest_file *files;
	size_t file_count;
	struct name_index index; /* of tests with lines: "file > group > test" */
	const char *last_failed; /* the test of the last " FAIL " */
	size_t last_at;
};

static const struct term_mark signs[] = {
	{" RUN  v#.#.#* *", 96},         {" Test Files  *(#)", 95},
	{"*⎯ Failed Tests # ⎯*", 95},    {"*⎯ Failed Suites # ⎯*", 95},
	{" ✓ *.test.*s (# test*)*", 85}, {" ✓ *.test.*s > *", 80},
	{" × *.test.*s > *", 80},        {NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, signs);
}

/* The last summary, and the first list of failures: a test may print either before. */
static void find_parts(struct reader *r)
{
	struct lines lines = r->text;
	struct line before = {"", 0};
	struct line line;

	while (lines_next(&lines, &line)) {
		if (!r->failures && (line_like(line, "⎯*⎯ Failed Suites # ⎯*⎯") ||
				     line_like(line, "⎯*⎯ Failed Tests # ⎯*⎯") ||
				     line_like(line, "⎯*⎯ Unhandled Error* ⎯*⎯")))
			r->failures = line.text;
		if (line_starts(before, " Test Files  ") &&
		    line_starts(line_trim(line), "Tests  ") &&
		    (line_ends(line, ")") || line_ends(line, "no tests"))) {
			r->summary = before.text;
			r->files_said = before;
			r->tests_said = line;
		}
		before = line;
	}
	if (!r->failures)
		r->failures = r->summary ? r->summary : r->text.end;
}

/* ---- files and tests, while they run ---- */

static const struct tree_mark marks[] = {
	{"✓ ", TEST_PASSED}, {"√ ", TEST_PASSED},  {"× ", TEST_FAILED}, {"✗ ", TEST_FAILED},
	{"❯ ", TEST_FAILED}, {"↓ ", TEST_SKIPPED}, {"⚠ ", TEST_FAILED}, {NULL, TEST_PASSED},
};

/* "|unit| a.test.js" names the project that the file belongs to. */
static struct line without_project(struct line line)
{
	const char *end = line.len > 0 && line.text[0] == '|' ? line_find(line, "| ") : NULL;

	return end ? line_from(line, end + 2) : line;
}

/* "a.test.js (22 tests | 11 failed | 2 skipped)" */
static bool read_file(struct reader *r, struct line line)
{
	const char *open = line_find_last(line, " (");
	struct line counts, word;
	struct vitest_file *file;
	size_t number;

	if (!open || !line_ends(line, ")") || line_find(line, " > "))
		return false;
	counts = line_from(line, open + 2);
	counts.len--;
	if (!line_like(counts, "# test*"))
		return false;
	file = arena_grow(r->b.arena, &r->files, r->file_count, sizeof(*file));
	r->file_count++;
	file->path = results_path(r->b.arena, line.text, (size_t)(open - line.text));
	while (line_count(&counts, &number, &word)) {
		if (line_starts(word, "test"))
			file->tests = number;
		else if (line_is(word, "failed"))
			file->failed = number;
		else if (line_is(word, "skipped"))
			file->skipped = number;
	}
	return true;
}

/* "file > group > test" */
static struct test *add_named(struct reader *r, struct line full, enum test_status status)
{
	const char *split = line_find(full, " > ");
	struct line file = split ? line_to(full, split) : full;
	struct line name = split ? line_from(full, split + 3) : full;

	return results_add(&r->b, line_copy(r->b.arena, name),
			   results_path(r->b.arena, file.text, file.len), status);
}

static void add_shown(struct reader *r, struct line line, enum test_status status, double ms)
{
	const char *full = line_copy(r->b.arena, line);
	struct test *test = add_named(r, line, status);

	test->duration_ms = ms;
	name_index_add(&r->index, full, r->b.out->count - 1);
}

static void read_progress(struct reader *r)
{
	struct lines lines = {r->text.at, r->failures};
	struct line line;
	struct vitest_file *file = NULL;

	while (lines_next(&lines, &line)) {
		size_t indent = line_indent(line);
		struct line rest = line_tail(line, indent);
		const struct tree_mark *mark;
		double ms;

		if ((indent != 1 && indent < 3) || !(mark = tree_mark_take(&rest, marks)))
			continue;
		rest = without_project(rest);
		ms = line_take_time(&rest, true);
		if (indent == 1 && read_file(r, rest)) {
			file = &r->files[r->file_count - 1];
		} else if (indent == 1 && line_find(rest, " > ")) {
			file = NULL;
			add_shown(r, rest, mark->status, ms);
		} else if (indent > 1 && file) {
			file->shown[mark->status]++;
			rest.text = arena_printf(r->b.arena, "%s > %.*s", file->path, (int)rest.len,
						 rest.text);
			rest.len = strlen(rest.text);
			add_shown(r, rest, mark->status, ms);
		}
	}
}

/* ---- failures ---- */

/* "file > group > test", or "file [ file ]" of a file that failed as a whole */
static struct test *failed_test(struct reader *r, struct line full, bool suite)
{
	struct results *out = r->b.out;
	const char *bracket;
	const char *key;
	size_t at;

	full = without_project(full);
	bracket = line_find(full, " [ ");
	if (suite && bracket && line_ends(full, " ]"))
		full = line_to(full, bracket);
	key = line_copy(r->b.arena, full);
	if (r->last_failed && r->last_at < out->count && strcmp(key, r->last_failed) == 0)
		return &out->tests[r->last_at];
	r->last_failed = key;
	r->last_at = out->count;
	if (suite)
		return add_named(r, full, TEST_ERROR);
	if (!name_index_take(&r->index, key, &at) || at >= out->count)
		return add_named(r, full, TEST_FAILED);
	r->last_at = at;
	out->tests[at].status = TEST_FAILED;
	return &out->tests[at];
}

/* An error outside of all tests; the advice behind it names a file. */
static struct test *unhandled(struct reader *r, struct line title, const char *from, const char *to)
{
	static const char lead[] = "This error originated in \"";
	struct line text = {from, (size_t)(to - from)};
	const char *at = line_find(text, lead);
	const char *file = NULL;
	const char *end;

	if (at) {
		at += strlen(lead);
		end = memchr(at, '"', (size_t)(to - at));
		if (end)
			file = results_path(r->b.arena, at, (size_t)(end - at));
	}
	return results_add(&r->b, line_copy(r->b.arena, title), file, TEST_ERROR);
}

/* "⎯⎯⎯⎯ title ⎯⎯⎯⎯"; an empty title for a line of nothing but "⎯" and a count */
static bool read_rule(struct line line, struct line *title)
{
	static const char dash[] = "⎯";
	bool any = line_skip(&line, dash);

	while (line_skip(&line, dash))
		;
	while (line_ends(line, dash))
		line.len -= strlen(dash);
	*title = line_trim(line);
	if (line_like(*title, "[#/#]"))
		title->len = 0;
	return any;
}

struct failures {
	struct line heads[64]; /* several tests can share one text */
	size_t head_count;
	bool suites;
	struct line unhandled; /* its title, or text NULL */
	const char *from;
};

static void close_failure(struct reader *r, struct failures *f, const char *to)
{
	for (size_t i = 0; i < f->head_count; i++)
		js_failure_read(r->b.arena, failed_test(r, f->heads[i], f->suites), f->from, to);
	if (f->unhandled.text)
		js_failure_read(r->b.arena, unhandled(r, f->unhandled, f->from, to), f->from, to);
	f->head_count = 0;
	f->unhandled.text = NULL;
}

static void open_section(struct reader *r, struct failures *f, struct line title, const char *next)
{
	if (line_starts(title, "Failed Suites "))
		f->suites = true;
	else if (line_starts(title, "Failed Tests "))
		f->suites = false;
	else if (line_is(title, "Uncaught Exception") || line_is(title, "Unhandled Rejection") ||
		 line_is(title, "Unhandled Error"))
		f->unhandled = title;
	f->from = next;
	r->last_failed = NULL;
}

static void read_failures(struct reader *r)
{
	struct lines lines = {r->failures, r->text.end};
	struct failures f = {0};
	struct line line, title;

	if (r->summary && r->summary > r->failures)
		lines.end = r->summary;
	while (lines_next(&lines, &line)) {
		struct line head = line;

		if (read_rule(line, &title)) {
			close_failure(r, &f, line.text);
			if (title.len > 0)
				open_section(r, &f, title, lines.at);
		} else if (line_skip(&head, " FAIL  ")) {
			if (f.head_count > 0 && line.text != f.from)
				close_failure(r, &f, line.text);
			if (f.head_count < sizeof(f.heads) / sizeof(f.heads[0]))
				f.heads[f.head_count++] = head;
			f.from = lines.at;
		}
	}
	close_failure(r, &f, lines.end);
}

/* ---- the summary ---- */

static void read_counts(struct line line, const char *lead, struct tally *said)
{
	struct line word;
	size_t number;

	line = line_trim(line);
	line_skip(&line, lead);
	memset(said, 0, sizeof(*said));
	said->count[TEST_ERROR] = -1; /* files and groups are not counted there */
	while (line_count(&line, &number, &word)) {
		if (line_starts(word, "passed") || line_starts(word, "expected fail"))
			said->count[TEST_PASSED] += (ptrdiff_t)number;
		else if (line_starts(word, "failed"))
			said->count[TEST_FAILED] += (ptrdiff_t)number;
		else if (line_starts(word, "skipped") || line_starts(word, "todo"))
			said->count[TEST_SKIPPED] += (ptrdiff_t)number;
	}
}

/* Without verbose, the passed and skipped tests of a file are but a number. */
static void add_unnamed(struct reader *r, const struct tally *said)
{
	size_t passed = 0;
	size_t skipped = 0;
	struct summary sum = results_summary(r->b.out);

	for (size_t i = 0; i < r->file_count; i++) {
		struct vitest_file *file = &r->files[i];
		size_t red = file->failed + file->skipped;

		file->tests = file->tests > red + file->shown[TEST_PASSED]
				      ? file->tests - red - file->shown[TEST_PASSED]
				      : 0;
		file->skipped -= file->shown[TEST_SKIPPED] < file->skipped
					 ? file->shown[TEST_SKIPPED]
					 : file->skipped;
		passed += file->tests;
		skipped += file->skipped;
	}
	/* a test that prints such a line spoils it: then the summary's numbers serve */
	if (said && (sum.passed + passed != (size_t)said->count[TEST_PASSED] ||
		     sum.skipped + skipped != (size_t)said->count[TEST_SKIPPED]))
		return;
	for (size_t i = 0; i < r->file_count; i++) {
		const struct vitest_file *file = &r->files[i];

		for (size_t k = 0; k < file->tests + file->skipped && k <= 100000; k++)
			results_add(&r->b, arena_printf(r->b.arena, "(unnamed) %zu", k + 1),
				    file->path, k < file->tests ? TEST_PASSED : TEST_SKIPPED);
	}
}

static void settle(struct reader *r)
{
	struct results *out = r->b.out;
	struct tally said, files;
	struct summary sum;

	out->complete = r->summary != NULL;
	if (!r->summary)
		return;
	read_counts(r->tests_said, "Tests", &said);
	read_counts(r->files_said, "Test Files", &files);
	out->build_failed = out->count > 0 && results_summary(out).errors == out->count &&
			    line_ends(r->tests_said, "no tests");
	add_unnamed(r, &said);
	term_settle(&r->b, &said, 0, NULL);
	sum = results_summary(out);
	if (files.count[TEST_FAILED] > 0 && sum.failed + sum.errors == 0) {
		results_problem(&r->b, "the runner's own summary says that %zu files failed",
				(size_t)files.count[TEST_FAILED]);
		out->complete = false;
	}
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};
	bool none;

	results_begin(&r.b, arena, out, "vitest", SOURCE_TEXT);
	name_index_init(&r.index, arena);
	r.text = term_open(arena, input->data, input->len);
	none = memmem(r.text.at, (size_t)(r.text.end - r.text.at),
		      "No test files found, exiting with code ", 39) != NULL;
	find_parts(&r);
	read_progress(&r);
	read_failures(&r);
	if (!r.summary && out->count == 0 && r.file_count == 0 && !none &&
	    term_sniff(input->data, input->len, signs) == 0)
		return error_set(err, ERROR_INPUT, "no output of vitest");
	settle(&r);
	if (none && out->count == 0)
		out->complete = true;
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser vitest_text = {
	.name = "vitest",
	.title = "vitest's terminal output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, vitest_text);
