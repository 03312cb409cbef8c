/* Each case is data: what a pipeline could have found, with the nastiest texts it could hold. */
#include "tests/report_cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STREAM(string)                                                                             \
	{                                                                                          \
		.text = (string), .len = sizeof(string) - 1, .bytes = sizeof(string) - 1           \
	}

/* ---- what several cases share ---- */

static struct stage_record stages_to_commit[] = {
	{"extract", STAGE_DONE, 0.4},  {"validate", STAGE_DONE, 1.25}, {"plan", STAGE_DONE, 2.5},
	{"open", STAGE_DONE, 0.75},    {"snapshot", STAGE_DONE, 0.2},  {"place", STAGE_DONE, 0.5},
	{"install", STAGE_SKIPPED, 0}, {"test", STAGE_DONE, 310.5},    {"parse", STAGE_DONE, 0.3},
	{"commit", STAGE_DONE, 1.5},   {"rollback", STAGE_SKIPPED, 0}, {"close", STAGE_DONE, 0.6},
	{"report", STAGE_DONE, 0.04},
};

static struct stage_record stages_to_rollback[] = {
	{"extract", STAGE_DONE, 0.4},  {"validate", STAGE_DONE, 1.25},  {"plan", STAGE_DONE, 2.5},
	{"open", STAGE_DONE, 0.75},    {"snapshot", STAGE_DONE, 0.2},   {"place", STAGE_DONE, 0.5},
	{"install", STAGE_SKIPPED, 0}, {"test", STAGE_FAILED, 61234.5}, {"parse", STAGE_DONE, 0.3},
	{"commit", STAGE_SKIPPED, 0},  {"rollback", STAGE_DONE, 1.5},   {"close", STAGE_DONE, 0.6},
	{"report", STAGE_DONE, 0.04},
};

static struct stage_record stages_to_check[] = {
	{"extract", STAGE_DONE, 0.4},
	{"validate", STAGE_FAILED, 1.25},
	{"plan", STAGE_SKIPPED, 0},
	{"report", STAGE_DONE, 0.25},
};

/* A list, not an object: clang does not take a constant object as an initializer. */
#define WALLS                                                                                      \
	{                                                                                          \
		.backend = "namespace", .uid = 1000, .cgroup = "v1", .seccomp = true,              \
		.landlock = 7, .network = "none"                                                   \
	}

static struct change two_files[] = {{"factorial.py", 'M'}, {"test_factorial.py", 'A'}};

static const char *const pytest_argv[] = {"pytest", "--junit-xml=/out/report.xml", NULL};
static const struct command pytest_command = {
	.kind = COMMAND_TEST,
	.argv = pytest_argv,
	.shown = "pytest",
};

#define IN_PYTHON .environment = "python-3.11", .tool = "Python 3.11.7", .isolation = WALLS

/* ---- passed ---- */

static struct test passed_tests[] = {
	{.name = "test_zero", .suite = "test_factorial", .duration_ms = 1.2},
	{.name = "test_negative", .suite = "test_factorial", .duration_ms = 0.4},
};
static struct output passed_outputs[] = {{
	.command = &pytest_command,
	.wall_ms = 301.5,
	.cpu_ms = 250,
	.peak_memory = 24117248,
	.processes = 1,
	.out = STREAM("2 passed in 0.01s\n"),
}};
static const char *fixed[] = {"test_factorial > test_negative", NULL};
static const char *none[] = {NULL};
static const char *passed_notes[] = {"made no manifest: only the standard library is used", NULL};
static const struct execution passed = {
	IN_PYTHON,
	.id = "0123456789abcdef",
	.verdict = VERDICT_PASSED,
	.phase = "commit",
	.reason = "2 of 2 tests passed",
	.stages = stages_to_commit,
	.stage_count = COUNT(stages_to_commit),
	.wall_ms = 321.5,
	.cpu_ms = 250,
	.peak_memory = 24117248,
	.processes = 1,
	.results = {.runner = "pytest", .complete = true, .tests = passed_tests, .count = 2},
	.outputs = passed_outputs,
	.output_count = 1,
	.snapshot = "before",
	.workspace = "/home/me/project",
	.outcome = WORKSPACE_COMMITTED,
	.changes = {.items = two_files, .count = 2, .verified = true},
	.delta = {"fedcba9876543210", none, fixed, none, none, none},
	.feedback = "All 2 tests passed.\n",
	.notes = passed_notes,
};

/* ---- tests_failed, with hostile texts ---- */

