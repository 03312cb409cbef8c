/* Extraction: golden replies, CommonMark as the cmark command has it, and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmark.h>
#include <cmocka.h>
#include <glob.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "engine/report/blocks_json.h"
#include "parsers/markdown_section.h"
#include "tests/cmark_oracle.h"
#include "tests/languages_for_tests.h"

static void read_file(const char *path, struct buf *out)
{
	struct error err = {0};

	buf_init(out, 0);
	if (file_read(path, out, &err) != 0)
		fail_msg("%s", err.text);
}

/* ---- golden replies: NAME.md, and beside it NAME.json as `assay extract` writes it ---- */

/* GOLDEN_WRITE=1 writes the expected files anew, for `git diff` to be read. */
static void check_golden(const char *path)
{
	struct buf text, expected, got;
	struct blocks blocks;
	struct arena arena;
	struct error err = {0};
	struct json_writer w;
	char json[512];

	snprintf(json, sizeof(json), "%.*s.json", (int)strlen(path) - 3, path);
	read_file(path, &text);
	arena_init(&arena);
	assert_int_equal(
		markdown_extract(text.data, text.len, languages_for_tests, &arena, &blocks, &err),
		0);
	buf_init(&got, 0);
	json_writer_init(&w, &got, false);
	blocks_write_json(&w, NULL, &blocks);
	buf_putc(&got, '\n');
	if (getenv("GOLDEN_WRITE"))
		assert_int_equal(file_write(json, got.data, got.len, 0644, &err), 0);
	read_file(json, &expected);
	if (strcmp(expected.data, got.data) != 0)
		fail_msg("%s: expected\n%s\ngot\n%s", path, expected.data, got.data);
	buf_done(&expected);
	buf_done(&got);
	buf_done(&text);
	arena_done(&arena);
}

static void test_golden_replies(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("tests/data/markdown/*.md", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 40);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_golden(found.gl_pathv[i]);
	globfree(&found);
}

/* ---- against cmark ---- */

static void check_against(const char *xml, const char *text, size_t len)
{
	struct arena arena;
	struct blocks got = {0};
	struct error err = {0};

	arena_init(&arena);
	struct blocks expected = oracle_blocks(&arena, xml, text, len);
	assert_int_equal(oracle_extract(text, len, &arena, &got, &err), 0);
	if (!oracle_has_markdown(&expected) && !oracle_agrees(&expected, &got))
		fail_msg("cmark reads this differently:\n%.*s", (int)len, text);
	arena_done(&arena);
}

static void test_specification_examples_as_the_cmark_command_reads_them(void **state)
{
	char name[] = "/tmp/assay-cmark-XXXXXX", command[128];
	struct error err = {0};
	struct buf text;
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0);
	read_file("tests/data/commonmark/examples-0.30.json", &text);
	struct json *examples = json_parse(text.data, text.len, "examples", &err);
	assert_non_null(examples);
	assert_int_equal(json_count(examples), 652);
	snprintf(command, sizeof(command), "cmark -t xml --sourcepos %s", name);
	JSON_EACH (example, examples) {
		const char *markdown = json_string(example, "");
		struct buf xml;
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, markdown, strlen(markdown), 0), strlen(markdown));
		FILE *pipe = popen(command, "re");
		assert_non_null(pipe);
		buf_init(&xml, 0);
		assert_int_equal(file_read_fd(fileno(pipe), "cmark", &xml, &err), 0);
		assert_int_equal(pclose(pipe), 0);
		check_against(xml.data, markdown, strlen(markdown));
		buf_done(&xml);
	}
	json_free(examples);
	buf_done(&text);
	close(fd);
	unlink(name);
}

static void check_in_process(const char *text, size_t len)
{
	cmark_node *root = cmark_parse_document(text, len, CMARK_OPT_DEFAULT);
	char *xml = cmark_render_xml(root, CMARK_OPT_SOURCEPOS);

	check_against(xml, text, len);
	free(xml);
	cmark_node_free(root);
}

