/*
 * The nouns of Assay as plain structs: read this first.
 *
 * Text of a reply becomes blocks; blocks have findings; a plan says what will run; running gives
 * output; output is parsed into results; results and endings make the verdict. Everything here
 * lives in the job's arena: pointers borrow from it, strings are UTF-8 and NUL-terminated unless a
 * length stands beside them, and NULL means "unknown" (null in JSON).
 *
 * Times are milliseconds (_ms), sizes are bytes, lines and columns count from 1 (0: unknown).
 */
#ifndef ENGINE_MODEL_H
#define ENGINE_MODEL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

/* ---- a language, as far as text is concerned ---- */

/* How comments and strings look, so that rules can tell them from code. */
struct syntax {
	const char *line_comments[3];    /* "//", "#"; unused entries NULL */
	const char *block_comments[2][2]; /* {"open", "close"} pairs; a language has at most two */
	const char *strings[6][2];       /* delimiters, longest first: {"\"\"\"","\"\"\""} */
	bool raw_strings[6];             /* strings[i] has no backslash escapes */
	bool multiline_strings[6];       /* strings[i] may run over line ends */
	const char *holes[6][2];         /* code inside strings[i]: {"${", "}"}, {"$(", ")"} */
	bool word_comments;              /* a line comment opens only where a word would: shell */
	bool heredocs;                   /* shell: <<WORD ... WORD */
	bool regex_literals;             /* JavaScript: / where a value may stand opens one */
};

/*
 * The text side of a language; runners/language.h adds what to run. Arrays end with NULL; one that is
 * NULL is empty.
 */
struct language {
	const char *name;              /* canonical: "python" */
	const char *const *tags;       /* info-string words in lower case: "py", "python3" */
	const char *const *extensions; /* without dot: "py" */
	const char *const *filenames;  /* whole names: "Makefile", "go.mod"; manifests included */
	const char *const *manifests;  /* the filenames that are manifests: "package.json" */
	const char *const *tests;      /* file-name globs of tests: "test_*.py", "*_test.go" */
	const char *code_name;         /* default file: "main.py" */
	const char *test_name;         /* default test file: "test_main.py" */
	const char *test_pattern;      /* PCRE2: code that matches is a test: "^def test_" ; or NULL */
	struct syntax syntax;
};

/* ---- what the reply holds ---- */

enum block_how { /* where a block's path came from */
	HOW_NONE,
	HOW_INFO,
	HOW_LINE_ABOVE,
	HOW_COMMENT,
	HOW_HEADING,
	HOW_DEFAULT,
};

enum block_role {
	ROLE_CODE,
	ROLE_TEST,
	ROLE_MANIFEST,
	ROLE_EDIT,    /* a diff or SEARCH/REPLACE block */
	ROLE_COMMAND, /* shell lines for a person to type: "npm install" */
	ROLE_OUTPUT,  /* what a program printed */
	ROLE_OTHER,
};

struct block {
	size_t index;                    /* from 0, in document order */
	const struct language *language; /* NULL: none of ours */
	const char *tag;                 /* canonical or lower-cased first info word, NULL if none */
	const char *info;                /* the whole info string as CommonMark reads it, "" if none */
	const char *path;                /* relative, or NULL */
	enum block_how how;
	enum block_role role;
	bool used;
	const char *why_not; /* when not used: one short sentence */
	size_t line;         /* of the opening fence */
	bool closed;
	const char *code; /* literal content as CommonMark has it; NUL-terminated, may hold NULs */
	size_t code_len;
	size_t code_line; /* lines of the block before code, where it is a part: one file's edit */
};

struct blocks {
	struct block *items;
	size_t count;
};

bool block_is_file(const struct block *block); /* it becomes a file as it is */

/* ---- what the checks found ---- */

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

enum finding_action { ACTION_WARN, ACTION_BLOCK };

struct finding {
	const char *rule; /* "py-reverse-shell", "limit-bytes", "path-climbs" */
	enum severity severity;
	enum finding_action action;
	const char *cwe; /* "CWE-506" or NULL */
	ptrdiff_t block; /* index, or -1: the reply as a whole */
	const char *path;
	size_t line;   /* within the block's code */
	size_t column; /* in bytes */
	const char *excerpt; /* at most 160 bytes of the line */
	const char *message;
	const char *remedy;
};

struct findings {
	struct finding *items;
	size_t count;
};

/* ---- what will run ---- */

