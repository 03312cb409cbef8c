/* A job made from files and commands instead of a reply; those that run, run in a real sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/job_play.h"

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FILE_OF(name, tag, text)                                                                   \
	{                                                                                          \
		.path = name, .language = tag, .data = text, .len = strlen(text)                   \
	}

static void on_done(void *ctx, struct job *job)
{
	bool *done = ctx;

	(void)job;
	*done = true;
}

/* The caller frees the job. */
static struct job *play_with(struct job_options options, const struct job_file *files, size_t count,
			     const char *const *commands)
{
	const struct job_input input = {.files = files, .file_count = count, .commands = commands};
	struct error err = {0};
	bool done = false;
	struct job *job;
	uv_loop_t loop;

	options.state_dir = job_play_state_dir;
	options.rules = job_play_rules;
	options.sandbox = sandbox_find("namespace");
	assert_int_equal(uv_loop_init(&loop), 0);
	if (job_start(&job, &loop, &options, &input, on_done, &done, &err) != 0)
		fail_msg("%s", err.text);
	while (!done)
		uv_run(&loop, UV_RUN_ONCE);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	if (job_execution(job)->error)
		print_message("%s\n", job_execution(job)->error);
	return job;
}

static struct job *play(const char *environment, bool only_plan, const struct job_file *files,
			size_t count, const char *const *commands)
{
	const struct job_options options = {
		.environment = environment, .stop_after_plan = only_plan, .no_install = true};

	return play_with(options, files, count, commands);
}

static void files_become_blocks(void **state)
{
	static const char test[] = "def test_a():\n    assert True\n";
	const struct job_file files[] = {
		FILE_OF("./src/a.py", NULL, "x = 1\n"),
		FILE_OF("tests/test_a.py", NULL, test),
		FILE_OF("requirements.txt", NULL, "flask\n"),
		FILE_OF("data/a.csv", "", "1,2\n"),
		FILE_OF(NULL, "Py", "y = 2\n"),
		FILE_OF("", "python", test),
		FILE_OF("bin/start", "sh", "echo hello\n"),
		FILE_OF("fix.diff", NULL, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
		FILE_OF(NULL, "cobol", "DISPLAY 1.\n"),
	};
	static const struct {
		const char *path, *language;
		enum block_role role;
		enum block_how how;
		bool used;
	} expected[] = {
		{"src/a.py", "python", ROLE_CODE, HOW_NONE, true},
		{"tests/test_a.py", "python", ROLE_TEST, HOW_NONE, true},
		{"requirements.txt", "python", ROLE_MANIFEST, HOW_NONE, true},
		{"data/a.csv", NULL, ROLE_OTHER, HOW_NONE, true},
		{"main.py", "python", ROLE_CODE, HOW_DEFAULT, true},
		{"test_main.py", "python", ROLE_TEST, HOW_DEFAULT, true},
		{"bin/start", "bash", ROLE_CODE, HOW_NONE, true},
		{"fix.diff", NULL, ROLE_OTHER, HOW_NONE, true},
		{NULL, NULL, ROLE_OTHER, HOW_NONE, false},
	};
	(void)state;

	struct job *job = play("python-3.11", true, files, sizeof(files) / sizeof(files[0]), NULL);
	const struct execution *execution = job_execution(job);
	assert_int_equal(execution->verdict, VERDICT_NONE);
	assert_int_equal(execution->blocks.count, sizeof(files) / sizeof(files[0]));
	for (size_t i = 0; i < execution->blocks.count; i++) {
		const struct block *block = &execution->blocks.items[i];
		if (expected[i].path)
			assert_string_equal(block->path, expected[i].path);
		else
			assert_null(block->path);
		if (expected[i].language)
			assert_string_equal(block->language->name, expected[i].language);
		else
			assert_null(block->language);
		assert_int_equal(block->role, expected[i].role);
		assert_int_equal(block->how, expected[i].how);
		assert_int_equal(block->used, expected[i].used);
		assert_true(block->closed);
		assert_int_equal(block->line, 0);
		assert_int_equal(block->index, i);
		assert_int_equal(block->code_len, files[i].len);
	}
	assert_string_equal(execution->plan->commands[0].shown, "pytest");
	job_free(job);
}

static void bad_files_are_rejected(void **state)
{
	const struct job_file climbs[] = {FILE_OF("../a.py", NULL, "x = 1\n")};
	const struct job_file unknown[] = {FILE_OF(NULL, NULL, "?\n")};
	(void)state;

	struct job *job = play(NULL, false, climbs, 1, NULL);
	assert_int_equal(job_execution(job)->verdict, VERDICT_REJECTED);
	job_free(job);
	job = play(NULL, false, unknown, 1, NULL);
	assert_int_equal(job_execution(job)->verdict, VERDICT_NO_CODE);
	job_free(job);
}

static void what_makes_no_sense_never_starts(void **state)
{
	static char long_line[64 * 1024 + 2];
	const struct job_file file = FILE_OF("a", NULL, "");
	const struct job_input inputs[] = {
		{.text = NULL},
		{.commands = LINES(NULL)},
		{.text = "x", .len = 1, .files = &file, .file_count = 1},
		{.text = "x", .len = 1, .commands = LINES("ls")},
		{.commands = LINES(long_line)},
		{.files = &(struct job_file){.data = "", .len = SIZE_MAX}, .file_count = 1},
	};
	const struct job_options options = {.state_dir = job_play_state_dir,
					    .rules = job_play_rules,
					    .sandbox = sandbox_find("namespace")};
	(void)state;

	memset(long_line, 'x', sizeof(long_line) - 1);
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct error err = {0};
		struct job *job;
		assert_int_equal(job_start(&job, uv_default_loop(), &options, &inputs[i], on_done,
					   NULL, &err),
				 -1);
		assert_int_equal(err.code, i < 4 ? ERROR_USAGE : ERROR_TOO_LARGE);
	}
}

