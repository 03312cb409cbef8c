/* The verdict: each row is what the commands and the tests said, and what must follow from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/pipeline/judge.h"

enum { COMMANDS_MAX = 2, TESTS_MAX = 8 };

struct ending {
	const char *shown; /* NULL: no such command */
	enum command_kind kind;
	enum ended_by ended_by;
	int exit_code, signal;
};

struct row {
	struct ending endings[COMMANDS_MAX];
	const char *tests; /* '+' passed, '-' failed, '!' error, '~' skipped; NULL: no results */
	bool cut; /* the runner's own end is missing */
	bool build_failed;
	const char *problem;
	enum verdict verdict;
	int exit_code;
	const char *reason;
};

#define EXITS(name, what, code)                                                                    \
	{                                                                                          \
		.shown = name, .kind = COMMAND_##what, .ended_by = ENDED_EXIT, .exit_code = code   \
	}
#define ENDS(name, what, by, number)                                                               \
	{                                                                                          \
		.shown = name, .kind = COMMAND_##what, .ended_by = ENDED_##by, .exit_code = -1,    \
		.signal = number                                                                   \
	}

/* clang-format off */
static const struct row rows[] = {
	/* tests */
	{{EXITS("pytest", TEST, 0)}, "++", false, false, NULL,
	 VERDICT_PASSED, 0, "2 of 2 tests passed"},
	{{EXITS("pytest", TEST, 0)}, "+~", false, false, NULL,
	 VERDICT_PASSED, 0, "1 of 2 tests passed, 1 skipped"},
	{{EXITS("pytest", TEST, 1)}, "+-!", false, false, NULL,
	 VERDICT_TESTS_FAILED, 1, "2 of 3 tests failed"},
	{{EXITS("jest", TEST, 0)}, "+-", false, false, NULL, /* a runner told not to fail */
	 VERDICT_TESTS_FAILED, 0, "1 of 2 tests failed"},
	{{EXITS("pytest", TEST, 1)}, "+-", true, false, NULL,
	 VERDICT_TESTS_FAILED, 1, "1 of 2 tests failed, and the run stopped before its end"},
	{{EXITS("pytest", TEST, 1)}, "++", false, false, NULL,
	 VERDICT_TESTS_FAILED, 1, "no test failed, but pytest exited with 1"},
	{{EXITS("pytest", TEST, 0)}, "~~", false, false, NULL,
	 VERDICT_NO_TESTS, 0, "all 2 tests were skipped"},

	/* a run without its end never counts as passed */
	{{EXITS("pytest", TEST, 0)}, "++", true, false, NULL,
	 VERDICT_CRASHED, 0, "no test failed, but the run is not to be trusted"},
	{{EXITS("bats", TEST, 0)}, "+", true, false, "2 tests were planned",
	 VERDICT_CRASHED, 0, "no test failed, but the run is not to be trusted: 2 tests were planned"},
	{{EXITS("go test", TEST, 2)}, "", true, false, NULL,
	 VERDICT_CRASHED, 2, "go test exited with 2 before any test had a result"},
	{{EXITS("jest", TEST, 1)}, NULL, false, false, NULL,
	 VERDICT_CRASHED, 1, "jest exited with 1 before any test had a result"},

	/* nothing to judge by */
	{{EXITS("jest", TEST, 0)}, "", false, false, NULL,
	 VERDICT_NO_TESTS, 0, "jest found no tests"},
	{{EXITS("pytest", TEST, 5)}, "", false, false, NULL,
	 VERDICT_NO_TESTS, 5, "pytest found no tests"},
	{{EXITS("python", TEST, 5)}, "", true, false, NULL,
	 VERDICT_CRASHED, 5, "python exited with 5 before any test had a result"},
	{{{.shown = NULL}}, NULL, false, false, NULL,
	 VERDICT_NO_TESTS, -1, "there was nothing to run: no test, no program, no command"},

	/* building */
	{{EXITS("tsc", BUILD, 2)}, NULL, false, false, NULL,
	 VERDICT_BUILD_FAILED, 2, "tsc exited with 2"},
	{{EXITS("tsc", BUILD, 0), EXITS("jest", TEST, 0)}, "+", false, false, NULL,
	 VERDICT_PASSED, 0, "1 of 1 tests passed"},
	{{EXITS("pytest", TEST, 2)}, "!", false, true, NULL,
	 VERDICT_BUILD_FAILED, 2, "pytest could not load the code: no test ran"},
	{{EXITS("pytest", TEST, 1)}, "+!", false, true, NULL, /* some of it loaded and ran */
	 VERDICT_TESTS_FAILED, 1, "1 of 2 tests failed"},
	{{EXITS("tsc", BUILD, 0)}, NULL, false, false, NULL,
	 VERDICT_NO_TESTS, -1, "there was nothing to run: no test, no program, no command"},

	/* installing */
	{{EXITS("npm install", INSTALL, 1)}, NULL, false, false, NULL,
	 VERDICT_INSTALL_FAILED, 1, "npm install exited with 1"},

	/* a program is judged by its exit */
	{{EXITS("bash main.sh", RUN, 0)}, "+", false, false, NULL,
	 VERDICT_PASSED, 0, "bash main.sh succeeded"},
	{{EXITS("bash main.sh", RUN, 3)}, "-", false, false, NULL,
	 VERDICT_TESTS_FAILED, 3, "bash main.sh exited with 3"},

	/* endings that are no exit decide before any test does */
	{{ENDS("pytest", TEST, TIMEOUT, 9)}, "+-", true, false, NULL,
	 VERDICT_TIMED_OUT, -1, "pytest was ended after 1.5 s, its time limit"},
	{{ENDS("pytest", TEST, MEMORY, 9)}, "++", false, false, NULL,
	 VERDICT_OUT_OF_MEMORY, -1, "pytest was ended at its memory limit"},
	{{ENDS("pytest", TEST, OUTPUT, 9)}, "++", false, false, NULL,
	 VERDICT_CRASHED, -1, "pytest was ended: it printed 300 bytes, more than it may"},
	{{ENDS("pytest", TEST, CANCEL, 9)}, "++", false, false, NULL,
	 VERDICT_CANCELLED, -1, "cancelled"},
	{{ENDS("pytest", TEST, SIGNAL, 11)}, "++", true, false, NULL,
	 VERDICT_CRASHED, -1, "pytest was ended by signal 11 (Segmentation fault)"},
	{{ENDS("npm install", INSTALL, TIMEOUT, 9)}, NULL, false, false, NULL,
	 VERDICT_TIMED_OUT, -1, "npm install was ended after 1.5 s, its time limit"},
	{{ENDS("npm install", INSTALL, DISK, 9)}, NULL, false, false, NULL,
	 VERDICT_INSTALL_FAILED, -1, "npm install was ended: it wrote more than it may"},

	/* of several commands the first that did not succeed decides */
	{{EXITS("pytest", TEST, 1), EXITS("jest", TEST, 0)}, "++", false, false, NULL,
	 VERDICT_TESTS_FAILED, 1, "no test failed, but pytest exited with 1"},
	{{EXITS("pytest", TEST, 1), ENDS("jest", TEST, TIMEOUT, 9)}, "-", true, false, NULL,
	 VERDICT_TIMED_OUT, -1, "jest was ended after 1.5 s, its time limit"},
	{{EXITS("sh a.sh", RUN, 0), EXITS("sh b.sh", RUN, 4)}, "+-", false, false, NULL,
	 VERDICT_TESTS_FAILED, 4, "sh b.sh exited with 4"},
};
/* clang-format on */

