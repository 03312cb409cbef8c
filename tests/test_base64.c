/* Base64 against the test vectors of RFC 4648, section 10, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/base64.h"

static const char *const vectors[][2] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
};

static void vectors_of_rfc_4648(void **state)
{
	(void)state;
	struct arena arena;
	struct error err = {0};
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const char *data;
		size_t len, want = strlen(vectors[i][0]);
		assert_string_equal(base64_encode(&arena, vectors[i][0], want), vectors[i][1]);
		assert_int_equal(base64_decode(&arena, vectors[i][1], &data, &len, &err), 0);
		assert_int_equal(len, want);
		assert_memory_equal(data, vectors[i][0], want);
	}
	arena_done(&arena);
}

static void every_byte_survives(void **state)
{
	(void)state;
	struct arena arena;
	struct error err = {0};
	char all[256];
	const char *data;
	size_t len;
	arena_init(&arena);
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	const char *text = base64_encode(&arena, all, sizeof(all));
	assert_int_equal(base64_decode(&arena, text, &data, &len, &err), 0);
	assert_int_equal(len, sizeof(all));
	assert_memory_equal(data, all, sizeof(all));
	arena_done(&arena);
}

static void what_is_none_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v Zm9v", "Zm=v", "Zm-_", "Zm9v\n"};
	struct arena arena;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *data;
		size_t len;
		struct error err = {0};
		assert_int_equal(base64_decode(&arena, texts[i], &data, &len, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_rfc_4648),
		cmocka_unit_test(every_byte_survives),
		cmocka_unit_test(what_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
