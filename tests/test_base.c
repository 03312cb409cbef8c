/* The base: arena, buf, error, json, utf8, digest, resource. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "engine/base/resource.h"
#include "engine/base/utf8.h"

static void errors_wrap_upwards(void **state)
{
	struct error err = {0};
	(void)state;

	assert_int_equal(error_errno(&err, 28 /* ENOSPC */, "mount overlay"), -1);
	assert_int_equal(error_wrap(&err, "%s", "snapshot"), -1);
	assert_string_equal(err.text, "snapshot: mount overlay: No space left on device");
	assert_int_equal(err.code, ERROR_NO_SPACE);
	assert_int_equal(error_set(NULL, ERROR_IO, "nobody listens"), -1);
}

static void texts_are_copied_with_their_end(void **state)
{
	char *part = memory_copy("a\0bc", 3), *none = memory_copy(NULL, 0);
	char *whole = memory_string("gr\xC3\xBC");
	(void)state;

	assert_memory_equal(part, "a\0b", 4);
	assert_string_equal(none, "");
	assert_string_equal(whole, "gr\xC3\xBC");
	assert_null(memory_string(NULL));
	free(part);
	free(none);
	free(whole);
}

static void arena_arrays_grow_and_keep(void **state)
{
	struct arena arena;
	int *numbers = NULL;
	(void)state;

	arena_init(&arena);
	for (size_t i = 0; i < 1000; i++) {
		int *slot = arena_grow(&arena, &numbers, i, sizeof(*slot));
		assert_int_equal(*slot, 0);
		*slot = (int)i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], i);
	assert_string_equal(arena_printf(&arena, "%s-%d", "a", 7), "a-7");
	char *big = arena_alloc(&arena, 3 << 20);
	assert_int_equal(big[(3 << 20) - 1], 0);
	arena_done(&arena);
}

static void buf_is_cut_at_its_maximum(void **state)
{
	struct buf buf;
	(void)state;

	buf_init(&buf, 10);
	assert_string_equal(buf.data, "");
	buf_printf(&buf, "%s", "12345678");
	assert_false(buf.truncated);
	buf_puts(&buf, "9abc");
	assert_true(buf.truncated);
	assert_string_equal(buf.data, "123456789a");
	buf_done(&buf);
}

