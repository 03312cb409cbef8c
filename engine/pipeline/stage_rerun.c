/*
 * rerun: failed tests run again from the snapshot before them. Who passes then is flaky; who fails every
 * time has failed. Only tests that failed as tests do: after a crash or a time-out nobody knows what ran.
 */
#include "engine/pipeline/delta.h"
#include "engine/pipeline/stage.h"

enum { NOTED_MAX = 10 };

static enum step run_again(struct job *job, struct error *err);

static bool has_failed(const struct test *test)
{
	return test->status == TEST_FAILED || test->status == TEST_ERROR;
}

static bool is_ordinary(enum verdict verdict, const struct results *results)
{
	bool judged = verdict == VERDICT_TESTS_FAILED || verdict == VERDICT_PASSED;

	return judged && results->complete && !results->build_failed;
}

static size_t count_flaky(const struct results *results)
{
	size_t count = 0;

	for (size_t i = 0; i < results->count; i++)
		count += results->tests[i].flaky;
	return count;
}

/* Whoever reads the reason alone does not know which. */
static void note_flaky(struct job *job)
{
	const struct results *results = &job->execution.results;
	size_t noted = 0;

	for (size_t i = 0; i < results->count && noted < NOTED_MAX; i++) {
		if (!results->tests[i].flaky)
			continue;
		job_note(job, "flaky: %s failed first and passed when it ran again",
			 delta_test_label(&job->arena, &results->tests[i]));
		noted++;
	}
}

/* ---- one re-run ---- */

/* The first failure stays to be read: what happened, happened. */
static void compare(struct job *job, const struct results *again)
{
	struct results *first = &job->execution.results;
	bool *found = arena_array(&job->arena, first->count + 1, sizeof(*found));
	const ptrdiff_t *pairs = delta_pair(&job->arena, first, again, found);
	size_t turned = 0;

	for (size_t i = 0; i < again->count; i++) {
		struct test *test = pairs[i] == DELTA_UNPAIRED ? NULL : &first->tests[pairs[i]];
		if (test && has_failed(test) && again->tests[i].status == TEST_PASSED) {
			test->status = TEST_PASSED;
			test->flaky = true;
		} else if (test && test->status == TEST_PASSED && !test->flaky &&
			   has_failed(&again->tests[i])) {
			turned++;
		}
	}
	if (turned)
		job_note(job, "in re-run %u, %zu tests failed that had passed at first",
			 job->execution.reruns, turned);
}

static enum step read_again(struct job *job, struct error *err)
{
	struct execution *execution = &job->execution;
	struct results again = {0};
	struct ruling ruling = job_read_run(job, &again);

	(void)err;
	execution->reruns++;
	if (is_ordinary(ruling.verdict, &again))
		compare(job, &again);
	else
		job_note(job, "re-run %u tells nothing: %s", execution->reruns, ruling.reason);
	return STEP_DONE;
}

static enum step ran_again(struct job *job, struct error *err)
{
	(void)err;
	return job_work(job, read_again, run_again);
}

static enum step restored(struct job *job, struct error *err)
{
	if (!job->undone.verified) {
		error_set(err, ERROR_INTERNAL,
			  "the workspace is not what it was before the tests: its digest differs");
		return STEP_FAIL;
	}
	return job_run_tests(job, ran_again, err);
}

/* ---- the verdict on all runs ---- */

static const char *reason_of_pass(struct job *job, size_t flaky)
{
	struct summary sum = results_summary(&job->execution.results);
	unsigned reruns = job->execution.reruns;

	if (flaky == 1)
		return arena_printf(&job->arena,
				    "%zu tests passed, 1 of them flaky: it failed first and passed "
				    "in re-run %u of %u",
				    sum.passed, reruns, job->options.rerun_failures);
	return arena_printf(
		&job->arena,
		"%zu tests passed, %zu of them flaky: they failed first and passed when "
		"run again",
		sum.passed, flaky);
}

static const char *reason_of_failure(struct job *job, size_t flaky)
{
	struct summary sum = results_summary(&job->execution.results);
	const char *text = arena_printf(&job->arena, "%zu of %zu tests failed in each of %u runs",
					sum.failed + sum.errors, sum.tests,
					job->execution.reruns + 1);

	return flaky ? arena_printf(&job->arena, "%s, %zu more are flaky", text, flaky) : text;
}

static enum step conclude(struct job *job)
{
	size_t flaky = count_flaky(&job->execution.results);
	struct summary sum = results_summary(&job->execution.results);
	bool passed = sum.failed + sum.errors == 0;
	struct ruling ruling = {
		.verdict = passed ? VERDICT_PASSED : VERDICT_TESTS_FAILED,
		.reason = passed ? reason_of_pass(job, flaky) : reason_of_failure(job, flaky),
		/* No one command decided that all is well. */
		.exit_code = passed ? -1 : job->execution.exit_code,
	};

	job_rejudge(job, &ruling);
	note_flaky(job);
	job->detail = arena_printf(&job->arena, "%u times, %zu flaky", job->execution.reruns,
				   flaky);
	return passed ? STEP_DONE : STEP_STOP;
}

static enum step run_again(struct job *job, struct error *err)
{
	struct summary sum = results_summary(&job->execution.results);

	if (sum.failed + sum.errors == 0 || job->execution.reruns == job->options.rerun_failures)
		return conclude(job);
	job->undone = (struct changes){0};
	void *operation = job_wait(job, restored);
	if (job->options.sandbox->rollback(job->sandbox, job->tested_snapshot, &job->arena,
					   &job->undone, job_resume, operation, err) != 0)
		return job_refused(operation);
	return STEP_WAIT;
}

enum step stage_rerun(struct job *job, struct error *err)
{
	const struct execution *execution = &job->execution;
	struct summary sum = results_summary(&execution->results);

	if (execution->verdict != VERDICT_TESTS_FAILED || sum.failed + sum.errors == 0 ||
	    !is_ordinary(execution->verdict, &execution->results)) {
		job->skipped = true;
		return STEP_STOP;
	}
	return run_again(job, err);
}
