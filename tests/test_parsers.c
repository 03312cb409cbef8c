/*
 * Every case under tests/data/parsers/<parser>/ against the golden results beside it, and against
 * the promises that hold for all: detection finds the parser, and no cut of a failed run passes.
 *
 * <case>.<ext> is what a runner wrote (never .json: JSON reports are named .report), <case>.json what
 * `assay report --to json` makes of it, "null" for nothing, and <case>.rc (optional) the runner's
 * exit status. UPDATE_GOLDEN=1 writes the .json files anew.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/report/results_json.h"
#include "parsers/parser.h"

#define DATA "tests/data/parsers"
#define MAX_CASES 1024
#define MAX_CASE_BYTES (16 << 20)
#define FLOOD_BYTES (2 << 20)
#define FLOOD_SECONDS 60 /* for one; a second at most when all is well, sanitizers are slow */

struct golden {
	char path[1024];
	char base[1024]; /* path without its extension */
	const struct parser *parser;
	int exit_code;
	struct buf text;
};

static struct golden cases[MAX_CASES];
static size_t case_count;

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

static int read_exit_code(const char *base)
{
	char path[1100];
	struct buf text;
	struct error err = {0};
	int code = -1;

	snprintf(path, sizeof(path), "%s.rc", base);
	if (!file_exists(path))
		return -1;
	buf_init(&text, 64);
	assert_int_equal(file_read(path, &text, &err), 0);
	code = atoi(text.data);
	buf_done(&text);
	return code;
}

static void add_case(const struct parser *parser, const char *folder, const char *name)
{
	struct golden *c = &cases[case_count];
	struct error err = {0};

	if (name[0] == '.' || !strrchr(name, '.') || ends_with(name, ".rc") ||
	    ends_with(name, ".json"))
		return;
	assert_true(case_count < MAX_CASES);
	snprintf(c->path, sizeof(c->path), "%s/%s", folder, name);
	snprintf(c->base, sizeof(c->base), "%s/%.*s", folder, (int)(strrchr(name, '.') - name),
		 name);
	c->parser = parser;
	c->exit_code = read_exit_code(c->base);
	buf_init(&c->text, MAX_CASE_BYTES);
	assert_int_equal(file_read(c->path, &c->text, &err), 0);
	case_count++;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct golden *)a)->path, ((const struct golden *)b)->path);
}

static int load(void **state)
{
	struct dirent *entry;

	(void)state;
	REGISTRY_EACH (parsers, struct parser, it) {
		char folder[300];
		DIR *dir;

		snprintf(folder, sizeof(folder), DATA "/%s", (*it)->name);
		dir = opendir(folder);
		if (!dir)
			continue;
		while ((entry = readdir(dir)))
			add_case(*it, folder, entry->d_name);
		closedir(dir);
	}
	qsort(cases, case_count, sizeof(cases[0]), by_path);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < case_count; i++)
		buf_done(&cases[i].text);
	return 0;
}

/* -1: the parser found nothing of its own in the text. */
static int parse(const struct golden *c, size_t len, struct arena *arena, struct results *out)
{
	struct parse_input input = {.data = c->text.data, .len = len, .exit_code = c->exit_code};
	struct error err = {0};

	return c->parser->parse(&input, arena, out, &err);
}

/* Prints the first line that differs, with those around it. */
static void show_difference(const char *path, const char *want, const char *got)
{
	struct lines a = {want, want + strlen(want)};
	struct lines b = {got, got + strlen(got)};
	struct line x, y;
	size_t number = 0;

	for (;;) {
		bool more_a = lines_next(&a, &x), more_b = lines_next(&b, &y);

		number++;
		if (!more_a && !more_b)
			return;
		if (more_a && more_b && x.len == y.len && memcmp(x.text, y.text, x.len) == 0)
			continue;
		print_message("# %s:%zu\n#   want: %.*s\n#   got:  %.*s\n", path, number,
			      more_a ? (int)x.len : 0, x.text, more_b ? (int)y.len : 0, y.text);
		return;
	}
}

static bool check_golden(const struct golden *c)
{
	char path[1100];
	struct json_writer w;
	struct arena arena;
	struct results results = {0};
	struct buf got, want;
	struct error err = {0};
	bool same;

	arena_init(&arena);
	buf_init(&got, 0);
	buf_init(&want, 0);
	snprintf(path, sizeof(path), "%s.json", c->base);
	json_writer_init(&w, &got, false);
	if (parse(c, c->text.len, &arena, &results) == 0)
		results_write_json(&w, NULL, &results);
	else
		json_put_null(&w, NULL);
	buf_putc(&got, '\n');
	if (getenv("UPDATE_GOLDEN"))
		file_write(path, got.data, got.len, 0644, &err);
	file_read(path, &want, &err);
	same = !error_is_set(&err) && strcmp(want.data, got.data) == 0;
	if (error_is_set(&err))
		print_message("# %s\n", err.text);
	else if (!same)
		show_difference(path, want.data, got.data);
	buf_done(&got);
	buf_done(&want);
	arena_done(&arena);
	return same;
}

static void test_golden(void **state)
{
	size_t wrong = 0;

	(void)state;
	assert_true(case_count > 0);
	for (size_t i = 0; i < case_count; i++)
		wrong += !check_golden(&cases[i]);
	assert_int_equal(wrong, 0);
}