static struct test failed_tests[] = {
	{.name = "test_a[x y] # TODO later", .suite = "tests/test_a.py", .duration_ms = 1.5},
	{
		.name = "test_b <&\"> \\ ]]> \033[31mred\033[0m \xff \x01",
		.suite = "tests/test_a.py",
		.status = TEST_FAILED,
		.duration_ms = 12.25,
		.message = "AssertionError: 1 != 2\nsecond line\ttab",
		.file = "tests/test_a.py",
		.line = 12,
		.expected = "\"two\"",
		.actual = "1",
		.stack = "    def test_b():\n>       assert 1 == 2\nE       assert 1 == 2\n",
	},
	{
		.name = "test_c",
		.suite = "tests/test_b.py",
		.status = TEST_SKIPPED,
		.duration_ms = NAN,
		.message = "needs # a network",
	},
	{
		.name = "\xe2\x80\xae"
			"drawkcab",
		.status = TEST_ERROR,
		.duration_ms = NAN,
		.message = "fixture 'db' not found",
		.output = "captured\nlines\n",
	},
	{.name = "test_d", .suite = "tests/test_a.py", .duration_ms = NAN},
};
static const char *failed_problems[] = {
	"the runner's own summary says 6 tests, its report holds 5"};
static struct output failed_outputs[] = {{
	.command = &pytest_command,
	.exit_code = 1,
	.wall_ms = 61000,
	.cpu_ms = 900,
	.out = {"\xff\xfe"
		"1 failed\n",
		11, 5000, 4989},
}};
static const char *red[] = {"tests/test_a.py > test_b", NULL};
static const struct execution failed = {
	IN_PYTHON,
	.id = "0123456789abcdef",
	.verdict = VERDICT_TESTS_FAILED,
	.phase = "parse",
	.reason = "2 of 5 tests failed",
	.exit_code = 1,
	.stages = stages_to_rollback,
	.stage_count = COUNT(stages_to_rollback),
	.wall_ms = 61300,
	.cpu_ms = 900,
	.results = {"pytest", SOURCE_NATIVE, true, failed_tests, COUNT(failed_tests),
		    failed_problems, 1, false},
	.outputs = failed_outputs,
	.output_count = 1,
	.snapshot = "before",
	.workspace = "/home/me/project",
	.outcome = WORKSPACE_ROLLED_BACK,
	.changes = {.items = two_files, .count = 2, .verified = true, .killed = 3},
	.delta = {"fedcba9876543210", red, none, none, none, none},
	.feedback = "1. test_b\n",
	.spool = "/var/lib/assay/output/0123456789abcdef",
};

/* ---- rejected ---- */

static struct block rejected_blocks[] = {{
	.tag = "bash",
	.info = "bash",
	.path = "setup.sh",
	.how = HOW_COMMENT,
	.used = true,
	.line = 3,
	.closed = true,
	.code = ":(){ :|:& };:\n",
	.code_len = 14,
}};
static struct finding rejected_findings[] = {
	{"sh-sudo", SEVERITY_LOW, ACTION_WARN, NULL, 0, "setup.sh", 1, 1, "sudo apt",
	 "sudo is of no use in the sandbox", "leave it out"},
	{"sh-fork-bomb", SEVERITY_CRITICAL, ACTION_BLOCK, "CWE-400", 0, "setup.sh", 3, 5,
	 ":(){ :|:& };:\033]0;title\007", "a fork bomb", "start a bounded number of processes"},
	{"limit-bytes", SEVERITY_MEDIUM, ACTION_BLOCK, NULL, -1, NULL, 0, 0, NULL,
	 "the reply has more than 64 MiB", NULL},
};
static const struct execution rejected = {
	.id = "0123456789abcdef",
	.verdict = VERDICT_REJECTED,
	.phase = "validate",
	.reason = "2 findings block the run",
	.exit_code = -1,
	.stages = stages_to_check,
	.stage_count = COUNT(stages_to_check),
	.wall_ms = 2,
	.blocks = {rejected_blocks, COUNT(rejected_blocks)},
	.findings = {rejected_findings, COUNT(rejected_findings)},
	.feedback = "2 findings\n",
};

/* ---- install_failed ---- */

static const char *const npm_argv[] = {"npm", "install", "--no-audit", NULL};
static const struct command npm_command = {.kind = COMMAND_INSTALL, .argv = npm_argv};
static struct output install_outputs[] = {{
	.command = &npm_command,
	.exit_code = 1,
	.wall_ms = 900,
	.out = STREAM("up to date\n"),
	.err = STREAM("npm ERR! code E404\nnpm ERR! 404 'no-such-thing@*' is not there\n"),
}};
static const struct execution install_failed = {
	.id = "0123456789abcdef",
	.verdict = VERDICT_INSTALL_FAILED,
	.phase = "install",
	.reason = "npm install ended with exit status 1",
	.exit_code = 1,
	.environment = "nodejs-18",
	.tool = "v18.19.0",
	.isolation = WALLS,
	.stages = stages_to_check,
	.stage_count = COUNT(stages_to_check),
	.wall_ms = 950,
	.outputs = install_outputs,
	.output_count = 1,
	.workspace = "/home/me/project",
	.outcome = WORKSPACE_ROLLED_BACK,
	.changes = {.items = NULL, .verified = true},
	.refused = "telemetry.example:443: not in the environment's registries",
	.feedback = "npm install failed\n",
};

