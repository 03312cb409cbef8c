/* The delta between two attempts: each list gets what it promises, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/buf.h"
#include "engine/pipeline/delta.h"
#include "tests/arena_cmocka.h"

/* "+a": passed, "-a": failed, "!a": error, "~a": skipped; "s/a" has a suite. Space-separated. */
static struct results make_results(struct arena *arena, const char *text)
{
	struct results results = {.runner = "made", .complete = true};
	char *copy = arena_string(arena, text), *save = NULL;
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		struct test *test = arena_grow(arena, &results.tests, results.count++,
					       sizeof(*test));
		test->status = *word == '+'   ? TEST_PASSED
			       : *word == '-' ? TEST_FAILED
			       : *word == '!' ? TEST_ERROR
					      : TEST_SKIPPED;
		char *slash = strchr(word, '/');
		if (slash)
			*slash = '\0';
		test->suite = slash ? word + 1 : NULL;
		test->name = slash ? slash + 1 : word + 1;
	}
	return results;
}

static void print_list(struct buf *out, const char *title, const char **list)
{
	assert_non_null(list);
	for (; *list; list++) {
		buf_printf(out, "%s%s %s", out->len ? ", " : "", title, *list);
	}
}

static void check_delta(const struct results *before, const struct results *now, const char *wanted)
{
	struct arena arena;
	arena_init(&arena);
	struct delta delta;
	delta_compute(&arena, "earlier", before, now, &delta);
	struct buf out;
	buf_init(&out, 0);
	print_list(&out, "newly", delta.newly_failing);
	print_list(&out, "fixed", delta.fixed);
	print_list(&out, "still", delta.still_failing);
	print_list(&out, "vanished", delta.vanished);
	print_list(&out, "skipped", delta.newly_skipped);
	assert_string_equal(out.data, wanted);
	buf_done(&out);
	arena_done(&arena);
}

static void check(const char *before, const char *now, const char *wanted)
{
	struct arena arena;
	arena_init(&arena);
	struct results old = make_results(&arena, before), new = make_results(&arena, now);
	check_delta(&old, &new, wanted);
	arena_done(&arena);
}

static void classes_each_change(void **state)
{
	(void)state;
	static const struct {
		const char *before, *now, *wanted;
	} cases[] = {
		{"+a -b", "+a +b", "fixed b"},
		{"+a +b", "+a -b", "newly b"},
		{"+a -b", "+a -b", "still b"},
		{"-a", "!a", "still a"},
		{"!a", "+a", "fixed a"},
		{"+a", "+a -b", "newly b"}, /* new, and red */
		{"+a", "+a +b", ""}, /* new, and green */
		{"+a", "+a ~b", ""}, /* new, and skipped: nobody lost anything */
		{"+a -b", "+a", "vanished b"}, /* a deleted test is not a fixed one */
		{"+a -b", "+a ~b", "skipped b"}, /* nor is a skipped one */
		{"+a", "~a", "skipped a"},
		{"~a", "~a", ""},
		{"~a", "-a", "newly a"},
		{"~a", "+a", ""},
		{"", "", ""},
		{"+c +b +a", "-a -b", "newly a, newly b, vanished c"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].before, cases[i].now, cases[i].wanted);
}

static void suite_and_occurrence_are_identity(void **state)
{
	(void)state;
	check("+s/a -t/a", "-s/a +t/a", "newly s > a, fixed t > a");
	check("+s/a", "+a", "vanished s > a");
	check("-program/ls +s/a", "-program/cat +s/a", "newly program > cat");
	check("-program/ls", "+program/ls", "fixed program > ls");
	check("+a -a +a", "+a +a -a", "newly a, fixed a");
	check("-a -a", "-a", "still a, vanished a");
	check("+a", "+a -a", "newly a");
}

static void order_is_the_results_own(void **state)
{
	(void)state;
	check("+z +m +a", "-z -a -m", "newly z, newly a, newly m");
	check("+z +a +m", "+x", "vanished z, vanished a, vanished m");
}

static void an_unfinished_run_makes_nothing_vanish(void **state)
{
	struct arena *arena = *state;
	struct results before = make_results(arena, "+a -b +c"), now = make_results(arena, "+b");
	now.complete = false;
	check_delta(&before, &now, "fixed b");
	now.complete = true;
	now.build_failed = true;
	check_delta(&before, &now, "fixed b");
	struct results none = {.runner = NULL};
	check_delta(&before, &none, "");
}

static void without_an_earlier_run_there_is_no_delta(void **state)
{
	struct arena *arena = *state;
	struct results now = make_results(arena, "-a"), empty = {.runner = NULL};
	struct delta delta;
	delta_compute(arena, "x", NULL, &now, &delta);
	assert_null(delta.against);
	assert_null(delta.newly_failing[0]);
	delta_compute(arena, "x", &empty, &now, &delta);
	assert_null(delta.against);
	assert_null(delta.newly_failing[0]);
	delta_compute(arena, "x", &now, &now, &delta);
	assert_string_equal(delta.against, "x");
}

static void many_tests_are_quick(void **state)
{
	struct arena *arena = *state;
	struct results before = {.runner = "made", .complete = true}, now = before;
	enum { MANY = 50000 };
	before.tests = arena_array(arena, MANY, sizeof(struct test));
	now.tests = arena_array(arena, MANY, sizeof(struct test));
	before.count = now.count = MANY;
	for (size_t i = 0; i < MANY; i++) {
		before.tests[i].name = arena_printf(arena, "test %zu", i);
		now.tests[MANY - 1 - i] = before.tests[i];
		before.tests[i].status = TEST_FAILED;
	}
	struct delta delta;
	delta_compute(arena, "x", &before, &now, &delta);
	size_t fixed = 0;
	while (delta.fixed[fixed])
		fixed++;
	assert_int_equal(fixed, MANY);
	assert_string_equal(delta.fixed[0], "test 49999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_each_change),
		cmocka_unit_test(suite_and_occurrence_are_identity),
		cmocka_unit_test(order_is_the_results_own),
		cmocka_unit_test_setup_teardown(an_unfinished_run_makes_nothing_vanish,
						arena_set_up, arena_tear_down),
		cmocka_unit_test_setup_teardown(without_an_earlier_run_there_is_no_delta,
						arena_set_up, arena_tear_down),
		cmocka_unit_test_setup_teardown(many_tests_are_quick, arena_set_up,
						arena_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
