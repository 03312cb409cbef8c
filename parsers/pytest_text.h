/* What pytest prints, cut in its parts: progress, sections of failures, short summary. */
#ifndef PARSERS_PYTEST_TEXT_H
#define PARSERS_PYTEST_TEXT_H

#include "parsers/name_index.h"
#include "parsers/term.h"

/* A test, a subtest that failed, or a file that could not be collected. */
struct pytest_node {
	const char *id; /* "tests/test_a.py::TestA::test_b[x y]" */
	const char *label; /* of a subtest: "[message] (i=1)", or NULL */
	enum test_status status;
	const char *message;
	const char *stack, *output;
	double duration_ms;
	bool gone; /* folded into another */
	bool listed; /* in the short summary */
};

/* Characters of one line of progress. */
struct pytest_dots {
	const char *path; /* the file they belong to, or NULL */
	struct line letters;
};

struct pytest_text {
	struct results_builder b;
	struct lines progress; /* what stands before the first section */
	struct lines sections; /* failures and errors */
	struct lines notes; /* the short test summary; empty: there is none */
	const char *summary; /* the title of the last line, or NULL */
	size_t summary_len;
	size_t selected; /* of "collected 5 items / 2 deselected / 3 selected"; SIZE_MAX */
	bool header; /* "test session starts": not -q */
	bool stopped; /* by -x or --maxfail: the runner's own wish */
	bool interrupted; /* by a signal or an error while collecting */
	bool collect_failed; /* "Interrupted: 2 errors during collection" */
	const char *internal; /* the first line of an error within pytest, or of Python's end */

	struct pytest_node *nodes;
	size_t node_count;
	size_t node_overflow; /* more than are kept */
	struct pytest_dots *dots;
	size_t dot_count;
	bool verbose; /* there are lines for tests */
	const char *named_dots; /* characters whose tests the short summary names: "xX" */
	bool whole; /* the progress reached 100% */
	const char *open; /* id of the test that the output ends in, or NULL */
	size_t teardowns_passed; /* errors in a teardown whose test passed: counted twice */
	size_t teardowns_skipped;
};

/* pytest_progress.c */
void pytest_progress_read(struct pytest_text *t);
/*
 * Adds the tests that only dots show. False, and nothing is added, where the dots do not agree
 * with said (NULL: there is no summary).
 */
bool pytest_dots_add(struct pytest_text *t, const struct tally *said);

/* pytest_sections.c */
void pytest_notes_read(struct pytest_text *t); /* the short test summary */
void pytest_sections_read(struct pytest_text *t); /* after the notes */

struct pytest_node *pytest_node_add(struct pytest_text *t, const char *id, enum test_status status);

/*
 * The length of the node id that line begins with, 0 when it is none. A parameter may hold
 * spaces, "::" and brackets: the id ends behind a "]" that closes all, where one does.
 */
size_t pytest_id_length(struct line line);

#endif
