/* The tools that search: patterns of names, lines, words; and that they say what they left out. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/tools/tool_glob.h"
#include "engine/tools/tool_walk.h"
#include "engine/tools/tool_words.h"
#include "tests/cpu.h"
#include "tests/tool_world_cmocka.h"

static bool is_truncated(const struct json *answer)
{
	bool truncated = json_bool(json_get(answer, "truncated"), false);
	assert_int_equal(truncated, text_of(answer, "why") != NULL);
	return truncated;
}

/* ---- what is pure ---- */

static void patterns_match_names(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		{"*.py", "a.py", true},
		{"*.py", "src/deep/a.py", true},
		{"*.py", "a.pyc", false},
		{"a?c", "abc", true},
		{"a?c", "a/c", false},
		{"src/*.py", "src/a.py", true},
		{"src/*.py", "src/b/a.py", false},
		{"src/**/*.py", "src/a.py", true},
		{"src/**/*.py", "src/b/c/a.py", true},
		{"src/**/*.py", "lib/src/a.py", false},
		{"**/src/*.py", "lib/src/a.py", true},
		{"**/src/*.py", "libsrc/a.py", false},
		{"src/**", "src/a/b", true},
		{"src/", "src/a/b", true},
		{"./src/a", "src/a", true},
		{"/a", "a", true},
		{"/a", "b/a", false},
		{"*.{js,ts}", "x.ts", true},
		{"*.{js,ts}", "x.rs", false},
		{"{a,b{c,d}}.x", "bd.x", true},
		{"{a,b{c,d}}.x", "b.x", false},
		{"a{,b}c", "ac", true},
		{"{a", "{a", true},
		{"[a-c]x", "bx", true},
		{"[!a-c]x", "bx", false},
		{"[!a-c]x", "dx", true},
		{"[]]x", "]x", true},
		{"[a", "[a", true},
		{"a**b", "a/x/b", false}, /* a name alone */
		{"x/a**b", "x/a/y/b", true},
		{"*", "anything/at/all", true},
		{"**", "anything/at/all", true},
	};
	struct arena arena;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct glob glob;
		struct error err = {0};
		assert_int_equal(glob_read(&arena, cases[i].pattern, &glob, &err), 0);
		if (glob_matches(&glob, cases[i].path) != cases[i].matches)
			fail_msg("%s and %s", cases[i].pattern, cases[i].path);
	}
	arena_done(&arena);
}

static void no_pattern_takes_long(void **state)
{
	(void)state;
	struct arena arena;
	struct glob glob;
	struct error err = {0};
	char pattern[GLOB_BYTES] = "", path[4096];
	arena_init(&arena);
	while (strlen(pattern) < GLOB_BYTES - 8)
		strcat(pattern, "**/*a*");
	memset(path, 'a', sizeof(path));
	for (size_t i = 3; i < sizeof(path); i += 4)
		path[i] = '/';
	strcpy(path + sizeof(path) - 3, "/b");
	assert_int_equal(glob_read(&arena, pattern, &glob, &err), 0);
	double before = cpu_ms();
	assert_false(glob_matches(&glob, path));
	assert_true(cpu_ms() - before < 2000);
	assert_int_equal(glob_read(&arena, "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", &glob, &err), -1);
	memset(pattern, '{', GLOB_BYTES - 1);
	pattern[GLOB_BYTES - 1] = '\0';
	assert_int_equal(glob_read(&arena, pattern, &glob, &err), 0);
	assert_int_equal(glob_read(&arena, "", &glob, &err), -1);
	arena_done(&arena);
}

static void identifiers_are_words(void **state)
{
	(void)state;
	static const char *const texts[] = {"parseHTTPHeader", "parse_http_header",
					    "PARSE-HTTP header", "parse   http.header parse"};
	for (size_t i = 0; i < 4; i++) {
		struct words words;
		words_read(&words, texts[i]);
		assert_int_equal(words.count, 3);
		assert_string_equal(words.text[0], "parse");
		assert_string_equal(words.text[1], "http");
		assert_string_equal(words.text[2], "header");
	}
	struct words words;
	struct word_counts counts = {0};
	words_read(&words, "sha256 f\xc3\xbcr a");
	assert_int_equal(words.count, 3);
	assert_string_equal(words.text[1], "256");
	assert_string_equal(words.text[2], "f\xc3\xbcr");
	words_count(&words, "SHA256Init(256); x", 18, &counts);
	assert_int_equal(counts.of[0], 1);
	assert_int_equal(counts.of[1], 2);
	assert_int_equal(counts.all, 4);
}

/* ---- names ---- */

