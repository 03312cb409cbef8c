/* The tools that read and change single files: what they answer, and what they refuse. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tool_world_cmocka.h"

static bool flag_of(const struct json *answer, const char *key)
{
	assert_true(json_is_bool(json_get(answer, key)));
	return json_bool(json_get(answer, key), false);
}

static void schemas_hold_and_names_are_known(void **state)
{
	(void)state;
	static const char *const names[] = {"readFile",      "writeFile",     "deleteFile",
					    "searchReplace", "listDirectory", "searchFiles",
					    "grepSearch",    "codebaseSearch"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(tool_find(names[i]));
	assert_null(tool_find("readfile"));
	assert_null(tool_find(""));
}

static void whole_files_are_read(void **state)
{
	(void)state;
	put("src/a.txt", "one\ntwo\nthree");
	static const char *const spellings[] = {"src/a.txt", "./src//a.txt", "/workspace/src/a.txt",
						"src/./a.txt"};
	for (size_t i = 0; i < 4; i++) {
		char arguments[128];
		snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"}", spellings[i]);
		const struct json *answer = must("readFile", arguments);
		assert_string_equal(text_of(answer, "path"), "src/a.txt");
		assert_string_equal(text_of(answer, "content"), "one\ntwo\nthree");
		assert_string_equal(text_of(answer, "encoding"), "utf-8");
		assert_int_equal(number_of(answer, "bytes"), 13);
		assert_int_equal(number_of(answer, "start_line"), 1);
		assert_int_equal(number_of(answer, "end_line"), 3);
		assert_true(json_is_null(json_get(answer, "next_offset")));
		assert_false(flag_of(answer, "truncated"));
	}
	put("empty", "");
	const struct json *answer = must("readFile", "{\"path\":\"empty\"}");
	assert_string_equal(text_of(answer, "content"), "");
	assert_true(json_is_null(json_get(answer, "start_line")));
}

static void lines_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *arguments, *content;
		int start, end;
	} cases[] = {
		{"{\"path\":\"a\",\"start_line\":2}", "two\nthree\nfour\n", 2, 4},
		{"{\"path\":\"a\",\"end_line\":2}", "one\ntwo\n", 1, 2},
		{"{\"path\":\"a\",\"start_line\":2,\"end_line\":2}", "two\n", 2, 2},
		{"{\"path\":\"a\",\"start_line\":3,\"end_line\":99}", "three\nfour\n", 3, 4},
	};
	put("a", "one\ntwo\nthree\nfour\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct json *answer = must("readFile", cases[i].arguments);
		assert_string_equal(text_of(answer, "content"), cases[i].content);
		assert_int_equal(number_of(answer, "start_line"), cases[i].start);
		assert_int_equal(number_of(answer, "end_line"), cases[i].end);
		assert_false(flag_of(answer, "truncated"));
	}
	refused("readFile", "{\"path\":\"a\",\"start_line\":9}", "ends before line 9");
	refused("readFile", "{\"path\":\"a\",\"start_line\":3,\"end_line\":2}", "lies before");
	refused("readFile", "{\"path\":\"a\",\"start_line\":3,\"offset\":2}", "not both");
	/* a line that does not fit is not whole */
	const struct json *answer = must("readFile", "{\"path\":\"a\",\"end_line\":2,\"limit\":6}");
	assert_string_equal(text_of(answer, "content"), "one\ntw");
	assert_true(flag_of(answer, "truncated"));
}

/* Page after page gives the file, whatever the limit cuts through. */
static void pages_add_up(void **state)
{
	(void)state;
	char content[1000] = "";
	for (int i = 0; strlen(content) < 900; i++)
		strcat(content, i % 7 ? "\xe2\x82\xac" : "\xf0\x9f\x98\x80\n");
	put("a", content);
	for (unsigned limit = 4; limit < 40; limit += 3) {
		char all[1000] = "", arguments[128];
		double offset = 0;
		for (int pages = 0; offset >= 0 && pages < 1000; pages++) {
			snprintf(arguments, sizeof(arguments),
				 "{\"path\":\"a\",\"offset\":%.0f,\"limit\":%u}", offset, limit);
			const struct json *answer = must("readFile", arguments);
			assert_string_equal(text_of(answer, "encoding"), "utf-8");
			strcat(all, text_of(answer, "content"));
			offset = number_of(answer, "next_offset");
			assert_int_equal(flag_of(answer, "truncated"), offset >= 0);
		}
		assert_string_equal(all, content);
	}
	assert_string_equal(
		text_of(must("readFile", "{\"path\":\"a\",\"offset\":5000}"), "content"), "");
}

