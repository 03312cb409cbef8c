/* Executions made by hand, one for each kind of ending: what the report tests write out. */
#ifndef TESTS_REPORT_CASES_H
#define TESTS_REPORT_CASES_H

#include "engine/model.h"

struct report_case {
	const char *name;
	const struct execution *execution; /* NULL: results only */
	const struct results *results;
};

extern const struct report_case report_cases[];
extern const size_t report_case_count;

#endif
