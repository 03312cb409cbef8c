/*
 * TAP: one line taken apart (tap_line.c), a diagnostic block (tap_yaml.c), the whole run
 * (parser_tap.c) and what it means (tap_tests.c).
 */
#ifndef PARSERS_PARSER_TAP_H
#define PARSERS_PARSER_TAP_H

#include "parsers/parser.h"

#define TAP_MAX_LEVELS 32 /* of subtests; deeper lines are text */

enum tap_directive { TAP_NO_DIRECTIVE, TAP_SKIP, TAP_TODO };

struct tap_point {
	bool ok;
	size_t number; /* 0: none */
	const char *name; /* "" when there is none; unescaped */
	enum tap_directive directive;
	const char *reason; /* of the directive */
	double duration_ms; /* from "# time=1ms" and "# in 1 ms"; NAN: none */
	bool opens; /* ends with " {": a buffered subtest follows */
};

/* line without its indentation. false: no test point. */
bool tap_read_point(struct arena *arena, struct line line, struct tap_point *out);

/* "1..12", "1..0 # skip why". */
bool tap_read_plan(struct line line, size_t *count, struct line *reason);

/* What a YAML block says, NULL where it does not. */
struct tap_yaml {
	const char *message, *error_name, *stack, *at, *location;
	const char *expected, *actual;
	const char *type, *failure_type, *exit_code, *signal;
	double duration_ms;
};

/* block: the lines between "---" and "...". Not all of YAML: what test producers write. */
void tap_read_yaml(struct arena *arena, struct line block, struct tap_yaml *out);

struct tap_entry { /* a test point, as read */
	struct tap_point point;
	size_t parent; /* index + 1, 0: none */
	size_t next_orphan; /* index + 1: others of its level that wait for their parent */
	bool has_children;
	bool child_failed;
	bool dropped; /* looked like a subtest, but was something printed */
	bool has_yaml;
	struct tap_yaml yaml;
	struct line before; /* node: the comments in front of it */
	struct line diagnostics; /* from the first line that may belong to it to the last */
	const char *path; /* as a parent: names from the top */
};

enum tap_dialect { TAP_PLAIN, TAP_NODE, TAP_VITEST };

struct tap_run {
	struct tap_entry *entries;
	size_t count;
	enum tap_dialect dialect;
	size_t claimed_tests; /* node's summary; SIZE_MAX: none */
	size_t claimed_failed; /* with those cancelled */
	size_t not_loaded; /* files */
};

/* The entries that are tests, with all that is known of them, in order. */
void tap_add_tests(struct results_builder *b, struct tap_run *run);

#endif
