/* The lexer: what is code, what a string, what a comment, in five languages and on nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "tests/cpu.h"
#include "tests/validators_support.h"
#include "validators/syntax.h"

/* One letter a byte: . code, s string, # comment; line ends stay. */
static void classes(const char *language, const char *text, size_t len, struct buf *out)
{
	static const char letters[] = ".s#";
	struct syntax_map map;
	struct arena arena;

	arena_init(&arena);
	syntax_map_build(&map, &support_language(language)->syntax, text, len, &arena);
	for (size_t i = 0; i < len; i++)
		buf_putc(out, text[i] == '\n' ? '\n' : letters[syntax_class_at(&map, i)]);
	arena_done(&arena);
}

/*
 * tests/data/validators/syntax-LANGUAGE.txt: pairs of lines, code and below it the class of each
 * byte. The code lines together are the text.
 */
static void golden(const char *language)
{
	char path[100];
	struct buf file, code, wanted, got;
	struct error err = {0};

	snprintf(path, sizeof(path), "tests/data/validators/syntax-%s.txt", language);
	buf_init(&file, 1 << 20);
	buf_init(&code, 0);
	buf_init(&wanted, 0);
	buf_init(&got, 0);
	if (file_read(path, &file, &err) != 0)
		fail_msg("%s", err.text);
	struct buf *into = &code;
	for (const char *line = file.data; *line; into = into == &code ? &wanted : &code) {
		const char *end = strchr(line, '\n');
		buf_append(into, line, (size_t)(end - line) + 1);
		line = end + 1;
	}
	classes(language, code.data, code.len, &got);
	/* Line by line, so that a failure shows where. */
	const char *a = wanted.data, *b = got.data, *c = code.data;
	while (*a && *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n"), k = strcspn(c, "\n");
		if (n != m || memcmp(a, b, n) != 0)
			fail_msg("%s\n%.*s\n%.*s wanted\n%.*s got", path, (int)k, c, (int)n, a,
				 (int)m, b);
		a += n + 1;
		b += m + 1;
		c += k + 1;
	}
	assert_int_equal(wanted.len, got.len);
	buf_done(&file);
	buf_done(&code);
	buf_done(&wanted);
	buf_done(&got);
}

static void golden_texts(void **state)
{
	(void)state;
	golden("python");
	golden("javascript");
	golden("bash");
	golden("go");
}

static double time_of(const char *language, const char *piece, size_t size)
{
	struct buf text;
	struct syntax_map map;
	struct arena arena;

	buf_init(&text, size);
	while (!text.truncated)
		buf_puts(&text, piece);
	arena_init(&arena);
	double start = cpu_ms();
	syntax_map_build(&map, &support_language(language)->syntax, text.data, text.len, &arena);
	double took = cpu_ms() - start;
	arena_done(&arena);
	buf_done(&text);
	return took;
}

/* Each of these once cost, or could cost, a look at the rest of the text for every few bytes. */
static void nothing_is_read_twice(void **state)
{
	static const char *const pieces[][2] = {
		{"javascript", "=/[=/"}, {"javascript", "`${`${"}, {"javascript", "/*"},
		{"javascript", "/   "},  {"bash", "<<A "},         {"bash", "<<A\n"},
		{"bash", "\"$(\"`"},     {"bash", "<<A\n$(`"},     {"python", "\"\"\"'''"},
		{"python", "'\\"},       {"go", "`\"'"},           {"bash", "cat <<A <<B\nA\nB\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		double took = time_of(pieces[i][0], pieces[i][1], 4 << 20);
		/* Quadratic would be hours; the bound only has to hold on a slow machine. */
		if (took > 5000)
			fail_msg("%s in %s: %.0f ms for 4 MiB", pieces[i][1], pieces[i][0], took);
	}
}

static void a_map_without_syntax_is_code(void **state)
{
	struct syntax_map map;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	syntax_map_build(&map, NULL, "'# x'", 5, &arena);
	assert_int_equal(syntax_class_at(&map, 0), TEXT_CODE);
	assert_int_equal(syntax_class_end(&map, 0, 100), 5);
	assert_int_equal(syntax_class_at(&map, 99), TEXT_CODE);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_texts),
		cmocka_unit_test(nothing_is_read_twice),
		cmocka_unit_test(a_map_without_syntax_is_code),
	};

	return cmocka_run_group_tests_name("syntax", tests, NULL, NULL);
}