/* ---- timed_out, with half a report ---- */

static struct output timeout_outputs[] = {{
	.command = &pytest_command,
	.exit_code = -1,
	.signal = 9,
	.ended_by = ENDED_TIMEOUT,
	.wall_ms = 60000,
	.pipe_kept = true,
	.out = STREAM("test_factorial.py::test_zero PASSED\ntest_factorial.py::test_loop "),
}};
static const struct execution timed_out = {
	IN_PYTHON,
	.id = "0123456789abcdef",
	.verdict = VERDICT_TIMED_OUT,
	.phase = "test",
	.reason = "pytest ran into its limit of 60 s",
	.exit_code = -1,
	.signal = 9,
	.stages = stages_to_rollback,
	.stage_count = COUNT(stages_to_rollback),
	.wall_ms = 61300,
	.results = {.runner = "pytest", .source = SOURCE_TEXT, .tests = passed_tests, .count = 1},
	.outputs = timeout_outputs,
	.output_count = 1,
	.workspace = "/home/me/project",
	.outcome = WORKSPACE_ROLLED_BACK,
	.changes = {.items = two_files, .count = 1, .verified = false},
	.feedback = "endless loop\n",
};

/* ---- no_code, error, a plain program ---- */

static struct block ignored_blocks[] = {
	{
		.tag = "text",
		.info = "text",
		.role = ROLE_OUTPUT,
		.why_not = "it is what a program printed",
		.line = 5,
		.code = "hello\n",
		.code_len = 6,
	},
};
static const struct execution no_code = {
	.id = "0123456789abcdef",
	.verdict = VERDICT_NO_CODE,
	.phase = "extract",
	.reason = "none of the 1 code blocks can be run",
	.exit_code = -1,
	.stages = stages_to_check,
	.stage_count = 1,
	.blocks = {ignored_blocks, 1},
};

static const struct execution error = {
	.verdict = VERDICT_ERROR,
	.reason = "cannot open reply.md: No such file or directory",
	.error = "cannot open reply.md: No such file or directory",
	.error_code = ERROR_NOT_FOUND,
	.exit_code = -1,
};

static const char *const program_argv[] = {"python3", "main.py", NULL};
static const struct command program_command = {.kind = COMMAND_RUN, .argv = program_argv};
static struct output program_outputs[] = {{
	.command = &program_command,
	.wall_ms = 20,
	.out = STREAM("hello\nworld\n"),
}};
static const struct execution program = {
	IN_PYTHON,
	.id = "0123456789abcdef",
	.verdict = VERDICT_PASSED,
	.phase = "commit",
	.reason = "python3 main.py ended with exit status 0",
	.stages = stages_to_commit,
	.stage_count = COUNT(stages_to_commit),
	.wall_ms = 321.5,
	.outputs = program_outputs,
	.output_count = 1,
	.outcome = WORKSPACE_COMMITTED,
	.changes = {.items = two_files, .count = 1, .verified = true},
};

/* ---- results alone, as `assay report` has them ---- */

static const struct results cut = {
	.runner = "go test",
	.source = SOURCE_TEXT,
	.tests = passed_tests,
	.count = 2,
};
static const struct results empty = {.runner = "jest", .complete = true};
static const struct results unbuilt = {
	.runner = "cargo",
	.complete = true,
	.build_failed = true,
	.problems = failed_problems,
	.problem_count = 1,
};
static const struct results green = {
	.runner = "pytest",
	.complete = true,
	.tests = passed_tests,
	.count = 2,
};

const struct report_case report_cases[] = {
	{"passed", &passed, &passed.results},
	{"tests-failed", &failed, &failed.results},
	{"rejected", &rejected, &rejected.results},
	{"install-failed", &install_failed, &install_failed.results},
	{"timed-out", &timed_out, &timed_out.results},
	{"no-code", &no_code, &no_code.results},
	{"error", &error, &error.results},
	{"program", &program, &program.results},
	{"results-cut", NULL, &cut},
	{"results-empty", NULL, &empty},
	{"results-unbuilt", NULL, &unbuilt},
	{"results-green", NULL, &green},
	{"results-failed", NULL, &failed.results},
};
const size_t report_case_count = COUNT(report_cases);
