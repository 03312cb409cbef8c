/* The words for the nouns, and the two tables that follow from a verdict. */
#include "engine/model.h"

#include <string.h>

#define WORD(table, value)                                                                         \
	((size_t)(value) < sizeof(table) / sizeof((table)[0]) && (table)[value] ? (table)[value]   \
										: "unknown")

const char *block_how_name(enum block_how how)
{
	static const char *const words[] = {
		[HOW_NONE] = "none",
		[HOW_INFO] = "info",
		[HOW_LINE_ABOVE] = "line_above",
		[HOW_COMMENT] = "comment",
		[HOW_HEADING] = "heading",
		[HOW_DEFAULT] = "default",
	};
	return WORD(words, how);
}

const char *block_role_name(enum block_role role)
{
	static const char *const words[] = {
		[ROLE_CODE] = "code",   [ROLE_TEST] = "test",       [ROLE_MANIFEST] = "manifest",
		[ROLE_EDIT] = "edit",   [ROLE_COMMAND] = "command", [ROLE_OUTPUT] = "output",
		[ROLE_OTHER] = "other",
	};
	return WORD(words, role);
}

bool block_is_file(const struct block *block)
{
	if (!block->used || !block->path)
		return false;
	switch (block->role) {
	case ROLE_CODE:
	case ROLE_TEST:
	case ROLE_MANIFEST:
	case ROLE_OTHER: return true;
	case ROLE_EDIT:
	case ROLE_COMMAND:
	case ROLE_OUTPUT: break;
	}
	return false;
}

static const char *const severities[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",           [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical",
};

const char *severity_name(enum severity severity)
{
	return WORD(severities, severity);
}

int severity_from_name(const char *name, enum severity *out)
{
	for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++) {
		if (strcmp(severities[i], name) == 0) {
			*out = (enum severity)i;
			return 0;
		}
	}
	return -1;
}

const char *finding_action_name(enum finding_action action)
{
	return action == ACTION_BLOCK ? "block" : "warn";
}

const char *command_kind_name(enum command_kind kind)
{
	static const char *const words[] = {
		[COMMAND_INSTALL] = "install",
		[COMMAND_BUILD] = "build",
		[COMMAND_TEST] = "test",
		[COMMAND_RUN] = "run",
	};
	return WORD(words, kind);
}

const char *ended_by_name(enum ended_by ended_by)
{
	static const char *const words[] = {
		[ENDED_EXIT] = "exit",     [ENDED_SIGNAL] = "signal", [ENDED_TIMEOUT] = "timeout",
		[ENDED_MEMORY] = "memory", [ENDED_OUTPUT] = "output", [ENDED_DISK] = "disk",
		[ENDED_CANCEL] = "cancel",
	};
	return WORD(words, ended_by);
}

const char *test_status_name(enum test_status status)
{
	static const char *const words[] = {
		[TEST_PASSED] = "passed",
		[TEST_FAILED] = "failed",
		[TEST_SKIPPED] = "skipped",
		[TEST_ERROR] = "error",
	};
	return WORD(words, status);
}

const char *stage_status_name(enum stage_status status)
{
	static const char *const words[] = {
		[STAGE_SKIPPED] = "skipped",
		[STAGE_DONE] = "done",
		[STAGE_FAILED] = "failed",
	};
	return WORD(words, status);
}

const char *workspace_outcome_name(enum workspace_outcome outcome)
{
	static const char *const words[] = {
		[WORKSPACE_UNTOUCHED] = "untouched",
		[WORKSPACE_COMMITTED] = "committed",
		[WORKSPACE_ROLLED_BACK] = "rolled_back",
		[WORKSPACE_KEPT] = "kept",
	};
	return WORD(words, outcome);
}

/* One row a verdict: its word and the exit status of `assay run` (formats.md). */
static const struct {
	const char *name;
	int exit_status;
} verdicts[] = {
	[VERDICT_NONE] = {"none", 4},
	[VERDICT_PASSED] = {"passed", 0},
	[VERDICT_TESTS_FAILED] = {"tests_failed", 1},
	[VERDICT_REJECTED] = {"rejected", 3},
	[VERDICT_NO_CODE] = {"no_code", 3},
	[VERDICT_NO_TESTS] = {"no_tests", 1},
	[VERDICT_INSTALL_FAILED] = {"install_failed", 1},
	[VERDICT_BUILD_FAILED] = {"build_failed", 1},
	[VERDICT_TIMED_OUT] = {"timed_out", 1},
	[VERDICT_OUT_OF_MEMORY] = {"out_of_memory", 1},
	[VERDICT_CRASHED] = {"crashed", 1},
	[VERDICT_CANCELLED] = {"cancelled", 130},
	[VERDICT_ERROR] = {"error", 4},
};

const char *verdict_name(enum verdict verdict)
{
	return (size_t)verdict < sizeof(verdicts) / sizeof(verdicts[0]) ? verdicts[verdict].name
									: "unknown";
}

int verdict_exit_status(enum verdict verdict)
{
	return (size_t)verdict < sizeof(verdicts) / sizeof(verdicts[0])
		       ? verdicts[verdict].exit_status
		       : 4;
}

struct summary results_summary(const struct results *results)
{
	struct summary summary = {.tests = results->count};

	for (size_t i = 0; i < results->count; i++) {
		switch (results->tests[i].status) {
		case TEST_PASSED: summary.passed++; break;
		case TEST_FAILED: summary.failed++; break;
		case TEST_SKIPPED: summary.skipped++; break;
		case TEST_ERROR: summary.errors++; break;
		}
	}
	return summary;
}