/* xorshift: the same documents everywhere. */
static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void random_document(uint32_t *seed, size_t tokens, struct buf *out)
{
	static const char *const pieces[] = {
		"```",      "```",     "````",      "~~~",       "`",           "py",     " ",
		"  ",       "    ",    "\t",        "> ",        "- ",          "1. ",    "2) ",
		"\n",       "\n",      "\n",        "\n\n",      "\n\n",        "a",      "text",
		"<!--",     "-->",     "<div>",     "<pre>",     "</pre>",      "[a]: b", "===",
		"---",      "# ",      "![",        "\r",        "\r\n",        "&Tab;",  "\\",
		"\f",       "<?",      "?>",        "<![CDATA[", "]]>",         "*",      "\"",
		"\xC3\xA9", "\n```\n", "\n```js\n", "**b**",     "<a href=![>", "~~~~",
	};

	for (size_t i = 0; i < tokens; i++)
		buf_puts(out, pieces[random_next(seed) % (sizeof(pieces) / sizeof(pieces[0]))]);
}

static void test_random_documents_as_libcmark_reads_them(void **state)
{
	uint32_t seed = 2463534242;
	size_t least = section_least;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct buf text;
		buf_init(&text, 0);
		random_document(&seed, 4 + random_next(&seed) % 60, &text);
		section_least = i % 2 ? least : 1 + random_next(&seed) % 40;
		check_in_process(text.data, text.len);
		buf_done(&text);
	}
	section_least = least;
}

static void test_sections_of_a_long_document(void **state)
{
	uint32_t seed = 88172645;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	while (text.len < (size_t)2 * 1024 * 1024) {
		buf_puts(&text, "\n\nA paragraph, then a block:\n\n```python\nprint('![x]')\n\n"
				"Text in it\n```\n\n- item\n\n  ~~~\n  x\n  ~~~\n");
		if (text.len % 7 == 0)
			random_document(&seed, 5, &text);
	}
	check_in_process(text.data, text.len);
	buf_done(&text);
}

/* ---- limits and hostile text ---- */

struct outcome {
	int rc;
	struct error err;
	struct blocks blocks;
	struct arena arena;
};

static void extract(const struct buf *text, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	arena_init(&out->arena);
	out->rc = markdown_extract(text->data, text->len, languages_for_tests, &out->arena,
				   &out->blocks, &out->err);
}

static void repeat(struct buf *text, const char *piece, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_puts(text, piece);
}

static void test_ten_thousand_blocks_and_no_more(void **state)
{
	struct outcome out;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	repeat(&text, "```py\nx = 1\n```\n", 10000);
	extract(&text, &out);
	assert_int_equal(out.rc, 0);
	assert_int_equal(out.blocks.count, 10000);
	assert_string_equal(out.blocks.items[9999].path, "main.py");
	assert_false(out.blocks.items[0].used);
	arena_done(&out.arena);
	repeat(&text, "```py\ny = 1\n```\n", 1);
	extract(&text, &out);
	assert_int_equal(out.rc, -1);
	assert_int_equal(out.err.code, ERROR_TOO_LARGE);
	assert_string_equal(out.err.text, "the text holds more than 10000 code blocks");
	arena_done(&out.arena);
	buf_done(&text);
}

static void test_64_mib_and_no_more(void **state)
{
	struct outcome out;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	buf_puts(&text, "```py\n");
	while (text.len < (size_t)64 * 1024 * 1024 - 64)
		buf_puts(&text, "print('a line of the 64 MiB')\n");
	buf_puts(&text, "```\n");
	extract(&text, &out);
	assert_int_equal(out.rc, 0);
	assert_int_equal(out.blocks.count, 1);
	assert_true(out.blocks.items[0].closed);
	assert_int_equal(out.blocks.items[0].code_len, text.len - strlen("```py\n```\n"));
	arena_done(&out.arena);
	repeat(&text, "123456789\n", 7);
	extract(&text, &out);
	assert_int_equal(out.rc, -1);
	assert_int_equal(out.err.code, ERROR_TOO_LARGE);
	assert_string_equal(out.err.text, "the text is longer than 64 MiB");
	arena_done(&out.arena);
	buf_done(&text);
}

static void test_a_line_of_8_mib(void **state)
{
	const size_t len = (size_t)8 * 1024 * 1024;
	struct outcome out;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	buf_puts(&text, "```js\n");
	repeat(&text, "![]+", len / 4);
	buf_puts(&text, "\n```\n");
	extract(&text, &out);
	assert_int_equal(out.rc, 0);
	assert_int_equal(out.blocks.count, 1);
	assert_int_equal(out.blocks.items[0].code_len, len + 1);
	assert_memory_equal(out.blocks.items[0].code, text.data + 6, len + 1);
	arena_done(&out.arena);
	buf_done(&text);
}

