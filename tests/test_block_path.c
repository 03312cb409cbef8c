/* What is a path and what is not, and where info strings hide them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parsers/block_path.h"
#include "tests/languages_for_tests.h"

static void test_words_that_are_paths(void **state)
{
	static const char *const paths[] = {
		"a.py",
		"src/a.js",
		"./a.ts",
		"../a.py",
		"/etc/passwd.txt",
		"a.test.js",
		"Makefile",
		"docs/LICENSE",
		".gitignore",
		".env.example",
		"src\\a.py",
		"C:\\a.py",
		"[id].tsx",
		"app/(auth)/page.tsx",
		"+page.svelte",
		"data.json",
		"lib/node.js",
		"go.mod",
		"pkg/x.weird",
		"a/b/c.d.ts",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!block_path_is(languages_for_tests, span_of(paths[i]), PATH_MENTIONED))
			fail_msg("%s is a path", paths[i]);
	}
}

static void test_words_that_are_none(void **state)
{
	static const char *const words[] = {
		"",         "python",      "Node.js",     "vb.net", "e.g.",
		"3.11",     "console.log", "array.map()", "a b.py", "http://x.org/a.py",
		"www.a.py", "a.py?",       "..",          ".",      "a/",
		".py",      "-rf.py",      "std::a.h",    "x=a.py", "<a.py>",
		"makefile", "1.2.3",       "a.py\x01",    "a*.py",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (block_path_is(languages_for_tests, span_of(words[i]), PATH_MENTIONED))
			fail_msg("%s is no path", words[i]);
	}
}

static bool is_span(struct span span, const char *expected)
{
	return span.len == strlen(expected) &&
	       (span.len == 0 || memcmp(span.text, expected, span.len) == 0);
}

static void test_info_strings(void **state)
{
	static const struct {
		const char *info, *tag, *path;
	} cases[] = {
		{"", "", ""},
		{"python", "python", ""},
		{"C++", "C++", ""},
		{"{r}", "r", ""},
		{"{r, echo=FALSE}", "r", ""},
		{"js src/a.js", "js", "src/a.js"},
		{"js // src/a.js", "js", "src/a.js"},
		{"js (a.js)", "js", "a.js"},
		{"js \"a.js\"", "js", "a.js"},
		{"python:src/a.py", "python", "src/a.py"},
		{"python:", "python", ""},
		{"src/a.py", "", "src/a.py"},
		{".env", "", ".env"},
		{"{.python}", "python", ""},
		{"js title=\"a b.js\"", "js", ""},
		{"js title='a.js'", "js", "a.js"},
		{"js title = a.js", "js", "a.js"},
		{"js {file: a.js}", "js", "a.js"},
		{"js {\"file\": \"a.js\"}", "js", "a.js"},
		{"file=run", "", "run"},
		{"sh filename=bin/run", "sh", "bin/run"},
		{"filename: a.py", "", "a.py"},
		{"js:title=src/a.js", "js", "src/a.js"},
		{"vb.net", "vb.net", ""},
		{"Here's a.py", "", "a.py"},
		{"js node.js", "js", ""},
		{"js a.js b.js", "js", "a.js"},
		{"js see a.js", "js", ""},
		{"title=", "", ""},
		{"=", "", ""},
		{":", "", ""},
		{"{", "", ""},
		{"::::a.py", "", ""},
		{"1:2:src/a.py", "", "src/a.py"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct block_info info;
		block_info_read(languages_for_tests, cases[i].info, &info);
		if (!is_span(info.tag, cases[i].tag) || !is_span(info.path, cases[i].path))
			fail_msg("[%s]: tag [%.*s], path [%.*s]", cases[i].info, (int)info.tag.len,
				 info.tag.len ? info.tag.text : "", (int)info.path.len,
				 info.path.len ? info.path.text : "");
	}
}

static void test_labels(void **state)
{
	static const struct {
		const char *above, *path;
	} cases[] = {
		{"a.py\n", "a.py"},
		{"a.py\n\n", "a.py"},
		{"a.py\n\n\n\n", ""},
		{"text\na.py:\n", "a.py"},
		{"**`a.py`**\n", "a.py"},
		{"**a.py** - the program\n", "a.py"},
		{"a.py is the program\n", ""},
		{"See a.py\n", ""},
		{"### a.py\n\nText about it.\n\n", "a.py"},
		{"### a.py\n\n### Other\n\n", ""},
		{"**a.py**\n\nText about it.\n\n", ""},
		{"1. a.py\n", "a.py"},
		{"1.2.3\n", ""},
		{"> a.py\n> ", "a.py"},
		{"Step 2: `src/a.py`\n", "src/a.py"},
		{"Create `a.py` with:\n", "a.py"},
		{"Create a test for `a.py`:\n", ""},
		{"Update `a.py`:\n", ""},
		{"Save it as a.py:\n", "a.py"},
		{"FILE: bin/run\n", "bin/run"},
		{"Node.js\n", ""},
		{"\n", ""},
		{"", ""},
		{"####### a.py b\n", ""},
		{"[a.py](./a.py)\n", "a.py"},
	};
	char scratch[LABEL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct label label = block_label(languages_for_tests, span_of(cases[i].above),
						 scratch);
		if (!is_span(label.path, cases[i].path))
			fail_msg("[%s]: [%.*s]", cases[i].above, (int)label.path.len,
				 label.path.len ? label.path.text : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_that_are_paths),
		cmocka_unit_test(test_words_that_are_none),
		cmocka_unit_test(test_info_strings),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests_name("block_path", tests, NULL, NULL);
}
