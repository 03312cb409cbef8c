/* One test binary of cargo test: from "running 3 tests" to its "test result:". */
#ifndef PARSERS_CARGO_BLOCK_H
#define PARSERS_CARGO_BLOCK_H

#include "parsers/term.h"

struct cargo_panic { /* printed while tests run, with --nocapture */
	const char *test; /* the thread's name */
	const char *text, *end;
};

struct cargo_block {
	struct results_builder *b;
	const char *suite;
	bool running;
	size_t expected; /* "running 3 tests" */
	size_t first; /* position of its first test */
	const char *open; /* "test x ... " whose result is still to come, or NULL */
	const char *open_text; /* what it printed */
	const char *failures; /* behind the first "failures:" or "successes:" */
	const char *names; /* behind the last "failures:" */
	struct cargo_panic *panics;
	size_t panic_count;
	bool in_panic; /* the last one goes on */
	struct tally said;
};

/* "running 3 tests"; false when the line is none. */
bool cargo_block_begin(struct cargo_block *block, struct line line, struct results_builder *b,
		       const char *suite);

/* A line of the running block; next is where the following one starts. Its end stops it. */
void cargo_block_line(struct cargo_block *block, struct line line, const char *next);

#endif