static void files_are_found_by_name(void **state)
{
	(void)state;
	put("src/main.py", "x");
	put("src/util/main_test.py", "x");
	put("README.md", "x");
	put("node_modules/main.py", "x");
	const struct json *answer = must("searchFiles", "{\"query\":\"main\"}");
	assert_int_equal(number_of(answer, "count"), 2);
	assert_string_equal(json_string(json_first(json_get(answer, "files")), NULL),
			    "src/main.py");
	assert_false(is_truncated(answer));
	answer = must("searchFiles", "{\"query\":\"main\",\"include_ignored\":true}");
	assert_int_equal(number_of(answer, "count"), 3);
	answer = must("searchFiles", "{\"query\":\"util/main\"}");
	assert_int_equal(number_of(answer, "count"), 1);
	answer = must("searchFiles", "{\"query\":\"*_test.py\",\"path\":\"src\"}");
	assert_int_equal(number_of(answer, "count"), 1);
	answer = must("searchFiles", "{\"query\":\"*\",\"max_results\":2}");
	assert_int_equal(number_of(answer, "count"), 2);
	assert_true(is_truncated(answer));
	answer = must("searchFiles", "{\"query\":\"*\",\"exclude_pattern\":\"*.py\"}");
	assert_int_equal(number_of(answer, "count"), 1);
}

/* ---- lines ---- */

static void lines_are_found(void **state)
{
	(void)state;
	put("a.py", "import os\n\ndef main():\n    return Main()\n");
	put("b.txt", "nothing\r\nmain\r\n");
	const struct json *answer = must("grepSearch", "{\"query\":\"main\"}");
	assert_int_equal(number_of(answer, "count"), 2);
	assert_int_equal(number_of(answer, "files_searched"), 2);
	const struct json *first = json_first(json_get(answer, "matches"));
	assert_string_equal(text_of(first, "path"), "a.py");
	assert_int_equal(number_of(first, "line"), 3);
	assert_int_equal(number_of(first, "column"), 5);
	assert_string_equal(text_of(first, "text"), "def main():");
	assert_string_equal(text_of(json_next(first), "text"), "main");
	answer = must("grepSearch", "{\"query\":\"main\",\"case_sensitive\":false,"
				    "\"include_pattern\":\"*.py\",\"context\":2}");
	assert_int_equal(number_of(answer, "count"), 2);
	first = json_first(json_get(answer, "matches"));
	assert_int_equal(json_count(json_get(first, "before")), 2);
	assert_string_equal(json_string(json_first(json_get(first, "before")), NULL), "import os");
	assert_int_equal(json_count(json_get(first, "after")), 1);
	answer = must("grepSearch", "{\"query\":\"n()\",\"literal\":true}");
	assert_int_equal(number_of(answer, "count"), 2);
	answer = must("grepSearch", "{\"query\":\"\\\\Q\\\\E(\",\"literal\":true}");
	assert_int_equal(number_of(answer, "count"), 0);
	put("c.txt", "a \\E b\n");
	answer = must("grepSearch", "{\"query\":\"a \\\\E b\",\"literal\":true}");
	assert_int_equal(number_of(answer, "count"), 1);
}

static void a_match_lies_in_one_line(void **state)
{
	(void)state;
	put("a", "one\ntwo\nthree\n");
	assert_int_equal(number_of(must("grepSearch", "{\"query\":\"one\\\\s+two\"}"), "count"), 0);
	assert_int_equal(number_of(must("grepSearch", "{\"query\":\"\\\\s*two\"}"), "count"), 1);
	const struct json *answer = must("grepSearch", "{\"query\":\"^t.*e$\"}");
	assert_int_equal(number_of(answer, "count"), 1);
	assert_int_equal(number_of(json_first(json_get(answer, "matches")), "line"), 3);
	assert_int_equal(number_of(must("grepSearch", "{\"query\":\"[^x]+\"}"), "count"), 3);
}

static void long_lines_are_shown_in_part(void **state)
{
	(void)state;
	size_t len = 1 << 20;
	char *data = malloc(len);
	memset(data, 'x', len);
	memcpy(data + len - 500, "needle", 6);
	tool_world_put(&world, "one-line", data, len);
	free(data);
	const struct json *answer = must("grepSearch", "{\"query\":\"needle\"}");
	const struct json *first = json_first(json_get(answer, "matches"));
	assert_int_equal(number_of(first, "column"), (1 << 20) - 500 + 1);
	assert_non_null(strstr(text_of(first, "text"), "needle"));
	assert_true(strlen(text_of(first, "text")) <= 400);
}

