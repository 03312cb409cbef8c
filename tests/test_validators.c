/* Checks from end to end: golden replies, limits, languages, places and floods. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "engine/report/findings_json.h"
#include "tests/validators_cmocka.h"

static bool blocks_the_reply(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].action == ACTION_BLOCK)
			return true;
	return false;
}

/* ---- golden replies ---- */

static struct block *blocks_of(char *text, struct arena *arena, size_t *count)
{
	struct block *items = NULL;
	char *next;

	/* "@@ LANGUAGE PATH" opens a block; its code is all up to the next one. */
	*count = 0;
	for (char *at = text; at && *at; at = next) {
		char *end = strchr(at, '\n');
		next = strstr(end, "\n@@ ");
		if (next)
			next++;
		size_t len = next ? (size_t)(next - end) - 1 : strlen(end + 1);
		char *language = strtok(at + 3, " \n"), *path = strtok(NULL, "\n");
		struct block *slot = arena_grow(arena, &items, *count, sizeof(*slot));
		*slot = support_block(language, arena_copy(arena, end + 1, len), len);
		slot->path = path;
		slot->line = *count + 1;
		(*count)++;
	}
	return items;
}

/* tests/data/validators/NAME.in against NAME.json; ASSAY_UPDATE=1 writes the latter. */
static void golden(const char *name)
{
	char path[120];
	struct buf in, wanted, got;
	struct json_writer w;
	struct findings findings;
	struct arena arena;
	struct error err = {0};
	size_t count;

	arena_init(&arena);
	buf_init(&in, 1 << 20);
	buf_init(&wanted, 1 << 20);
	buf_init(&got, 1 << 20);
	snprintf(path, sizeof(path), "tests/data/validators/%s.in", name);
	if (file_read(path, &in, &err) != 0)
		fail_msg("%s", err.text);
	struct block *items = blocks_of(arena_copy(&arena, in.data, in.len), &arena, &count);
	check(items, count, &arena, &findings);
	json_writer_init(&w, &got, false);
	findings_write_json(&w, NULL, &findings);
	buf_putc(&got, '\n');
	snprintf(path, sizeof(path), "tests/data/validators/%s.json", name);
	if (getenv("ASSAY_UPDATE"))
		file_write(path, got.data, got.len, 0644, NULL);
	if (file_read(path, &wanted, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(got.data, wanted.data);
	buf_done(&in);
	buf_done(&wanted);
	buf_done(&got);
	arena_done(&arena);
}

static void golden_replies(void **state)
{
	(void)state;
	golden("hostile");
	golden("risky");
	golden("ordinary");
	golden("paths");
	golden("cut");
}

/* ---- one block at a time ---- */

static void limits_are_counted(void **state)
{
	static const char *const only_go[] = {"go", NULL};
	struct check_limits limits = {
		.reply_bytes = 10,
		.block_bytes = 8,
		.block_lines = 2,
		.blocks = 1,
		.files = 1,
		.languages = only_go,
	};
	struct block items[3] = {
		support_block("python", "1\n2\n3\n4\n5", 9),
		support_block("go", "1\n2\n", 4),
		support_block("python", "1\n2\n3\n4\n5", 9),
	};
	struct blocks blocks = {.items = items, .count = 3};
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	items[0].path = "a.py";
	items[1].path = "b.go";
	items[1].index = 1;
	items[2].index = 2;
	items[2].used = false; /* nothing in it matters */
	validators_check(rules, &limits, 11, &blocks, &arena, &findings, NULL);
	assert_int_equal(findings.count, 6);
	assert_int_equal(findings.items[0].block, -1);
	assert_non_null(find(&findings, "limit-reply-bytes"));
	assert_non_null(find(&findings, "limit-blocks"));
	assert_non_null(find(&findings, "limit-files"));
	assert_non_null(find(&findings, "limit-block-bytes"));
	assert_string_equal(find(&findings, "limit-block-lines")->message,
			    "lines in one block: 5, the limit is 2");
	assert_string_equal(find(&findings, "language-not-allowed")->remedy, "use one of: go");
	assert_true(blocks_the_reply(&findings));
	arena_done(&arena);
}

static void only_used_programs_need_a_language(void **state)
{
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	struct block block = support_block("cobol", "DISPLAY 'X'.\n", 13);
	check(&block, 1, &arena, &findings);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.items[0].rule, "language-unknown");
	assert_false(blocks_the_reply(&findings));
	block.tag = "yaml";
	check(&block, 1, &arena, &findings);
	assert_int_equal(findings.count, 0);
	block.tag = "cobol";
	block.role = ROLE_MANIFEST;
	check(&block, 1, &arena, &findings);
	assert_int_equal(findings.count, 0);
	block.role = ROLE_CODE;
	block.used = false;
	check(&block, 1, &arena, &findings);
	assert_int_equal(findings.count, 0);
	arena_done(&arena);
}

static void a_place_is_exact_and_an_excerpt_safe(void **state)
{
	static const char code[] = "a = 1\r\n"
				   "b = '\xC3\xA9'; eval(x)\x1B[31m\0\xFF\r\n";
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	struct block block = support_block("python", code, sizeof(code) - 1);
	check(&block, 1, &arena, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.items[0].line, 2);
	assert_int_equal(findings.items[0].column, 11);
	assert_string_equal(findings.items[0].excerpt,
			    "b = '\xC3\xA9'; eval(x)\xEF\xBF\xBD[31m\xEF\xBF\xBD\xEF\xBF\xBD");
	arena_done(&arena);
}

static void an_excerpt_of_a_long_line_is_cut_between_characters(void **state)
{
	struct findings findings;
	struct arena arena;
	struct buf code;

	(void)state;
	arena_init(&arena);
	buf_init(&code, 0);
	for (int i = 0; i < 3000; i++)
		buf_puts(&code, "\xE2\x82\xAC"); /* the euro sign */
	size_t at = code.len;
	buf_puts(&code, "eval(x)");
	for (int i = 0; i < 3000; i++)
		buf_puts(&code, "\xE2\x82\xAC");
	struct block block = support_block("python", code.data, code.len);
	check(&block, 1, &arena, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.items[0].column, at + 1);
	const char *excerpt = findings.items[0].excerpt;
	assert_true(strlen(excerpt) <= 160 && strlen(excerpt) > 150);
	assert_non_null(strstr(excerpt, "eval(x)"));
	assert_null(strstr(excerpt, "\xEF\xBF\xBD"));
	buf_done(&code);
	arena_done(&arena);
}

static void findings_are_bounded_and_say_so(void **state)
{
	struct block items[100];
	struct findings findings;
	struct arena arena;
	struct buf code;

	(void)state;
	arena_init(&arena);
	buf_init(&code, 0);
	for (int i = 0; i < 1000; i++)
		buf_puts(&code, "eval(x)\n");
	for (int i = 0; i < 100; i++)
		items[i] = support_block("python", code.data, code.len);
	/* A flood of warnings must not hide the hostile block at the end. */
	items[99] = support_block("python", "os.system('rm -rf /')\n", 22);
	check(items, 100, &arena, &findings);
	assert_int_equal(findings.items[0].block, -1);
	assert_string_equal(findings.items[0].rule, "check-limit");
	assert_string_equal(findings.items[1].rule, "py-eval");
	assert_non_null(strstr(findings.items[20].message, "(the first 20 places are listed)"));
	assert_int_equal(findings.items[21].block, 1);
	assert_non_null(find(&findings, "py-destroy-host"));
	assert_true(findings.count < 1100);
	buf_done(&code);
	arena_done(&arena);
}

static void parts_of_an_edit_are_checked_in_their_place(void **state)
{
	static const char code[] = "\n\nimport base64; exec(base64.b64decode(x))\n";
	struct check_limits limits = {.blocks = 2};
	struct block items[3] = {
		support_block("python", "x = 1\n", 6),
		support_block("python", code, sizeof(code) - 1),
		support_block("python", "y = 1\n", 6),
	};
	struct blocks blocks = {.items = items, .count = 3};
	struct findings findings;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	items[0].path = items[1].path = "a.py";
	items[2].path = "b.py";
	items[1].role = items[2].role = ROLE_EDIT;
	items[1].index = items[2].index = 1; /* two parts of one block */
	items[1].code_line = 4;
	validators_check(rules, &limits, 0, &blocks, &arena, &findings, NULL);
	assert_true(findings.count >= 1);
	for (size_t i = 0; i < findings.count; i++) {
		assert_int_equal(findings.items[i].block, 1);
		assert_int_equal(findings.items[i].line, 7);
	}
	limits.languages = (const char *const[]){"go", NULL};
	validators_check(rules, &limits, 0, &blocks, &arena, &findings, NULL);
	assert_int_equal(find(&findings, "language-not-allowed")->block, 0);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_replies),
		cmocka_unit_test(limits_are_counted),
		cmocka_unit_test(only_used_programs_need_a_language),
		cmocka_unit_test(parts_of_an_edit_are_checked_in_their_place),
		cmocka_unit_test(a_place_is_exact_and_an_excerpt_safe),
		cmocka_unit_test(an_excerpt_of_a_long_line_is_cut_between_characters),
		cmocka_unit_test(findings_are_bounded_and_say_so),
	};

	return cmocka_run_group_tests_name("validators", tests, load, unload);
}
