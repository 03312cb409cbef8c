/* What unittest prints while its tests run: a line for each test (-v), or a character. */
#ifndef PARSERS_UNITTEST_PROGRESS_H
#define PARSERS_UNITTEST_PROGRESS_H

#include "parsers/name_index.h"
#include "parsers/term.h"

struct unittest_title {
	const char *name; /* "test_add" */
	const char *suite; /* "test_calc.TestAdd" */
	const char *sub; /* "(i=1)", "[message] (i=1)", or NULL */
};

/*
 * "test_add (test_calc.TestAdd.test_add) (i=1)", the last part of the second word since 3.11.
 * False when the line is none.
 */
bool unittest_title_read(struct arena *arena, struct line line, struct unittest_title *title);

/* One string for look-ups; without the subtest when whole is false. */
char *unittest_title_key(struct arena *arena, const struct unittest_title *title, bool whole);

/* A class's or module's set-up or tear-down, which unittest does not count as a test. */
bool unittest_is_fixture(struct line name);

struct test *unittest_title_add(struct results_builder *b, const struct unittest_title *title,
				enum test_status status);

/* A test that began, and whose result stands nowhere. */
struct unittest_lost {
	struct unittest_title title;
	bool last; /* the run ends within it */
};

struct unittest_progress {
	struct results_builder *b;
	struct name_index parents; /* keys of tests whose subtests failed */
	struct name_index failed; /* keys of tests whose failure is listed */
	bool named; /* there are lines for tests */
	struct unittest_lost *lost;
	size_t lost_count;
	/*
	 * Of each character of ".FEsxu", at either end of a line; the second time without those
	 * that look like the end of a word.
	 */
	size_t dots[2][6];

	struct line described; /* the title whose docstring stands on the next line */
	bool is_open; /* a test began and has no result yet, or one that is a guess */
	bool guessed;
	struct unittest_title open;
	size_t count_at_open; /* what is added from then on may be the test's own output */
};

/* Reads the lines before the failures; tests are added to the builder. */
void unittest_progress_read(struct unittest_progress *p, struct lines lines);

#endif
