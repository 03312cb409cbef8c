/* parse: output becomes results, and results become the verdict. */
#include <string.h>

#include "engine/pipeline/stage.h"
#include "parsers/last_words.h"
#include "parsers/parser.h"

static struct parse_input from_report(const struct report_file *report, int exit_code)
{
	return (struct parse_input){
		.data = report->data, .len = report->len, .exit_code = exit_code};
}

/* A text parser reads both streams: unittest and jest print their results to standard error. */
static struct parse_input from_streams(struct arena *arena, const struct output *output)
{
	char *text = arena_alloc(arena, output->out.len + output->err.len + 2);
	size_t len = 0;

	if (output->out.len)
		memcpy(text, output->out.text, output->out.len);
	len = output->out.len;
	if (len && text[len - 1] != '\n')
		text[len++] = '\n';
	if (output->err.len)
		memcpy(text + len, output->err.text, output->err.len);
	len += output->err.len;
	return (struct parse_input){.data = text, .len = len, .exit_code = output->exit_code};
}

static int parse_with(const char *name, const struct parse_input *input, struct arena *arena,
		      struct results *out, struct error *err)
{
	bool any = strcmp(name, "auto") == 0;
	const struct parser *parser = any ? parser_detect(input->data, input->len)
					  : parser_find(name);

	if (!parser && any)
		return error_set(err, ERROR_INPUT, "no test output that is known here");
	if (!parser)
		return error_set(err, ERROR_INTERNAL, "there is no parser named %s", name);
	return parser->parse(input, arena, out, err);
}

/* The runner's own report first, what it printed second. Returns -1 when neither tells anything. */
static int parse_output(struct job *job, const struct output *output, size_t index,
			struct results *out)
{
	const struct command *command = output->command;
	const struct report_file *report = &job->reports[index];
	struct error ignored = {0};
	struct parse_input input;

	if (command->parser && command->report && report->found) {
		input = from_report(report, output->exit_code);
		if (parse_with(command->parser, &input, &job->arena, out, &ignored) == 0)
			return 0;
	} else if (command->parser && !command->report) {
		input = from_streams(&job->arena, output);
		return parse_with(command->parser, &input, &job->arena, out, &ignored);
	}
	if (!command->fallback)
		return -1;
	input = from_streams(&job->arena, output);
	*out = (struct results){0};
	if (parse_with(command->fallback, &input, &job->arena, out, &ignored) != 0)
		return -1;
	if (command->report)
		job_note(job, "%s %s; its printed output was read instead", command->shown,
			 report->found ? "left a report that cannot be read"
				       : "left no report of its own");
	return 0;
}

static void add_results(struct arena *arena, struct results *all, const struct results *more)
{
	if (!all->runner) {
		*all = *more;
		return;
	}
	struct test *tests = arena_array(arena, all->count + more->count, sizeof(*tests));
	if (all->count)
		memcpy(tests, all->tests, all->count * sizeof(*tests));
	if (more->count)
		memcpy(tests + all->count, more->tests, more->count * sizeof(*tests));
	const char **problems = arena_array(arena, all->problem_count + more->problem_count + 1,
					    sizeof(*problems));
	if (all->problem_count)
		memcpy(problems, all->problems, all->problem_count * sizeof(*problems));
	if (more->problem_count)
		memcpy(problems + all->problem_count, more->problems,
		       more->problem_count * sizeof(*problems));
	all->tests = tests;
	all->count += more->count;
	all->problems = problems;
	all->problem_count += more->problem_count;
	all->complete = all->complete && more->complete;
	all->build_failed = all->build_failed || more->build_failed;
	if (more->source == SOURCE_TEXT)
		all->source = SOURCE_TEXT;
}