static void utf8_is_repaired_as_whatwg_says(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
		{"a\xFFz", "a\xEF\xBF\xBDz"},
		{"\xE2\x82", "\xEF\xBF\xBD"}, /* cut: one mark */
		{"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"}, /* overlong: two */
		{"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* surrogate */
		{"\xF0\x9F\x98\x80!", "\xF0\x9F\x98\x80!"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out;
		buf_init(&out, 0);
		utf8_append_repaired(&out, cases[i].in, strlen(cases[i].in));
		assert_string_equal(out.data, cases[i].out);
		buf_done(&out);
	}
	assert_int_equal(utf8_cut("gr\xC3\xBC", 4, 3), 2);
	assert_int_equal(utf8_cut("abc", 3, 10), 3);
}

/* Strings are gathered in blocks: an escape may come at any place of one, broken UTF-8 as well. */
static void json_escapes_at_any_place(void **state)
{
	static char text[3000];
	struct buf out, wanted;
	struct json_writer w;
	(void)state;

	for (size_t length = 1000; length < 1050; length++) {
		for (int broken = 0; broken < 2; broken++) {
			memset(text, 'x', length);
			memcpy(text + length, "\x7f\"", 2);
			text[length + 2] = broken ? '\xC3' : 'y';
			text[length + 3] = '\t';
			buf_init(&out, 0);
			buf_init(&wanted, 0);
			json_writer_init(&w, &out, true);
			json_put_bytes(&w, NULL, text, length + 4);
			buf_printf(&wanted, "\"%.*s\\u007f\\\"%s\\t\"", (int)length, text,
				   broken ? "\xEF\xBF\xBD" : "y");
			assert_string_equal(out.data, wanted.data);
			buf_done(&out);
			buf_done(&wanted);
		}
	}
}

static void json_comes_back_as_it_was_written(void **state)
{
	struct buf out, again;
	struct json_writer w;
	struct error err = {0};
	(void)state;

	buf_init(&out, 0);
	json_writer_init(&w, &out, true);
	json_object_begin(&w, NULL);
	json_put_string(&w, "s", "a\"\\\n\x01");
	json_put_bytes(&w, "z", "a\0b\xFF", 4);
	json_put_string(&w, "none", NULL);
	json_array_begin(&w, "list");
	json_put_int(&w, NULL, -3);
	json_put_number(&w, NULL, 0.5);
	json_put_number(&w, NULL, NAN);
	json_put_bool(&w, NULL, true);
	json_array_end(&w);
	json_object_begin(&w, "empty");
	json_object_end(&w);
	json_object_end(&w);
	assert_string_equal(out.data,
			    "{\"s\":\"a\\\"\\\\\\n\\u0001\",\"z\":\"a\\u0000b\xEF\xBF\xBD\","
			    "\"none\":null,\"list\":[-3,0.5,null,true],\"empty\":{}}");

	struct json *root = json_parse(out.data, out.len, "t", &err);
	assert_non_null(root);
	assert_string_equal(json_string(json_get(root, "s"), ""), "a\"\\\n\x01");
	assert_int_equal(json_count(json_get(root, "list")), 4);
	assert_true(json_is_null(json_get(json_get(root, "absent"), "deeper")));
	buf_init(&again, 0);
	json_writer_init(&w, &again, false);
	json_put_value(&w, NULL, json_get(root, "list"));
	assert_string_equal(again.data, "[\n  -3,\n  0.5,\n  null,\n  true\n]");
	buf_clear(&again);
	json_writer_init(&w, &again, true);
	json_array_begin(&w, NULL);
	json_put_text(&w, NULL, "{\"a\":1.00}", 10);
	json_put_text(&w, NULL, "null", 4);
	json_array_end(&w);
	assert_string_equal(again.data, "[{\"a\":1.00},null]");
	json_free(root);
	buf_done(&again);
	buf_done(&out);
}

static void json_errors_name_line_and_column(void **state)
{
	static const char *const keys[] = {"a", "b", NULL};
	static const char bad[] = "{\"a\": 1,\n  \"b\": oops}";
	static const char twice[] = "{}\n x";
	struct error err = {0};
	(void)state;

	assert_null(json_parse(bad, strlen(bad), "rules.json", &err));
	assert_string_equal(err.text, "rules.json:2:8: not valid JSON");
	assert_null(json_parse(twice, strlen(twice), "t", &err));
	assert_string_equal(err.text, "t:2:2: text after the end of the JSON value");
	struct json *root = json_parse("{\"c\":1}", 7, "t", &err);
	assert_int_equal(json_only(root, keys, "t", &err), -1);
	assert_string_equal(err.text, "t: unknown field \"c\" (known: a, b)");
	json_free(root);
}

static void digest_is_sha256(void **state)
{
	struct digest digest;
	char hex[DIGEST_HEX];
	(void)state;

	/* FIPS 180-2, appendix B.1. */
	digest_init(&digest);
	digest_add(&digest, "abc", 3);
	digest_end(&digest, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void resources_on_disk_override_those_inside(void **state)
{
	char root[] = "/tmp/assay-share-XXXXXX", path[256];
	struct error err = {0};
	struct arena arena;
	struct resource found, *list;
	size_t count;
	(void)state;

	arena_init(&arena);
	assert_int_equal(resource_find(&arena, "templates/nope/template.json", &found, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/templates/mine", root);
	assert_int_equal(file_make_dirs(path, 0755, &err), 0);
	snprintf(path, sizeof(path), "%s/templates/mine/template.json", root);
	assert_int_equal(file_write(path, "{}", 2, 0644, &err), 0);
	setenv("ASSAY_SHARE", root, 1);
	assert_int_equal(resource_find(&arena, "templates/mine/template.json", &found, &err), 0);
	assert_string_equal(found.data, "{}");
	assert_int_equal(resource_list(&arena, "templates/mine", ".json", &list, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].name, "templates/mine/template.json");
	unsetenv("ASSAY_SHARE");
	assert_int_equal(file_remove_tree(AT_FDCWD, root, &err), 0);
	arena_done(&arena);
}

static void time_is_rfc_3339(void **state)
{
	char text[CLOCK_TEXT];
	(void)state;

	clock_text(text);
	assert_int_equal(strlen(text), strlen("2026-11-21T02:45:00.123Z"));
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[23], 'Z');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_wrap_upwards),
		cmocka_unit_test(texts_are_copied_with_their_end),
		cmocka_unit_test(arena_arrays_grow_and_keep),
		cmocka_unit_test(buf_is_cut_at_its_maximum),
		cmocka_unit_test(utf8_is_repaired_as_whatwg_says),
		cmocka_unit_test(json_escapes_at_any_place),
		cmocka_unit_test(json_comes_back_as_it_was_written),
		cmocka_unit_test(json_errors_name_line_and_column),
		cmocka_unit_test(digest_is_sha256),
		cmocka_unit_test(resources_on_disk_override_those_inside),
		cmocka_unit_test(time_is_rfc_3339),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
