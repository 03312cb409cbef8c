/*
 * What go test tells, gathered by test and package (go_events.c), and what that comes to once all is
 * in (go_results.c). The events of -json are those of `go doc test2json`; parser_go.c makes the same
 * ones of the text.
 */
#ifndef PARSERS_GO_EVENTS_H
#define PARSERS_GO_EVENTS_H

#include "parsers/parser.h"

enum go_action { GO_NONE, GO_PASS, GO_FAIL, GO_SKIP };

struct go_output { /* one output event */
	struct go_output *next;
	const char *text;
};

struct go_outputs {
	struct go_output *first, *last;
};

/* A package, or a test of one, or the build of one. */
struct go_item {
	const char *key; /* package, a newline, test; or the import path of a build */
	const char *package;
	const char *test; /* NULL: the package itself */
	enum go_action result;
	double elapsed_ms;
	struct go_outputs outputs;
	const char *failed_build; /* import path */
	bool ran; /* there was a run event */
	bool subtest_failed;
	bool has_failed_test; /* a package */
	const char *text; /* a build: all of its outputs, once they were asked for */
	bool reported; /* a build: its package is among the tests */
	bool has_runs; /* a package: run events came at all */
};

struct go_events {
	struct arena *arena;
	struct go_item **items; /* in order of appearance, packages and tests mixed */
	size_t count;
	void *index; /* tsearch(3) tree over items by key: no input can unbalance it */
	struct go_outputs other; /* lines that are not events */
	size_t seen; /* events */
	bool broken_end; /* the last line is the start of an event */
};

void go_events_init(struct go_events *events, struct arena *arena);
void go_events_read(struct go_events *events, struct arena *arena, const char *data, size_t len);
void go_events_done(struct go_events *events);

/* For other readers: the item of a package's test (NULL: of the package), new where there is none. */
struct go_item *go_events_item(struct go_events *events, const char *package, const char *test);
void go_events_ran(struct go_events *events, struct go_item *test); /* there was a run event */
void go_events_output(struct go_events *events, struct go_outputs *outputs, const char *text,
		      size_t len);
/* A line that is no event; build (NULL before the first) is kept for the next one. */
void go_events_text(struct go_events *events, struct line line, struct go_item **build);

/* Adds the tests, and sets complete and build_failed. Ends the events. */
void go_results_add(struct results_builder *b, struct go_events *events);

/* NULL when there is none. test NULL: the package. */
struct go_item *go_events_find(const struct go_events *events, const char *package,
			       const char *test);

/*
 * All outputs one after another, NULL when there are none; without the frames ("=== RUN   Test",
 * "--- FAIL: Test (0.00s)") of the test named, NULL: all of it.
 */
const char *go_outputs_text(struct arena *arena, const struct go_outputs *outputs,
			    const char *test);

#endif