struct limits {
	uint64_t time_ms;   /* wall clock, for each command */
	uint64_t memory;    /* bytes, for all processes of a command together */
	uint64_t disk;      /* bytes that a run may write to the workspace */
	uint64_t file_size; /* bytes, a single file */
	uint64_t output;    /* bytes of each stream kept in memory (head and tail) */
	uint64_t output_file; /* bytes of each stream kept in all; beyond it the command is ended */
	unsigned processes;
	unsigned open_files;
	double cpus;
};

struct file {
	const char *path; /* relative to the workspace, already checked */
	const char *data;
	size_t len;
	bool executable;
	bool removed; /* the path goes away; data is NULL */
};

#define SUITE_PROGRAM "program" /* of a test that is a whole command, judged by its exit status */
#define RUNNER_PROGRAM "exit-status" /* of results that hold such tests alone */

enum command_kind {
	COMMAND_INSTALL, /* fetches dependencies; the only kind with a network */
	COMMAND_BUILD,   /* compiles; a failure is build_failed */
	COMMAND_TEST,    /* a test runner; its report is parsed */
	COMMAND_RUN,     /* a plain program, judged by its exit status */
};

struct command {
	enum command_kind kind;
	const char *const *argv; /* NULL-terminated; argv[0] is looked up on the sandbox's PATH */
	const char *const *env;  /* "NAME=value", NULL-terminated, on top of the environment's */
	const char *parser;      /* name of the result parser, NULL for none */
	const char *report;      /* file name inside SANDBOX_OUT that the runner writes, or NULL: the
				    parser reads standard output */
	const char *fallback;    /* name of the text parser when there is no report, or NULL */
	const char *shown;       /* what the user would type: "pytest"; argv holds injected flags */
};

struct dependencies {
	const char *key;      /* content hash of manifests, tools and commands; NULL: none needed */
	struct file *files;   /* the manifests, given ones and made ones */
	size_t file_count;
	struct command *commands;
	size_t command_count;
	bool in_place;        /* needs the sources: runs in the workspace, nothing is kept */
	const char *why_in_place;
	const char *const *registries; /* kinds: "npm", "pip", "go"; NULL-terminated */
};

struct plan {
	const char *environment; /* "python-3.11" */
	const struct language *language;
	struct file *files; /* to place, in reply order; scaffold included */
	size_t file_count;
	struct dependencies dependencies;
	struct command *commands; /* build, test, run, in order */
	size_t command_count;
	const char *const *env; /* with which shell lines find the dependencies; NULL: none */
	const char *const *notes; /* what was assumed: "made package.json for jest"; NULL-terminated */
};

/* ---- what happened ---- */

enum ended_by {
	ENDED_EXIT,
	ENDED_SIGNAL,
	ENDED_TIMEOUT,
	ENDED_MEMORY,
	ENDED_OUTPUT,
	ENDED_DISK, /* for what it wrote, or others of its run before it */
	ENDED_CANCEL,
};

/* One stream of a command: head and tail, never interrupted, and how much there was. */
struct stream {
	const char *text; /* head, a line "... N bytes dropped ...", tail; valid only as bytes */
	size_t len;
	uint64_t bytes;   /* all that the command wrote */
	uint64_t dropped; /* of these, not in text */
};

struct output {
	const struct command *command;
	int exit_code; /* -1 when it did not exit by itself */
	int signal;    /* 0 when none */
	enum ended_by ended_by;
	const char *exceeded; /* with ENDED_DISK: "it wrote more than 10 GiB, its disk limit" */
	double wall_ms;
	double cpu_ms;
	uint64_t peak_memory; /* 0: unknown */
	unsigned processes;   /* the most at once; 0: unknown */
	bool pipe_kept;       /* a grandchild held a pipe open after the end */
	struct stream out;
	struct stream err;
};

enum test_status { TEST_PASSED, TEST_FAILED, TEST_SKIPPED, TEST_ERROR };

struct test {
	const char *name;
	const char *suite;
	enum test_status status;
	double duration_ms; /* NAN: unknown */
	const char *message;
	const char *file;
	size_t line;
	const char *expected;
	const char *actual;
	const char *stack;
	const char *output;
	bool flaky; /* failed, and passed when it ran again from the same snapshot */
};

enum results_source { SOURCE_NATIVE, SOURCE_TEXT };

struct summary {
	size_t tests, passed, failed, skipped, errors;
};

struct results {
	const char *runner; /* "pytest" */
	enum results_source source;
	bool complete; /* false: the output ends before the runner's own summary */
	struct test *tests;
	size_t count;
	const char **problems; /* sentences */
	size_t problem_count;
	bool build_failed; /* compile or collection failed: the tests never ran */
};

