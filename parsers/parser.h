/*
 * Test output somebody else wrote -> results. Each parsers/parser_<format>.c defines one struct
 * parser and registers it. No process, no socket, no clock; any bytes are valid input.
 * To add a format, copy parsers/parser_ctrf.c.
 */
#ifndef PARSERS_PARSER_H
#define PARSERS_PARSER_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/registry.h"
#include "engine/model.h"

struct parse_input {
	const char *data;
	size_t len;
	int exit_code; /* of the runner; -1: unknown (a report file on its own) */
};

struct parser {
	const char *name; /* "pytest", "junit", "go-json" */
	const char *title; /* for --help: "pytest's terminal output" */
	enum results_source source;
	/* How sure this is mine: 0 (no) to 100 (a signature that nothing else has). Linear time. */
	int (*sniff)(const char *data, size_t len);
	/*
	 * Fills out; strings live in arena. Returns 0 for every text in which it found a run, whole or
	 * cut (out->complete says); -1 only when there is nothing of the format in it.
	 */
	int (*parse)(const struct parse_input *input, struct arena *arena, struct results *out,
		     struct error *err);
};

REGISTRY(parsers, struct parser);

const struct parser *parser_find(const char *name); /* NULL: no such format */

/* The surest of all; NULL when none is sure at all. */
const struct parser *parser_detect(const char *data, size_t len);

/* ---- for the parsers themselves (parsers/results.c) ---- */

struct results_builder {
	struct arena *arena;
	struct results *out;
	struct test spare; /* what results_add gives when there are too many to keep */
	size_t dropped;
};

void results_begin(struct results_builder *b, struct arena *arena, struct results *out,
		   const char *runner, enum results_source source);
/*
 * A zeroed test (duration NAN) at the end; valid until the next call. name and suite are copied.
 * At most 100,000 are kept.
 */
struct test *results_add(struct results_builder *b, const char *name, const char *suite,
			 enum test_status status);
void results_problem(struct results_builder *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * The rule that nothing may look passed which is not; every parse ends with it. Adds a problem and
 * clears complete where the exit code contradicts the tests (non-zero with nothing failed), and
 * where tests were left out.
 */
void results_cross_check(struct results_builder *b, int exit_code);

/* A path as a reader knows it: without "file://", "./" and the sandbox's "/workspace/". */
const char *results_path(struct arena *arena, const char *path, size_t len);

/* ---- for parsers of text (parsers/text.c) ---- */

/*
 * A copy without ANSI escape sequences (ECMA-48 CSI, OSC) and CRs before LF, in the arena; a NUL
 * becomes U+FFFD. out_len may be NULL.
 */
char *text_strip(struct arena *arena, const char *data, size_t len, size_t *out_len);

/* Lines of a text, without their ends; the last may lack one. */
struct lines {
	const char *at, *end;
};
struct line {
	const char *text;
	size_t len;
};
bool lines_next(struct lines *lines, struct line *out);

bool line_starts(struct line line, const char *prefix);
bool line_skip(struct line *line, const char *prefix); /* takes prefix off if it is there */
struct line line_trim(struct line line);
const char *line_find(struct line line, const char *needle); /* NULL: not in it */

#endif