static void test_a_hostile_info_string(void **state)
{
	struct outcome out;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	buf_puts(&text, "```");
	repeat(&text, "title=\"a=:{", (size_t)100 * 1024);
	buf_puts(&text, "\nx\n```\n~~~py title=\"");
	repeat(&text, "../", (size_t)400 * 1024);
	buf_puts(&text, "a.py\"\nx = 1\n~~~\n");
	extract(&text, &out);
	assert_int_equal(out.rc, 0);
	assert_int_equal(out.blocks.count, 2);
	assert_null(out.blocks.items[0].path);
	assert_false(out.blocks.items[0].used);
	assert_true(strlen(out.blocks.items[0].why_not) < 200);
	assert_string_equal(out.blocks.items[1].path, "main.py");
	arena_done(&out.arena);
	buf_done(&text);
}

/* Each takes libcmark quadratic time, or gigabytes, when it is handed over as it is. */
static void test_text_made_to_hang_does_not(void **state)
{
	static const struct {
		const char *head, *body, *tail;
		size_t times;
		const char *error; /* NULL: it must work */
	} cases[] = {
		{"", "![[]()", "", 50000, NULL},
		{"", "- ", "a", 100, NULL},
		{"", ">", "\n\na", 1000000, NULL},
		{"```py\n", "\n", "```\n", 1000000, NULL},
		{"", "\r", "```\rx\r```", 1000000, NULL},
		{"", "```markdown\n```a\n```\n```\n", "", 2000, NULL},
		{"", "```markdown\n```a\n```\n", "", 3000, NULL},
		{"", "```x name=name=name=name=name=name=name=name=\nx\n```\n", "", 9000, NULL},
		{"```py\ndef f():\n```\n```py\n", "import a as a\n", "a.b\n```\n", 100000, NULL},
		{"", "*a_ ", "", 4000000,
		 "the text has too many lines and marks: reading it takes "
		 "over 512 MiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome out;
		struct buf text;
		buf_init(&text, 0);
		buf_puts(&text, cases[i].head);
		repeat(&text, cases[i].body, cases[i].times);
		buf_puts(&text, cases[i].tail);
		extract(&text, &out);
		assert_int_equal(out.rc, cases[i].error ? -1 : 0);
		if (cases[i].error)
			assert_string_equal(out.err.text, cases[i].error);
		arena_done(&out.arena);
		buf_done(&text);
	}
}

static void test_lists_nested_under_many_blank_lines_are_refused(void **state)
{
	struct outcome out;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	repeat(&text, "- ", 20000);
	buf_puts(&text, "a");
	repeat(&text, "\n", 20000);
	extract(&text, &out);
	assert_int_equal(out.rc, -1);
	assert_int_equal(out.err.code, ERROR_TOO_LARGE);
	assert_string_equal(out.err.text, "lists are nested too deep to be read in time");
	arena_done(&out.arena);
	buf_done(&text);
}

static void test_no_text_has_no_blocks(void **state)
{
	static const char *const texts[] = {"", "\xEF\xBB\xBF", "\n", "```", "\xFF"};
	static const size_t counts[] = {0, 0, 0, 1, 0};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct buf text = {.data = (char *)texts[i], .len = strlen(texts[i])};
		struct outcome out;
		extract(&text, &out);
		assert_int_equal(out.rc, 0);
		assert_int_equal(out.blocks.count, counts[i]);
		arena_done(&out.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_replies),
		cmocka_unit_test(test_specification_examples_as_the_cmark_command_reads_them),
		cmocka_unit_test(test_random_documents_as_libcmark_reads_them),
		cmocka_unit_test(test_sections_of_a_long_document),
		cmocka_unit_test(test_ten_thousand_blocks_and_no_more),
		cmocka_unit_test(test_64_mib_and_no_more),
		cmocka_unit_test(test_a_line_of_8_mib),
		cmocka_unit_test(test_a_hostile_info_string),
		cmocka_unit_test(test_text_made_to_hang_does_not),
		cmocka_unit_test(test_lists_nested_under_many_blank_lines_are_refused),
		cmocka_unit_test(test_no_text_has_no_blocks),
	};

	return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