static void bytes_come_as_base64(void **state)
{
	(void)state;
	tool_world_put(&world, "a.bin", "\x00\x01\xff", 3);
	put("latin1", "caf\xe9\n");
	const struct json *answer = must("readFile", "{\"path\":\"a.bin\"}");
	assert_string_equal(text_of(answer, "encoding"), "base64");
	assert_string_equal(text_of(answer, "content"), "AAH/");
	answer = must("readFile", "{\"path\":\"latin1\"}");
	assert_string_equal(text_of(answer, "encoding"), "base64");
	assert_string_equal(text_of(answer, "content"), "Y2Fm6Qo=");
}

static void large_files_are_read_in_parts(void **state)
{
	(void)state;
	size_t len = 5 << 20;
	char *data = malloc(len);
	for (size_t i = 0; i < len; i++)
		data[i] = i % 64 == 63 ? '\n' : 'x';
	tool_world_put(&world, "large", data, len);
	free(data);
	const struct json *answer = must("readFile", "{\"path\":\"large\"}");
	assert_int_equal(number_of(answer, "length"), 1 << 20);
	assert_int_equal(number_of(answer, "next_offset"), 1 << 20);
	assert_int_equal(number_of(answer, "bytes"), len);
	assert_true(flag_of(answer, "truncated"));
	assert_non_null(text_of(answer, "why"));
	answer = must("readFile", "{\"path\":\"large\",\"limit\":4194304}");
	assert_int_equal(number_of(answer, "length"), 4 << 20);
	answer = must("readFile", "{\"path\":\"large\",\"start_line\":81920,\"end_line\":81920}");
	assert_int_equal(number_of(answer, "length"), 64);
	assert_false(flag_of(answer, "truncated"));
	refused("searchReplace", "{\"path\":\"large\",\"old_string\":\"x\",\"new_string\":\"y\"}",
		"larger than");
}

static const struct file *changed(void)
{
	assert_int_equal(world.call.file_count, 1);
	return &world.call.files[0];
}

static void files_are_written(void **state)
{
	(void)state;
	const struct json *answer = must("writeFile",
					 "{\"path\":\"src/new.sh\",\"content\":\"echo \\u00fc\\n\","
					 "\"executable\":true}");
	assert_true(flag_of(answer, "created"));
	assert_string_equal(changed()->path, "src/new.sh");
	assert_memory_equal(changed()->data, "echo \xc3\xbc\n", 8);
	assert_int_equal(changed()->len, 8);
	assert_true(changed()->executable);
	assert_int_equal(access("src/new.sh", F_OK), -1); /* others write it */

	put("old.sh", "x");
	char path[256];
	snprintf(path, sizeof(path), "%s/workspace/old.sh", world.folder);
	chmod(path, 0755);
	answer = must("writeFile", "{\"path\":\"old.sh\",\"content\":\"AAH/\","
				   "\"encoding\":\"base64\"}");
	assert_false(flag_of(answer, "created"));
	assert_memory_equal(changed()->data, "\x00\x01\xff", 3);
	assert_true(changed()->executable); /* as it was */
	refused("writeFile", "{\"path\":\"a\",\"content\":\"%\",\"encoding\":\"base64\"}",
		"base64");
	put("folder/a", "x");
	refused("writeFile", "{\"path\":\"folder\",\"content\":\"\"}", "is a folder");
	refused("writeFile", "{\"path\":\"old.sh/a\",\"content\":\"\"}", "is a file");
}

static void files_are_deleted(void **state)
{
	(void)state;
	char path[256];
	put("folder/a", "x");
	must("deleteFile", "{\"path\":\"folder/a\"}");
	assert_string_equal(changed()->path, "folder/a");
	assert_true(changed()->removed);
	refused("deleteFile", "{\"path\":\"folder\"}", "is a folder");
	refused("deleteFile", "{\"path\":\"folder/b\"}", "there is no folder/b in the workspace");
	snprintf(path, sizeof(path), "%s/workspace/dangling", world.folder);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	must("deleteFile", "{\"path\":\"dangling\"}");
}

static void texts_are_replaced(void **state)
{
	(void)state;
	put("a", "one two\none three\n");
	const struct json *answer = must("searchReplace", "{\"path\":\"a\",\"old_string\":\"one "
							  "three\",\"new_string\":\"four\"}");
	assert_int_equal(number_of(answer, "replacements"), 1);
	assert_int_equal(json_number(json_first(json_get(answer, "lines")), 0), 2);
	assert_string_equal(changed()->data, "one two\nfour\n");

	must("searchReplace", "{\"path\":\"a\",\"old_string\":\"one\",\"new_string\":\"\","
			      "\"replace_all\":true}");
	assert_string_equal(changed()->data, " two\n three\n");

	put("b", "aaaa");
	must("searchReplace", "{\"path\":\"b\",\"old_string\":\"aa\",\"new_string\":\"aaa\","
			      "\"replace_all\":true}");
	assert_string_equal(changed()->data, "aaaaaa");
}

