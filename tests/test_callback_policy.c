/* What a receiver's answer means, and how long to wait before the next attempt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/service/callback_policy.h"

static void answers_have_one_of_three_fates(void **state)
{
	(void)state;
	for (unsigned status = 0; status < 600; status++) {
		enum callback_fate want = CALLBACK_AGAIN;
		if (status / 100 == 2)
			want = CALLBACK_TAKEN;
		if (status == 410)
			want = CALLBACK_NEVER;
		assert_int_equal(callback_fate(status), want);
	}
}

static void waits_double_up_to_the_longest(void **state)
{
	(void)state;
	static const uint64_t want[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000};
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(callback_wait_ms(i + 1, 1000, 20000, 1), want[i]);
		assert_int_equal(callback_wait_ms(i + 1, 1000, 20000, 0.5), want[i] / 2);
		assert_int_equal(callback_wait_ms(i + 1, 1000, 20000, 0), 0);
	}
	assert_int_equal(callback_wait_ms(1000 * 1000, 1, UINT64_MAX / 4, 1) > 0, 1);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	(void)state;
	const int64_t now = 784111777000; /* Sun, 06 Nov 1994 08:49:37 GMT */
	static const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {
		{NULL, 0},
		{"0", 0},
		{"7", 7000},
		{"99999999999999999999", 1000000000},
		{"-3", 0},
		{"3 s", 0},
		{"soon", 0},
		{"", 0},
		{"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
		{"Sun, 06 Nov 1994 08:49:27 GMT", 0},
		{"Sun, 06 Nov 1994 08:49:47 GMT+1", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(callback_retry_after_ms(cases[i].text, now), cases[i].ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_have_one_of_three_fates),
		cmocka_unit_test(waits_double_up_to_the_longest),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