static void commands_run_in_order_until_one_fails(void **state)
{
	const struct job_file files[] = {FILE_OF("main.sh", NULL, "echo from the file\n")};
	(void)state;

	struct job *job = play(NULL, false, files, 1,
			       LINES("bash main.sh > made", "cat made; exit 3", "echo never"));
	const struct execution *execution = job_execution(job);
	assert_int_equal(execution->verdict, VERDICT_TESTS_FAILED);
	assert_string_equal(execution->reason, "cat made; exit 3 exited with 3");
	assert_int_equal(execution->output_count, 2);
	assert_string_equal(execution->outputs[1].out.text, "from the file\n");
	assert_int_equal(execution->exit_code, 3);
	job_free(job);

	job = play("bash", false, NULL, 0, LINES("true", "echo \"$0\""));
	execution = job_execution(job);
	assert_int_equal(execution->verdict, VERDICT_PASSED);
	assert_int_equal(execution->outcome, WORKSPACE_COMMITTED);
	assert_string_equal(execution->outputs[1].out.text, "bash\n");
	assert_int_equal(execution->results.count, 2);
	job_free(job);
}

static void a_test_runner_is_read(void **state)
{
	static const char tests[] = "import unittest\n"
				    "class T(unittest.TestCase):\n"
				    "    def test_a(self):\n        pass\n"
				    "    def test_b(self):\n        self.assertEqual(1, 2)\n";
	const struct job_file files[] = {FILE_OF("test_x.py", NULL, tests)};
	(void)state;

	struct job *job = play(NULL, false, files, 1,
			       LINES("echo ready", "python3 -m unittest -v 2>&1"));
	const struct execution *execution = job_execution(job);
	assert_int_equal(execution->verdict, VERDICT_TESTS_FAILED);
	assert_string_equal(execution->reason, "1 of 2 tests failed");
	assert_string_equal(execution->results.runner, "unittest");
	assert_int_equal(execution->results.source, SOURCE_TEXT);
	assert_int_equal(execution->results.count, 2);
	job_free(job);
}

/* Named like a runner, printing nothing that is known: its exit status counts, and that is said. */
static void a_silent_runner_is_a_program(void **state)
{
	const struct job_file files[] = {FILE_OF("Makefile", NULL, "test:\n\t@echo fine\n")};
	(void)state;

	struct job *job = play("bash", false, files, 1, LINES("make test"));
	const struct execution *execution = job_execution(job);
	assert_int_equal(execution->verdict, VERDICT_PASSED);
	assert_string_equal(execution->results.runner, "exit-status");
	assert_non_null(strstr(execution->notes[0], "its exit status counts"));
	job_free(job);
}

/* Into the project's own environment, which lasts as long as its workspace. */
static void pip_installs_for_good(void **state)
{
	static const char where[] = "python -c 'import sys; print(sys.prefix)'";
	char workspace[128];
	(void)state;

	snprintf(workspace, sizeof(workspace), "%s/project", job_play_state_dir);
	const struct job_options options = {.environment = "python-3.11", .workspace = workspace};
	struct job *job = play_with(options, NULL, 0, LINES("pip install --no-index pip", where));
	const struct execution *execution = job_execution(job);
	assert_int_equal(execution->verdict, VERDICT_PASSED);
	assert_int_equal(execution->output_count, 3);
	assert_int_equal(execution->outputs[1].command->kind, COMMAND_INSTALL);
	assert_non_null(
		strstr(execution->outputs[1].out.text, "already satisfied: pip in ./.venv/lib/"));
	assert_string_equal(execution->outputs[2].out.text, "/workspace/.venv\n");
	job_free(job);

	job = play_with(options, NULL, 0, LINES(where));
	execution = job_execution(job);
	assert_string_equal(execution->outputs[0].out.text, "/workspace/.venv\n");
	job_free(job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_become_blocks),
		cmocka_unit_test(bad_files_are_rejected),
		cmocka_unit_test(what_makes_no_sense_never_starts),
		cmocka_unit_test(commands_run_in_order_until_one_fails),
		cmocka_unit_test(a_test_runner_is_read),
		cmocka_unit_test(a_silent_runner_is_a_program),
		cmocka_unit_test(pip_installs_for_good),
	};
	return cmocka_run_group_tests_name("job_input", tests, job_play_set_up, job_play_tear_down);
}