/* A program without tests is one test: that it ends well. */
static void add_program(struct job *job, const struct output *output, struct results *all)
{
	struct ruling ruling = judge_command(&job->arena, output);
	bool passed = ruling.verdict == VERDICT_PASSED;
	struct test *test = arena_alloc(&job->arena, sizeof(*test));

	*test = (struct test){
		.name = output->command->shown,
		.suite = SUITE_PROGRAM,
		.status = passed ? TEST_PASSED : TEST_FAILED,
		.duration_ms = output->wall_ms,
		.message = passed ? NULL : ruling.reason,
	};
	/* What ended it from outside is the reason; what it said itself is a better one than a number. */
	if (!passed && output->ended_by == ENDED_EXIT && output->err.len)
		last_words_read(&job->arena, test, output->err.text, output->err.len);
	struct results one = {.runner = RUNNER_PROGRAM,
			      .source = SOURCE_NATIVE,
			      .complete = output->ended_by == ENDED_EXIT,
			      .tests = test,
			      .count = 1};
	add_results(&job->arena, all, &one);
}

/* A shell line that is called like a runner's may run anything: "npm test". */
static void take_for_program(struct job *job, size_t index)
{
	struct command *command = &job->plan.commands[index];

	if (strcmp(command->parser, "auto") != 0)
		return;
	job_note(job, "%s printed no test results known here: its exit status counts",
		 command->shown);
	command->kind = COMMAND_RUN;
}

/* A file of the plan that holds tests of Node's own runner. */
static bool holds_node_tests(const struct plan *plan, const char *path)
{
	static const char module[] = "node:test";

	for (size_t i = 0; i < plan->file_count; i++) {
		const struct file *file = &plan->files[i];
		if (file->data && strcmp(file->path, path) == 0)
			return memmem(file->data, file->len, module, sizeof(module) - 1) != NULL;
	}
	return false;
}

/*
 * For node --test a script that reports no test is itself a test, and passes when it exits with 0: so does
 * one whose tests call process.exit(0) before any of them is reported.
 */
static void doubt_silent_files(struct job *job, struct results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct test *test = &results->tests[i];
		if (test->status != TEST_PASSED || test->suite ||
		    !holds_node_tests(&job->plan, test->name))
			continue;
		const char *why = arena_printf(
			&job->arena, "%s holds tests and ended before one of them was reported",
			test->name);
		struct results doubt = {.problems = &why, .problem_count = 1};
		add_results(&job->arena, results, &doubt);
		return;
	}
}

static void read_tests(struct job *job, const struct output *outputs, size_t count,
		       struct results *all)
{
	for (size_t i = 0; i < count; i++) {
		struct results results = {0};
		if (outputs[i].command->kind != COMMAND_TEST)
			continue;
		if (parse_output(job, &outputs[i], i, &results) != 0) {
			take_for_program(job, i);
			continue;
		}
		doubt_silent_files(job, &results);
		add_results(&job->arena, all, &results);
	}
}

/* Beside tests a program is worth a word only when it failed. */
static void read_programs(struct job *job, const struct output *outputs, size_t count,
			  struct results *all)
{
	bool beside_tests = all->runner;

	for (size_t i = 0; i < count; i++) {
		bool failed = outputs[i].ended_by != ENDED_EXIT || outputs[i].exit_code != 0;
		if (outputs[i].command->kind == COMMAND_RUN && (failed || !beside_tests))
			add_program(job, &outputs[i], all);
	}
}

struct ruling job_read_run(struct job *job, struct results *results)
{
	const struct output *outputs = job->execution.outputs + job->first_output;
	size_t count = job->execution.output_count - job->first_output;

	read_tests(job, outputs, count, results);
	read_programs(job, outputs, count, results);
	return judge(&job->arena, outputs, count, results);
}

enum step stage_parse(struct job *job, struct error *err)
{
	struct results *results = &job->execution.results;
	struct ruling ruling = job_read_run(job, results);

	(void)err;
	job_rule(job, STAGE_TEST, &ruling);
	struct summary sum = results_summary(results);
	job->detail = arena_printf(&job->arena, "%zu tests", sum.tests);
	return ruling.verdict == VERDICT_PASSED ? STEP_DONE : STEP_FAIL;
}