static void what_is_left_out_is_told(void **state)
{
	(void)state;
	size_t len = 5 << 20;
	char *data = calloc(1, len);
	tool_world_put(&world, "zeros", data, 1000);
	tool_world_put(&world, "large", data, len);
	put("a", "x\nx\nx\n");
	free(data);
	const struct json *answer = must("grepSearch", "{\"query\":\"x\",\"max_results\":2}");
	assert_int_equal(number_of(answer, "count"), 2);
	assert_true(is_truncated(answer));
	answer = must("grepSearch", "{\"query\":\"x\",\"max_results\":3}");
	assert_false(is_truncated(answer));
	const struct json *skipped = json_get(answer, "skipped");
	assert_int_equal(number_of(skipped, "binary"), 1);
	assert_int_equal(number_of(skipped, "larger_than_4_mib"), 1);
	assert_int_equal(number_of(answer, "files_searched"), 1);
}

static void patterns_that_cannot_be_searched_are_refused(void **state)
{
	(void)state;
	put("a", "x");
	refused("grepSearch", "{\"query\":\"(\"}", "no regular expression");
	refused("grepSearch", "{\"query\":\"x*\"}", "no regular expression");
	refused("grepSearch", "{\"query\":\"x\",\"path\":\"a\"}", "a file, not a folder");
	refused("grepSearch", "{\"query\":\"x\",\"include_pattern\":\"\"}", "is empty");
	assert_int_equal(
		number_of(must("grepSearch", "{\"query\":\"(\",\"literal\":true}"), "count"), 0);
}

static void patterns_that_never_end_are_ended(void **state)
{
	(void)state;
	char text[4096];
	memset(text, 'a', sizeof(text));
	for (int i = 0; i < 20; i++) {
		char path[32];
		snprintf(path, sizeof(path), "file-%d", i);
		tool_world_put(&world, path, text, sizeof(text));
	}
	static const char *const patterns[] = {"(a+)+b", "(a|a)+b", "(a|aa)+$b", "((a*)*)*b|x",
					       "(?:a?){30}a{30}b"};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char arguments[128];
		snprintf(arguments, sizeof(arguments), "{\"query\":\"%s\"}", patterns[i]);
		double before = cpu_ms();
		const struct json *answer = must("grepSearch", arguments);
		assert_true(cpu_ms() - before < 60 * 1000); /* for ever, without a bound */
		assert_int_equal(number_of(answer, "count"), 0);
		/* it was found out that nothing matches, or it is told that nobody knows */
		assert_true(is_truncated(answer) || number_of(answer, "gave_up") > 0 ||
			    number_of(answer, "files_searched") == 20);
	}
}

/* ---- words ---- */

static void pieces_are_ranked(void **state)
{
	(void)state;
	put("net/retry.py",
	    "def retry_request(url):\n    \"\"\"Retries a request with backoff.\"\"\"\n"
	    "    return backoff(request, url)\n");
	put("net/plain.py", "def request(url):\n    return url\n");
	put("other.py", "def unrelated():\n    return 1\n");
	const struct json *answer = must("codebaseSearch", "{\"query\":\"retry backoff\"}");
	const struct json *first = json_first(json_get(answer, "results"));
	assert_string_equal(text_of(first, "path"), "net/retry.py");
	assert_int_equal(number_of(first, "start_line"), 1);
	assert_int_equal(number_of(first, "end_line"), 3);
	assert_non_null(strstr(text_of(first, "text"), "with backoff."));
	assert_int_equal(json_count(json_get(answer, "results")), 1);
	assert_non_null(strstr(text_of(answer, "method"), "BM25"));
	answer = must("codebaseSearch", "{\"query\":\"where are requests? request\"}");
	assert_int_equal(json_count(json_get(answer, "results")), 2);
	refused("codebaseSearch", "{\"query\":\"? !\"}", "no word");
}

static void pieces_are_part_of_a_file(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 0);
	for (int i = 1; i <= 200; i++)
		buf_printf(&text, i == 150 ? "the elephant\n" : "line %d\n", i);
	tool_world_put(&world, "long.txt", text.data, text.len);
	buf_done(&text);
	const struct json *answer = must("codebaseSearch", "{\"query\":\"elephant\"}");
	const struct json *first = json_first(json_get(answer, "results"));
	assert_int_equal(number_of(first, "start_line"), 121);
	assert_int_equal(number_of(first, "end_line"), 160);
	assert_int_equal(json_count(json_get(answer, "results")), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tool_set_up, tool_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_names),
		cmocka_unit_test(no_pattern_takes_long),
		cmocka_unit_test(identifiers_are_words),
		TEST(files_are_found_by_name),
		TEST(lines_are_found),
		TEST(a_match_lies_in_one_line),
		TEST(long_lines_are_shown_in_part),
		TEST(what_is_left_out_is_told),
		TEST(patterns_that_cannot_be_searched_are_refused),
		TEST(patterns_that_never_end_are_ended),
		TEST(pieces_are_ranked),
		TEST(pieces_are_part_of_a_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
