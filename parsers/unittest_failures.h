/* The failures that unittest lists at the end of a run, each under a line of 70 "=". */
#ifndef PARSERS_UNITTEST_FAILURES_H
#define PARSERS_UNITTEST_FAILURES_H

#include "parsers/unittest_progress.h"

struct unittest_failure {
	struct unittest_title title;
	enum test_status status;
	bool unexpected; /* a success: listed without a text, since 3.11 */
	const char *start; /* of the line of "=" */
	const char *text, *end; /* what stands under the title */
};

struct unittest_failures {
	struct unittest_failure *items;
	size_t count;
};

/* All that looks like one in lines, which end where the summary starts. out is zeroed before. */
void unittest_failures_find(struct unittest_failures *out, struct arena *arena, struct lines lines);

/*
 * Keeps those at the end, as many as the summary counts (failures and errors together, and
 * unexpected successes): tests printed the others.
 */
void unittest_failures_keep(struct unittest_failures *out, size_t failures, size_t unexpected);

#endif
