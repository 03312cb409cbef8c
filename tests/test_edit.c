/*
 * Edits over a workspace: tests/data/edit/NAME/ has before/ (the workspace; without it there is
 * none), edit.md (the reply) and after/ (what the workspace must be then) or message.txt (the
 * findings); notes.txt where there are notes.
 */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
#include "engine/pipeline/edits.h"
#include "parsers/markdown.h"
#include "runners/source_tree.h"
#include "tests/languages_for_tests.h"

struct applied {
	struct arena arena;
	struct buf reply;
	struct edits edits;
	struct findings findings;
	struct edited edited;
	int before;
};

static void read_text(const char *folder, const char *name, struct buf *out)
{
	char path[512];
	struct error err = {0};

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	buf_init(out, 0);
	if (file_exists(path) && file_read(path, out, &err) != 0)
		fail_msg("%s", err.text);
}

static int open_folder(const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void apply(struct applied *a, const char *folder)
{
	struct error err = {0};
	struct blocks blocks;

	*a = (struct applied){.before = open_folder(folder, "before")};
	arena_init(&a->arena);
	read_text(folder, "edit.md", &a->reply);
	if (markdown_extract(a->reply.data, a->reply.len, languages_for_tests, &a->arena, &blocks,
			     &err) != 0)
		fail_msg("%s: %s", folder, err.text);
	edits_read(&a->arena, &blocks, &a->edits, &a->findings);
	edits_apply(&a->arena, &blocks, &a->edits, a->before, &a->edited, &a->findings);
}

static void forget(struct applied *a)
{
	if (a->before >= 0)
		close(a->before);
	buf_done(&a->reply);
	arena_done(&a->arena);
}

/* The text must be what the file says; GOLDEN_WRITE=1 writes it anew. */
static void check_text(const char *folder, const char *name, const struct buf *got)
{
	struct buf expected;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (getenv("GOLDEN_WRITE") && got->len)
		assert_int_equal(file_write(path, got->data, got->len, 0644, NULL), 0);
	read_text(folder, name, &expected);
	if (strcmp(expected.data, got->data) != 0)
		fail_msg("%s: expected\n%s\ngot\n%s", path, expected.data, got->data);
	buf_done(&expected);
}

static void check_file(const char *folder, const char *path, const struct source_tree *got,
		       const struct source_tree *expected, struct arena *arena)
{
	size_t len, expected_len;
	const char *text = source_tree_read(got, arena, path, &len);
	const char *wanted = source_tree_read(expected, arena, path, &expected_len);

	if (!text || !wanted || len != expected_len || memcmp(text, wanted, len) != 0)
		fail_msg("%s: %s: expected\n%s\ngot\n%s", folder, path, wanted, text);
}

/*
 * The workspace with the edited files over it is what after/ holds (nothing where there is none).
 */
static void check_after(const char *folder, struct applied *a)
{
	struct source_tree got, expected;
	int after = open_folder(folder, "after");

	assert_int_equal(source_tree_init(&got, &a->arena, a->edited.files, a->edited.count,
					  a->before, NULL),
			 0);
	assert_int_equal(source_tree_init(&expected, &a->arena, NULL, 0, after, NULL), 0);
	for (size_t i = 0; i < expected.listed_count; i++)
		check_file(folder, expected.listed[i], &got, &expected, &a->arena);
	if (got.listed_count != expected.listed_count)
		fail_msg("%s: %zu files, expected %zu", folder, got.listed_count,
			 expected.listed_count);
	if (after >= 0)
		close(after);
}

static void check_case(const char *folder)
{
	struct buf messages, notes;
	struct applied a;

	apply(&a, folder);
	buf_init(&messages, 0);
	buf_init(&notes, 0);
	for (size_t i = 0; i < a.findings.count; i++)
		buf_printf(&messages, "%s: %s\n", a.findings.items[i].rule,
			   a.findings.items[i].message);
	check_text(folder, "message.txt", &messages);
	for (const char **note = a.edited.notes; note && *note; note++)
		buf_printf(&notes, "%s\n", *note);
	check_text(folder, "notes.txt", &notes);
	if (!messages.len)
		check_after(folder, &a);
	buf_done(&messages);
	buf_done(&notes);
	forget(&a);
}

static void cases(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("tests/data/edit/*", GLOB_ONLYDIR, NULL, &found), 0);
	assert_true(found.gl_pathc >= 30);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_case(found.gl_pathv[i]);
	globfree(&found);
}

/* Where a text stands in a part of a block is where it stands in the block. */
static size_t line_in_block(const struct block *part, const char *text)
{
	const char *at = strstr(part->code, text);
	size_t line = part->code_line + 1;

	assert_non_null(at);
	for (const char *c = part->code; c < at; c++)
		line += *c == '\n';
	return line;
}

static void checks_see_a_part_for_each_file(void **state)
{
	static const char reply[] = "```diff\n"
				    "--- a/a.py\n"
				    "+++ b/a.py\n"
				    "@@ -1,4 +1,4 @@\n"
				    " one\n"
				    "\n"
				    "-two\n"
				    "+three\n"
				    "\n"
				    "@@ -9,2 +9,2 @@\n"
				    "-four\n"
				    "+five\n"
				    "diff --git a/b.js b/c.js\n"
				    "rename from b.js\n"
				    "rename to c.js\n"
				    "@@ -1 +1,2 @@\n"
				    "+six\n"
				    " seven\n"
				    "```\n";
	struct findings findings = {0};
	struct blocks blocks, parts;
	struct edits edits;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assert_int_equal(markdown_extract(reply, sizeof(reply) - 1, languages_for_tests, &arena,
					  &blocks, NULL),
			 0);
	edits_read(&arena, &blocks, &edits, &findings);
	parts = edits_parts(&arena, &blocks, &edits, languages_for_tests);
	assert_int_equal(findings.count, 0);
	assert_int_equal(parts.count, 3);
	assert_string_equal(parts.items[0].path, "a.py");
	assert_ptr_equal(parts.items[0].language, &python_for_tests);
	assert_int_equal(line_in_block(&parts.items[0], "one"), 4);
	assert_int_equal(line_in_block(&parts.items[0], "three"), 7);
	assert_int_equal(line_in_block(&parts.items[0], "five"), 11);
	assert_null(strstr(parts.items[0].code, "two"));
	assert_string_equal(parts.items[1].path, "c.js");
	assert_int_equal(line_in_block(&parts.items[1], "seven"), 17);
	assert_string_equal(parts.items[2].path, "b.js");
	assert_int_equal(parts.items[2].code_len, 0);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases),
		cmocka_unit_test(checks_see_a_part_for_each_file),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
