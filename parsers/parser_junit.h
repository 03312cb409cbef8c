/*
 * JUnit XML: what is kept while a document is read (parser_junit.c), and what a test case then
 * means in the dialect at hand (junit_case.c).
 */
#ifndef PARSERS_PARSER_JUNIT_H
#define PARSERS_PARSER_JUNIT_H

#include "engine/base/buf.h"
#include "parsers/parser.h"

#define JUNIT_MAX_SUITES 64 /* nested; deeper ones keep their tests and lose their names */

struct XML_ParserStruct;

struct junit_suite {
	const char *name;
	const char *path; /* with the names around it: "outer > inner" */
	size_t claimed; /* its tests attribute, SIZE_MAX when there is none */
	size_t cases, nested, errors;
};

enum junit_part { /* elements of a test case that hold text */
		  JUNIT_NONE,
		  JUNIT_FAILURE,
		  JUNIT_ERROR,
		  JUNIT_SKIPPED,
		  JUNIT_OUTPUT,
		  JUNIT_FLAKY,
		  JUNIT_IGNORED,
};

struct junit_case {
	const char *name, *classname, *file, *status;
	size_t line;
	double duration_ms;
	size_t failures, errors, outputs;
	bool skips, flaky, todo, expected_failure;
	bool cut; /* the report ends inside it */
	const char *message, *stack, *reason, *output;
};

struct junit_reader {
	struct results_builder b;
	struct XML_ParserStruct *xml;
	size_t depth;
	bool ours; /* the root is a testsuite or testsuites */
	bool closed; /* the root has ended */
	bool refused; /* a DTD */
	long end; /* bytes of the document */
	struct junit_suite suites[JUNIT_MAX_SUITES];
	size_t suite_depth;
	bool in_case;
	struct junit_case current;
	enum junit_part part;
	size_t part_depth;
	const char *part_message, *part_type;
	struct buf text; /* of the part */
	bool claims_failure; /* some failures or errors attribute is not 0 */
	bool collection_failed; /* a module did not load */
	bool stopped; /* from inside a test */
};

void junit_end_part(struct junit_reader *r); /* the part's text is whole */
void junit_add_case(struct junit_reader *r); /* the case is whole, or cut */
void junit_finish(struct junit_reader *r); /* all documents are read */

#endif
