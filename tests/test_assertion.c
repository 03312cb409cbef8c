/* The forms of failure texts: values and places that assertion_read must find, and must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parsers/assertion.h"
#include "parsers/parser.h"

static const struct {
	const char *text, *expected, *actual;
} values[] = {
	{"assert 3 == 4\n +  where 3 = add(1, 2)", "4", "3"},
	{"AssertionError: own message\nassert 'a == b' == 'c'", "'c'", "'a == b'"},
	{"assert f(x == 1) == {'a': 1}", "{'a': 1}", "f(x == 1)"},
	{"assert None is True", "True", "None"},
	{"E   AssertionError: 1 != 2 : not the same", "2", "1"},
	{"AssertionError: Lists differ: [1, 2] != [1, 3]\n\nFirst differing", "[1, 3]", "[1, 2]"},
	{"expect(received).toBe(expected)\n\nExpected: 4\nReceived: 3", "4", "3"},
	{"Expected number of calls: 2\nReceived number of calls: 1", "2", "1"},
	{"- Expected  - 1\n+ Received  + 1\n\n  Object {\n-   \"a\": 2,\n+   \"a\": 1,\n  }\n    at f",
	 "Object {\n  \"a\": 2,\n}", "Object {\n  \"a\": 1,\n}"},
	{"expected 3 to be 4 // Object.is equality", "4", "3"},
	{"AssertionError: expected { a: 1 } to deeply equal { a: 2 }", "{ a: 2 }", "{ a: 1 }"},
	{"Expected values to be strictly equal:\n\n3 !== 4\n", "4", "3"},
	{"+ actual - expected\n\n  [\n+   1\n-   2\n  ]\n", "[\n  2\n]", "[\n  1\n]"},
	{"Add(1, 2) = 3; want 4", "4", "3"},
	{"x_test.go:9: got 3, want 4", "4", "3"},
	{"Expected 120, got 24", "120", "24"},
	{"Error:      \tNot equal: \n            \texpected: 4\n            \tactual  : 3", "4",
	 "3"},
	{"assertion `left == right` failed\n  left: 3\n right: 4", "4", "3"},
	{"  left: `3`,\n right: `4`", "4", "3"},
	{"expected: <4> but was: <3>", "4", "3"},
	{"java.lang.AssertionError: expected:<4> but was:<3>", "4", "3"},
	{"Failed asserting that 3 matches expected 4.", "4", "3"},
	{"--- Expected\n+++ Actual\n@@ @@\n-'a'\n+'b'\n", "'a'", "'b'"},
	{"expected: 4\n     got: 3\n\n(compared using ==)", "4", "3"},
	/* none of these says two values */
	{"assert 3 in [1, 2]", NULL, NULL},
	{"AssertionError: assert 'a' != 'a'", NULL, NULL},
	{"Cannot read properties of null (reading 'foo')", NULL, NULL},
	{"Expected values to be strictly equal:  3 !== 4", NULL, NULL},
	{"if a == b then", NULL, NULL},
	{"", NULL, NULL},
};

static const struct {
	const char *text, *file;
	size_t line;
} places[] = {
	{"def f():\n>   x\nE   boom\n\ntests/test_a.py:12: AssertionError", "tests/test_a.py", 12},
	{"test_a.py:5: \n_ _\nsrc/calc.py:2: ValueError", "src/calc.py", 2},
	{"  File \"/workspace/a b.py\", line 7, in f\n    x()\n"
	 "  File \"/usr/lib/python3.11/json/decoder.py\", line 3, in g",
	 "a b.py", 7},
	{"Error: x\n    at f (/workspace/node_modules/chai/index.js:1:1)\n"
	 "    at Object.<anonymous> (/workspace/src/a.test.js:5:11)\n    at g (/workspace/b.js:9:1)",
	 "src/a.test.js", 5},
	{"    at file:///workspace/a.mjs:3:4", "a.mjs", 3},
	{" \xe2\x9d\xaf src/a.test.ts:5:50", "src/a.test.ts", 5},
	{"thread 'main' panicked at src/lib.rs:5:9:", "src/lib.rs", 5},
	{"\tat org.junit.Assert.fail(Assert.java:89)x org.junit.\n"
	 "\tat app.CalcTest.adds(CalcTest.java:12)",
	 "CalcTest.java", 12},
	{"panic: boom\n\t/usr/local/go/src/testing/testing.go:9 +0x1\n\t/w/a_test.go:4 +0x28",
	 "/w/a_test.go", 4},
	{"#   at t/add.t line 6.", "t/add.t", 6},
	{"(in test file test/add.bats, line 5)", "test/add.bats", 5},
	{"# ./spec/a_spec.rb:5:in `block'", "spec/a_spec.rb", 5},
	{"connect ECONNREFUSED 127.0.0.1:3000", NULL, 0},
	{"see https://example.com:443/x", NULL, 0},
	{"at 12:30:15", NULL, 0},
	{"a.py:0: nothing", NULL, 0},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *expected = NULL, *actual = NULL;
		struct arena arena;

		arena_init(&arena);
		assertion_values(&arena, values[i].text, &expected, &actual);
		if (!values[i].expected) {
			if (expected || actual)
				fail_msg("%s: found %s and %s", values[i].text, expected, actual);
		} else if (!expected || !actual) {
			fail_msg("%s: found nothing", values[i].text);
		} else {
			assert_string_equal(expected, values[i].expected);
			assert_string_equal(actual, values[i].actual);
		}
		arena_done(&arena);
	}
}

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *file = NULL;
		struct arena arena;
		size_t line = 0;
		int found;

		arena_init(&arena);
		found = assertion_location(&arena, places[i].text, &file, &line);
		if (!places[i].file && found == 0)
			fail_msg("%s: found %s:%zu", places[i].text, file, line);
		if (places[i].file) {
			if (found < 0)
				fail_msg("%s: found nothing", places[i].text);
			assert_string_equal(file, places[i].file);
			assert_int_equal(line, places[i].line);
		}
		arena_done(&arena);
	}
}

static void test_known_fields_stay(void **state)
{
	struct test test = {.message = "assert 3 == 4\nx.py:5: AssertionError",
			    .expected = "mine",
			    .file = "mine.py",
			    .line = 1};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assertion_read(&arena, &test);
	assert_string_equal(test.expected, "mine");
	assert_null(test.actual);
	assert_string_equal(test.file, "mine.py");
	arena_done(&arena);
}

static void test_strip(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{"\x1b[1;31mred\x1b[0m", 14, "red"},
		{"\x1b]0;title\x07text", 14, "text"},
		{"\x1b]8;;http://x\x1b\\link", 19, "link"},
		{"\x1b]never ends\nnext", 17, "]never ends\nnext"},
		{"a\x1b(Bb", 5, "ab"},
		{"\x1b", 1, ""},
		{"\x1b[12", 4, "[12"},
		{"a\r\nb\r\r\nc\rd", 10, "a\nb\nc\rd"},
		{"a\0b", 3,
		 "a\xef\xbf\xbd"
		 "b"},
		{"", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena;
		size_t len;

		arena_init(&arena);
		assert_string_equal(text_strip(&arena, cases[i].in, cases[i].len, &len),
				    cases[i].out);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_known_fields_stay),
		cmocka_unit_test(test_strip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