struct change {
	const char *path;
	char what; /* 'A'dded, 'M'odified, 'D'eleted */
};

struct changes {
	struct change *items;
	size_t count;
	bool verified;  /* it was looked at afterwards, and is what it was before */
	const char *doubt; /* of a rollback to a revision: why not verified; NULL: it is */
	bool spoiled;   /* and the reason is that it holds something else */
	size_t killed;  /* processes that were still alive */
	uint64_t bytes; /* a new revision's own, on the disk; 0: none was made */
	bool revised;   /* a new revision was made: something differed */
};

enum verdict {
	VERDICT_NONE, /* still under way */
	VERDICT_PASSED,
	VERDICT_TESTS_FAILED,
	VERDICT_REJECTED,
	VERDICT_NO_CODE,
	VERDICT_NO_TESTS,
	VERDICT_INSTALL_FAILED,
	VERDICT_BUILD_FAILED,
	VERDICT_TIMED_OUT,
	VERDICT_OUT_OF_MEMORY,
	VERDICT_CRASHED,
	VERDICT_CANCELLED,
	VERDICT_ERROR,
};

/* What walls stood around a command, as the backend that ran it says. */
struct isolation {
	const char *backend; /* "namespace" */
	unsigned uid;
	const char *cgroup; /* "v1", "v2", "none" */
	bool seccomp;
	int landlock; /* ABI, 0: not in force */
	const char *network; /* "none", "install-only" */
};

struct delta {
	const char *against; /* id of the earlier execution, NULL: there was none */
	const char **newly_failing, **fixed, **still_failing, **vanished, **newly_skipped; /* NULL-terminated */
};

/* ---- the whole story of one run ---- */

enum stage_status { STAGE_SKIPPED, STAGE_DONE, STAGE_FAILED };

struct stage_record {
	const char *name; /* "extract" ... "report" */
	enum stage_status status;
	double ms;
};

enum workspace_outcome { WORKSPACE_UNTOUCHED, WORKSPACE_COMMITTED, WORKSPACE_ROLLED_BACK, WORKSPACE_KEPT };

/* Everything known about one run of the pipeline: what every report format is written from. */
struct execution {
	const char *id;
	enum verdict verdict;
	const char *phase;  /* the stage that decided the verdict */
	const char *reason; /* one sentence: "1 of 5 tests failed" */
	int exit_code;      /* of the deciding command, -1: none */
	int signal;         /* of the deciding command, 0: none */
	const char *environment;
	const char *tool;
	struct isolation isolation;
	struct stage_record *stages;
	size_t stage_count;
	double wall_ms;
	double cpu_ms;
	uint64_t peak_memory;
	unsigned processes;
	struct blocks blocks;
	struct findings findings;
	const struct plan *plan; /* NULL: there was none */
	struct results results;  /* of all test commands together; runner NULL: none */
	struct output *outputs;  /* installs first */
	size_t output_count;
	const char *workspace; /* absolute; NULL: a new one that is forgotten */
	const char *snapshot;
	const char *revision; /* that the commit made, NULL: none */
	unsigned reruns; /* how often failures ran again */
	enum workspace_outcome outcome;
	struct changes changes;  /* committed, kept or reverted files */
	const char *quarantined; /* why a rollback failed, NULL when it did not */
	const char *refused;     /* the host that an install may not reach, and why; NULL: none */
	const char *spool;       /* folder with the whole outputs, NULL: not kept */
	uint64_t spool_bytes;    /* in it */
	struct delta delta;
	const char *feedback;    /* for the coder, within its byte budget */
	const char *error;       /* for VERDICT_ERROR: what went wrong on our side */
	enum error_code error_code; /* with error */
	const char **notes;      /* NULL-terminated */
};

/* The words of formats.md; engine/model.c. An unknown value gives "unknown". */
const char *block_how_name(enum block_how how);
const char *block_role_name(enum block_role role);
const char *severity_name(enum severity severity);
const char *finding_action_name(enum finding_action action);
const char *command_kind_name(enum command_kind kind);
const char *ended_by_name(enum ended_by ended_by);
const char *test_status_name(enum test_status status);
const char *verdict_name(enum verdict verdict);
const char *stage_status_name(enum stage_status status);
const char *workspace_outcome_name(enum workspace_outcome outcome);
int verdict_exit_status(enum verdict verdict); /* of `assay run`, formats.md */
int severity_from_name(const char *name, enum severity *out); /* -1: no such word */

struct summary results_summary(const struct results *results);

#endif