static enum test_status status_of(char letter)
{
	switch (letter) {
	case '+': return TEST_PASSED;
	case '-': return TEST_FAILED;
	case '~': return TEST_SKIPPED;
	default: return TEST_ERROR;
	}
}

static size_t make_outputs(const struct row *row, struct command *commands, struct output *outputs)
{
	size_t count = 0;

	for (; count < COMMANDS_MAX && row->endings[count].shown; count++) {
		const struct ending *ending = &row->endings[count];
		commands[count] = (struct command){.kind = ending->kind, .shown = ending->shown};
		outputs[count] = (struct output){
			.command = &commands[count],
			.ended_by = ending->ended_by,
			.exceeded = "it wrote more than it may",
			.exit_code = ending->exit_code,
			.signal = ending->signal,
			.wall_ms = 1500,
			.out = {.bytes = 100},
			.err = {.bytes = 200},
		};
	}
	return count;
}

static void every_row(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct command commands[COMMANDS_MAX];
		struct output outputs[COMMANDS_MAX];
		struct test tests[TESTS_MAX] = {0};
		const char *problems[] = {row->problem};
		struct results results = {0};
		size_t count = make_outputs(row, commands, outputs);

		if (row->tests) {
			results = (struct results){
				.runner = "made",
				.complete = !row->cut,
				.tests = tests,
				.count = strlen(row->tests),
				.problems = problems,
				.problem_count = row->problem != NULL,
				.build_failed = row->build_failed,
			};
			for (size_t j = 0; j < results.count; j++)
				tests[j].status = status_of(row->tests[j]);
		}
		struct ruling ruling = judge(&arena, outputs, count, &results);
		assert_string_equal(ruling.reason, row->reason);
		assert_string_equal(verdict_name(ruling.verdict), verdict_name(row->verdict));
		assert_int_equal(ruling.exit_code, row->exit_code);
	}
	arena_done(&arena);
}

static void the_signal_goes_with_the_ruling(void **state)
{
	static const char *const argv[] = {"./crash", NULL};
	struct command command = {.kind = COMMAND_RUN, .argv = argv};
	struct output output = {
		.command = &command, .ended_by = ENDED_SIGNAL, .exit_code = -1, .signal = 6};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	struct ruling ruling = judge_command(&arena, &output);
	assert_int_equal(ruling.verdict, VERDICT_CRASHED);
	assert_int_equal(ruling.signal, 6);
	assert_string_equal(ruling.reason, "./crash was ended by signal 6 (Aborted)");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(the_signal_goes_with_the_ruling),
	};
	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
