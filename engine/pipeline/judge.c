/* The verdict: the first ending that is not an ordinary exit decides, then the tests, then the exit. */
#include "engine/pipeline/judge.h"

#include <inttypes.h>
#include <string.h>

static const char *name_of(const struct output *output)
{
	const struct command *command = output->command;

	return command->shown ? command->shown : command->argv[0];
}

static struct ruling ruling(const struct output *output, enum verdict verdict, const char *reason)
{
	return (struct ruling){.verdict = verdict,
			       .reason = reason,
			       .exit_code = output ? output->exit_code : -1,
			       .signal = output ? output->signal : 0};
}

/* What a failing exit means depends on what the command was for. */
static enum verdict verdict_of_exit(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_INSTALL: return VERDICT_INSTALL_FAILED;
	case COMMAND_BUILD: return VERDICT_BUILD_FAILED;
	case COMMAND_TEST:
	case COMMAND_RUN: break;
	}
	return VERDICT_TESTS_FAILED;
}

struct ruling judge_command(struct arena *arena, const struct output *output)
{
	const char *name = name_of(output);

	switch (output->ended_by) {
	case ENDED_TIMEOUT:
		return ruling(output, VERDICT_TIMED_OUT,
			      arena_printf(arena, "%s was ended after %.1f s, its time limit", name,
					   output->wall_ms / 1000));
	case ENDED_MEMORY:
		return ruling(output, VERDICT_OUT_OF_MEMORY,
			      arena_printf(arena, "%s was ended at its memory limit", name));
	case ENDED_OUTPUT:
		return ruling(output, VERDICT_CRASHED,
			      arena_printf(arena,
					   "%s was ended: it printed %" PRIu64
					   " bytes, more than it may",
					   name, output->out.bytes + output->err.bytes));
	case ENDED_DISK: {
		struct ruling full = ruling(
			output, verdict_of_exit(output->command->kind),
			arena_printf(arena, "%s was ended: %s", name, output->exceeded));
		if (full.exit_code == 0)
			full.exit_code = -1; /* it was faster than who ended it: no success */
		return full;
	}
	case ENDED_CANCEL: return ruling(output, VERDICT_CANCELLED, "cancelled");
	case ENDED_SIGNAL:
		return ruling(output, VERDICT_CRASHED,
			      arena_printf(arena, "%s was ended by signal %d (%s)", name,
					   output->signal, strsignal(output->signal)));
	case ENDED_EXIT: break;
	}
	if (output->exit_code == 0)
		return ruling(output, VERDICT_PASSED, arena_printf(arena, "%s succeeded", name));
	return ruling(output, verdict_of_exit(output->command->kind),
		      arena_printf(arena, "%s exited with %d", name, output->exit_code));
}

static struct ruling judge_failures(struct arena *arena, const struct output *output,
				    const struct results *results, const struct summary *sum)
{
	size_t bad = sum->failed + sum->errors;

	if (!results->complete)
		return ruling(
			output, VERDICT_TESTS_FAILED,
			arena_printf(arena,
				     "%zu of %zu tests failed, and the run stopped before its end",
				     bad, sum->tests));
	return ruling(output, VERDICT_TESTS_FAILED,
		      arena_printf(arena, "%zu of %zu tests failed", bad, sum->tests));
}

/* Tests ran and none failed: reasons not to believe it yet. */
static struct ruling judge_green(struct arena *arena, const struct output *output,
				 const struct results *results, const struct summary *sum)
{
	const char *why = results->problem_count ? results->problems[0] : NULL;

	if (!results->complete)
		return ruling(output, VERDICT_CRASHED,
			      arena_printf(arena,
					   "no test failed, but the run is not to be trusted%s%s",
					   why ? ": " : "", why ? why : ""));
	if (output->exit_code != 0)
		return ruling(output, VERDICT_TESTS_FAILED,
			      arena_printf(arena, "no test failed, but %s exited with %d",
					   name_of(output), output->exit_code));
	if (sum->passed == 0)
		return ruling(output, VERDICT_NO_TESTS,
			      arena_printf(arena, "all %zu tests were skipped", sum->skipped));
	return ruling(output, VERDICT_PASSED,
		      sum->skipped ? arena_printf(arena, "%zu of %zu tests passed, %zu skipped",
						  sum->passed, sum->tests, sum->skipped)
				   : arena_printf(arena, "%zu of %zu tests passed", sum->passed,
						  sum->tests));
}

static struct ruling judge_tests(struct arena *arena, const struct output *output,
				 const struct results *results)
{
	struct summary sum = results_summary(results);

	if (results->build_failed && sum.passed == 0)
		return ruling(output, VERDICT_BUILD_FAILED,
			      arena_printf(arena, "%s could not load the code: no test ran",
					   name_of(output)));
	if (sum.failed + sum.errors)
		return judge_failures(arena, output, results, &sum);
	if (sum.tests)
		return judge_green(arena, output, results, &sum);
	/* 5 is pytest's and unittest's (3.12) word for "nothing collected". */
	if (output->exit_code == 0 || (output->exit_code == 5 && results->complete))
		return ruling(output, VERDICT_NO_TESTS,
			      arena_printf(arena, "%s found no tests", name_of(output)));
	return ruling(output, VERDICT_CRASHED,
		      arena_printf(arena, "%s exited with %d before any test had a result",
				   name_of(output), output->exit_code));
}

/* The command whose exit tells most: the first that did not succeed, else the last. */
static const struct output *deciding(const struct output *outputs, size_t count,
				     enum command_kind kind)
{
	const struct output *last = NULL;

	for (size_t i = 0; i < count; i++) {
		if (outputs[i].command->kind != kind)
			continue;
		last = &outputs[i];
		if (last->exit_code != 0)
			break;
	}
	return last;
}

struct ruling judge(struct arena *arena, const struct output *outputs, size_t count,
		    const struct results *results)
{
	for (size_t i = 0; i < count; i++) {
		const struct output *output = &outputs[i];
		bool judged_by_tests = output->command->kind == COMMAND_TEST;
		bool failed = output->ended_by != ENDED_EXIT ||
			      (!judged_by_tests && output->exit_code != 0);
		if (failed)
			return judge_command(arena, output);
	}
	const struct output *tests = deciding(outputs, count, COMMAND_TEST);
	if (tests)
		return judge_tests(arena, tests, results);
	const struct output *program = deciding(outputs, count, COMMAND_RUN);
	if (program)
		return judge_command(arena, program);
	return ruling(NULL, VERDICT_NO_TESTS,
		      "there was nothing to run: no test, no program, no command");
}
