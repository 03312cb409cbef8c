/* Tests of loading a shared library late. */
#include "engine/base/library.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after those that it needs */
#include <cmocka.h>

static const char *const names[] = {"cos", "floor"};

static void test_functions_are_found(void **state)
{
	void *symbols[2] = {NULL};
	struct error err = {0};

	(void)state;
	assert_int_equal(library_load("libm.so.6", names, 2, symbols, &err), 0);
	assert_true(((typeof(floor) *)symbols[1])(2.5) == 2.0);
	assert_int_equal(library_load("libm.so.6", names, 2, symbols, &err), 0);
}

static void test_library_is_missing(void **state)
{
	void *symbols[2] = {NULL};
	struct error err = {0};

	(void)state;
	assert_int_equal(library_load("libabsent.so.1", names, 2, symbols, &err), -1);
	assert_int_equal(err.code, ERROR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "libabsent.so.1"));
}

static void test_function_is_missing(void **state)
{
	static const char *const absent[] = {"cos", "no_such_function"};
	void *symbols[2] = {NULL};
	struct error err = {0};

	(void)state;
	/* the second time as well: what was found before it does not count */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(library_load("libm.so.6", absent, 2, symbols, &err), -1);
		assert_int_equal(err.code, ERROR_UNAVAILABLE);
		assert_non_null(strstr(err.text, "no_such_function"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions_are_found),
		cmocka_unit_test(test_library_is_missing),
		cmocka_unit_test(test_function_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