static void test_detection(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < case_count; i++) {
		const struct golden *c = &cases[i];
		const struct parser *found = parser_detect(c->text.data, c->text.len);

		if (found == c->parser)
			continue;
		print_message("# %s: taken for %s\n", c->path, found ? found->name : "nothing");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static bool has_failures(const struct results *results)
{
	struct summary sum = results_summary(results);

	return sum.failed + sum.errors > 0 || results->build_failed;
}

/* A run that failed, or had more tests, must not pass because its end is missing. */
static bool check_cuts(const struct golden *c)
{
	size_t step = c->text.len / 400 + 1;
	struct arena arena;
	struct results results = {0};
	bool failed, good = true;
	size_t tests;

	arena_init(&arena);
	failed = parse(c, c->text.len, &arena, &results) < 0 || !results.complete ||
		 has_failures(&results);
	tests = results.count;
	arena_done(&arena);
	for (size_t len = 0; len < c->text.len && good; len += step) {
		char *copy = malloc(len + 1); /* of exact size, so that ASan sees the end */
		struct golden cut = *c;

		assert_non_null(copy);
		memcpy(copy, c->text.data, len);
		cut.text.data = copy;
		arena_init(&arena);
		results = (struct results){0};
		if (parse(&cut, len, &arena, &results) == 0 && results.complete &&
		    results.count > 0 && !has_failures(&results) &&
		    (failed || results.count < tests)) {
			print_message("# %s: passes when cut at byte %zu\n", c->path, len);
			good = false;
		}
		arena_done(&arena);
		free(copy);
	}
	return good;
}

static void test_cuts(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < case_count; i++)
		wrong += !check_cuts(&cases[i]);
	assert_int_equal(wrong, 0);
}

/*
 * Inputs that were made to be slow: each is a head and then one piece over and over. They must end,
 * within the limits; alarm(2) ends what does not.
 */
static const struct {
	const char *parser, *head, *piece;
} floods[] = {
	{"junit", "<testsuite>", "<testcase name='x'/>"},
	{"junit", "", "<testsuite name='deep'>"},
	{"junit", "", "<testsuite <"},
	{"junit", "", "<testsuite/>"},
	{"junit", "<testsuite><testcase>", "<failure message='a'>b</failure>"},
	{"junit", "<testsuite><testcase><failure>", "a.js:1:1:1:1:1"},
	{"junit", "<testsuite><testcase><failure>", "'(assert == "},
	{"junit", "<testsuite name='pytest'><testcase classname='", ".A"},
	{"junit", "", "&"},
	{"tap", "", "ok\n"},
	{"tap", "", "not ok\n  ---\n"},
	{"tap", "", "not ok\n  ---\n  a: |\n"},
	{"tap", "", "ok {\n    ok {\n"},
	{"tap", "", "1..0\n"},
	{"tap", "not ok ", "# # "},
	{"tap", "", "\x1b]"},
	{"go-json", "", "{\n"},
	{"go-json", "", "# p\nFAIL\tp [build failed]\n"},
	{"go-json", "", "{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"T\"}\n"},
	{"jest-json", "", "{\"numTotalTestSuites\":"},
	{"jest-json", "{\"numTotalTestSuites\":1,\"testResults\":[", "{\"assertionResults\":[]},"},
	{"mocha-json", "", "{\"stats\""},
	{"ctrf", "{\"results\":{\"tests\":[", "{\"name\":\"a\",\"status\":\"failed\"},"},
	{"assay", "{\"runner\":\"x\",\"tests\":[", "{\"name\":\"a\",\"output\":null},"},
};

static void test_floods(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		struct results results = {0};
		struct golden c = {.parser = parser_find(floods[i].parser), .exit_code = 0};
		struct arena arena;

		assert_non_null(c.parser);
		arena_init(&arena);
		buf_init(&c.text, FLOOD_BYTES + 256);
		buf_puts(&c.text, floods[i].head);
		while (c.text.len < FLOOD_BYTES)
			buf_puts(&c.text, floods[i].piece);
		alarm(FLOOD_SECONDS);
		if (parse(&c, c.text.len, &arena, &results) == 0) {
			assert_true(results.count <= 100000);
			assert_true(results.problem_count <= 32);
		}
		parser_detect(c.text.data, c.text.len);
		alarm(0);
		arena_done(&arena);
		buf_done(&c.text);
	}
}

/* A suite larger than what is kept never passes, and says so. */
static void test_too_many(void **state)
{
	struct golden c = {.parser = parser_find("junit"), .exit_code = 0};
	struct results results = {0};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	buf_init(&c.text, 0);
	buf_puts(&c.text, "<testsuite>");
	for (int i = 0; i < 100001; i++)
		buf_puts(&c.text, "<testcase name='x'/>");
	buf_puts(&c.text, "</testsuite>");
	assert_int_equal(parse(&c, c.text.len, &arena, &results), 0);
	assert_int_equal(results.count, 100000);
	assert_false(results.complete);
	assert_string_equal(results.problems[results.problem_count - 1],
			    "only the first 100000 tests are kept, 1 more were left out");
	buf_done(&c.text);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),   cmocka_unit_test(test_detection),
		cmocka_unit_test(test_cuts),     cmocka_unit_test(test_floods),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