static void what_cannot_be_replaced_is_explained(void **state)
{
	(void)state;
	put("a", "one two\none three\n");
	refused("searchReplace", "{\"path\":\"a\",\"old_string\":\"one\",\"new_string\":\"x\"}",
		"stands in a 2 times (lines 1, 2)");
	refused("searchReplace", "{\"path\":\"a\",\"old_string\":\"five\",\"new_string\":\"x\"}",
		"nor does its line \"five\"");
	refused("searchReplace",
		"{\"path\":\"a\",\"old_string\":\"\\n  one three\\n\\n\",\"new_string\":\"x\"}",
		"line 2 there is like its line \"one three\"");
	refused("searchReplace", "{\"path\":\"b\",\"old_string\":\"x\",\"new_string\":\"x\"}",
		"there is no b in the workspace");
	put("crlf", "one\r\ntwo\r\n");
	refused("searchReplace",
		"{\"path\":\"crlf\",\"old_string\":\"one\\ntwo\",\"new_string\":\"x\"}",
		"lines end with \\r\\n");
	/* 1 MiB of places, each of which would become 1 KiB */
	size_t len = 1 << 20;
	char *data = malloc(len), arguments[2048], large[1025];
	memset(data, 'y', len);
	tool_world_put(&world, "y", data, len);
	free(data);
	memset(large, 'z', 1024);
	large[1024] = '\0';
	snprintf(arguments, sizeof(arguments),
		 "{\"path\":\"y\",\"old_string\":\"y\",\"new_string\":\"%s\","
		 "\"replace_all\":true}",
		 large);
	refused("searchReplace", arguments, "more than 4194304 bytes");
}

static void folders_are_listed(void **state)
{
	(void)state;
	char path[256];
	put("b/c/d.txt", "four");
	put("a.txt", "x");
	put("node_modules/m/index.js", "x");
	snprintf(path, sizeof(path), "%s/workspace/link", world.folder);
	assert_int_equal(symlink("b/c", path), 0);
	const struct json *answer = must("listDirectory", "{}");
	assert_int_equal(number_of(answer, "count"), 4);
	static const char *const want[][2] = {{"a.txt", "file"},
					      {"b", "directory"},
					      {"link", "symlink"},
					      {"node_modules", "directory"}};
	size_t i = 0;
	JSON_EACH (it, json_get(answer, "entries")) {
		assert_string_equal(text_of(it, "path"), want[i][0]);
		assert_string_equal(text_of(it, "type"), want[i][1]);
		assert_true(flag_of(it, "exact"));
		if (i == 0)
			assert_int_equal(number_of(it, "bytes"), 1);
		if (i == 2)
			assert_string_equal(text_of(it, "target"), "b/c");
		i++;
	}
	assert_int_equal(i, 4);
	answer = must("listDirectory", "{\"recursive\":true}");
	assert_int_equal(number_of(answer, "count"), 6); /* not into node_modules, nor the link */
	answer = must("listDirectory", "{\"recursive\":true,\"include_ignored\":true}");
	assert_int_equal(number_of(answer, "count"), 8);
	answer = must("listDirectory", "{\"depth\":2,\"max_results\":3}");
	assert_int_equal(number_of(answer, "count"), 3);
	assert_true(flag_of(answer, "truncated"));
	/* a link to a folder may be named */
	answer = must("listDirectory", "{\"path\":\"link\"}");
	assert_string_equal(text_of(json_first(json_get(answer, "entries")), "path"), "link/d.txt");
	refused("listDirectory", "{\"path\":\"a.txt\"}", "is a file, not a folder");
	refused("listDirectory", "{\"path\":\"nowhere\"}", "there is no nowhere in the workspace");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tool_set_up, tool_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(schemas_hold_and_names_are_known),
		TEST(whole_files_are_read),
		TEST(lines_are_read),
		TEST(pages_add_up),
		TEST(bytes_come_as_base64),
		TEST(large_files_are_read_in_parts),
		TEST(files_are_written),
		TEST(files_are_deleted),
		TEST(texts_are_replaced),
		TEST(what_cannot_be_replaced_is_explained),
		TEST(folders_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
