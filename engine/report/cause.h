/*
 * Why a run is not green when no failing test says so: a broken build, a time-out, a rejection, a
 * report cut short. Every report format shows it as a failure, so that none looks empty and green.
 */
#ifndef REPORT_CAUSE_H
#define REPORT_CAUSE_H

#include "engine/base/arena.h"
#include "engine/report/format.h"

/* The command that decided the verdict: the last that did not end well; NULL: none did badly. */
const struct output *cause_output(const struct execution *execution);

/* The last lines of a stream, at most max_lines and max_bytes, borrowed. */
const char *cause_tail(const struct stream *stream, size_t max_lines, size_t max_bytes,
		       size_t *len);

/* What `assay report` answers with: every test passed or was skipped, and the report is whole. */
bool cause_results_green(const struct results *results);

/*
 * A test (suite "assay", status error) that stands for the cause; false when the tests themselves
 * say all there is to say.
 */
bool cause_test(const struct report_input *input, struct arena *arena, struct test *out);

#endif
