/* Last words of real programs: tests/data/last_words/NAME.txt, what is read from them beside it. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "parsers/last_words.h"

#define FOLDER "tests/data/last_words/"

static void field(struct buf *out, const char *name, const char *value)
{
	if (value)
		buf_printf(out, "%s: %s\n", name, value);
}

static void describe(struct buf *out, const char *text, size_t len)
{
	struct arena arena;
	struct test test = {.name = "untouched"};

	arena_init(&arena);
	if (last_words_read(&arena, &test, text, len) != 0) {
		const struct test untouched = {.name = test.name};
		assert_memory_equal(&test, &untouched, sizeof(test));
		buf_puts(out, "nothing\n");
	}
	if (test.file)
		buf_printf(out, "place: %s:%zu\n", test.file, test.line);
	field(out, "message", test.message);
	field(out, "expected", test.expected);
	field(out, "actual", test.actual);
	if (test.stack)
		buf_printf(out, "stack: %zu bytes\n", strlen(test.stack));
	arena_done(&arena);
}

/* A capture may be cut anywhere. */
static void read_every_beginning(const struct buf *text)
{
	for (size_t len = 0; len < text->len; len++) {
		struct buf got;
		buf_init(&got, 1 << 20);
		describe(&got, text->data, len);
		assert_true(got.len > 0);
		buf_done(&got);
	}
}

static void words_are_read(void **state)
{
	const char *name = *state;
	char path[512];
	struct buf text, expected, got;

	buf_init(&text, 1 << 20);
	buf_init(&expected, 1 << 20);
	buf_init(&got, 1 << 20);
	snprintf(path, sizeof(path), FOLDER "%s.txt", name);
	assert_int_equal(file_read(path, &text, NULL), 0);
	snprintf(path, sizeof(path), FOLDER "%s.expected", name);
	describe(&got, text.data ? text.data : "", text.len);
	if (file_read(path, &expected, NULL) != 0)
		fail_msg("%s is missing; it would say:\n%s", path, got.data);
	assert_string_equal(got.data, expected.data);
	read_every_beginning(&text);
	buf_done(&text);
	buf_done(&expected);
	buf_done(&got);
}

static int is_case(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".txt") == 0;
}

int main(void)
{
	struct dirent **entries;
	int count = scandir(FOLDER, &entries, is_case, alphasort);

	if (count <= 0)
		return 1;
	struct CMUnitTest *tests = calloc((size_t)count, sizeof(*tests));
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;
		*strrchr(name, '.') = '\0';
		tests[i] = (struct CMUnitTest){name, words_are_read, NULL, NULL, name};
	}
	int failed = _cmocka_run_group_tests("last words", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	free(tests);
	return failed;
}
