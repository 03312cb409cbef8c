/* The reader of patterns: needles that every match must hold, and none where it is not sure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "engine/base/regex.h"
#include "tests/cpu.h"

/* "a <b c>" reads: a anywhere, b at the start of a word, c at the end of one; ^ first: at_start. */
static void shown(const struct needles *needles, struct buf *out)
{
	if (needles->at_start)
		buf_putc(out, '^');
	for (size_t i = 0; i < needles->count; i++) {
		const struct needle *it = &needles->items[i];
		buf_printf(out, "%s%s%.*s%s%s", i ? " " : "", it->word_before ? "<" : "",
			   (int)it->len, it->text, it->word_after ? ">" : "",
			   it->caseless ? "~" : "");
	}
}

static void needles_of_patterns(void **state)
{
	static const struct {
		const char *pattern, *needles;
	} cases[] = {
		{"abc", "^abc"},
		{"\\babc\\b", "^<abc>"},
		{"(?i)abc", "^abc~"},
		{"x?abc", "abc"},
		{"abc*", "ab"},
		{"abc+d", "^abc"},
		{"ab{0,3}cdefg", "cdefg"},
		{"a.cdefgh", "cdefgh"},
		{"foo|barbaz", "^foo barbaz"},
		{"\\b(?:foo|bar)\\(", "^<foo <bar"},
		{"(?:foo|bar|)baz", "baz"},
		{"(?:foo)?bar", "bar"},
		{"foo|\\d+", ""},
		{"\\d+", ""},
		{"(?=foo)\\w+bar", "bar"},
		{"(?<!x)foobar", "^foobar"},
		{"[abc]de[]x]fgh", "fgh"},
		{"[[:alpha:]]+xyz", "xyz"},
		{"\\x41\\tz", "^A\tz"},
		{"(\\w)\\1foo", "foo"},
		{"foo(?#c)", ""}, /* a comment is not read */
		{"\\Qfoo\\E", ""}, /* nor is quoting */
		{"(?x) foo", ""}, /* nor extended syntax */
		{"(?1)(foo)", ""}, /* nor recursion */
		{"a{2}{3}bcdef", ""}, /* nor a repeated repetition */
		{"abcdefghijklmnop", "^abcdefghijkl"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern_points points;
		struct needles needles;
		struct buf out;
		buf_init(&out, 0);
		pattern_read(cases[i].pattern, &needles, &points);
		shown(&needles, &out);
		if (strcmp(out.data, cases[i].needles) != 0)
			fail_msg("%s: %s, wanted %s", cases[i].pattern, out.data, cases[i].needles);
		buf_done(&out);
	}
}

static enum regex_result find(const char *pattern, const char *text, size_t len, size_t *at)
{
	struct error err = {0};
	struct regex *regex;

	if (regex_new(&regex, pattern, &err) != 0)
		fail_msg("%s: %s", pattern, err.text);
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex_window window = {.text = text, .start_end = len, .end = len};
	regex_grant(scratch, 1000000);
	enum regex_result result = regex_find(regex, scratch, &window, at);
	regex_scratch_free(scratch);
	regex_free(regex);
	return result;
}

static void matches_are_those_of_pcre2(void **state)
{
	size_t at;

	(void)state;
	assert_int_equal(find("^b$", "a\r\nb\r\nc", 7, &at), REGEX_MATCH);
	assert_int_equal(at, 3);
	assert_int_equal(find("\\xE2\\x80[\\xAA-\\xAE]", "x\xE2\x80\xAEy", 5, &at), REGEX_MATCH);
	assert_int_equal(at, 1);
	assert_int_equal(find("(a+)b\\1c", "aabaac", 6, &at), REGEX_MATCH);
	assert_int_equal(find("(?x) f o o # comment", "xfoo", 4, &at), REGEX_MATCH);
	assert_int_equal(find("foo", "fo", 2, &at), REGEX_NONE);
}

/* Each of these takes longer than anybody would wait, were it let run. */
static void no_pattern_hangs(void **state)
{
	static const char *const patterns[] = {
		"(x+x+)+y",        "(?:x|x)*[yz]",     "x*x*x*x*x*[yz]",
		"(?x) (x+ x+)+ y", "x.*x.*x.*x.*[yz]", "(?:(?:x|x)(?:x|x)(?:x|x)(?:x|x)){6}y",
		"x[^y]*\\)",
	};
	enum { SIZE = 1 << 18 };
	char *text = malloc(SIZE);
	size_t at;

	(void)state;
	memset(text, 'x', SIZE);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		double start = cpu_ms();
		enum regex_result result = find(patterns[i], text, SIZE, &at);
		double took = cpu_ms() - start;
		if (took > 5000 || result == REGEX_MATCH)
			fail_msg("%s: %.0f ms, result %d", patterns[i], took, result);
	}
	free(text);
}

static void mistakes_have_an_offset(void **state)
{
	struct error err = {0};
	struct regex *regex;

	(void)state;
	assert_int_equal(regex_new(&regex, "a[b-", &err), -1);
	assert_string_equal(err.text, "at offset 4: missing terminating ] for character class");
	assert_int_equal(regex_new(&regex, "a|", &err), -1);
	assert_string_equal(err.text,
			    "at offset 0: matches the empty string, so it would match everywhere");
	assert_int_equal(regex_new(&regex, "(*UTF)a", &err), -1);
	assert_null(regex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needles_of_patterns),
		cmocka_unit_test(matches_are_those_of_pcre2),
		cmocka_unit_test(no_pattern_hangs),
		cmocka_unit_test(mistakes_have_an_offset),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
