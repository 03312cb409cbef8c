/* Panics, and the other ways in which a Rust test fails. */
#include "parsers/rust_failure.h"

#include <string.h>

#include "parsers/assertion.h"

/* "thread 'x' (12) panicked at src/lib.rs:30:33:" and the message below it */
static void read_panic(struct arena *arena, struct test *test, struct line head, struct lines below)
{
	struct line place = line_from(head, line_find(head, " panicked at ") + 13);
	const char *from = below.at;
	const char *to = below.at;
	struct line line;

	assertion_location(arena, line_copy(arena, place), &test->file, &test->line);
	if (line_starts(place, "'")) { /* before 1.73: panicked at 'message', place */
		const char *end = line_find_last(place, "', ");

		if (end)
			test->message = line_copy(arena, line_tail(line_to(place, end), 1));
		return;
	}
	while (lines_next(&below, &line)) {
		if (line_is(line, "stack backtrace:") ||
		    line_starts(line, "note: run with `RUST_") ||
		    line_like(line, "thread '* panicked at *"))
			break;
		to = line.text + line.len;
	}
	test->message = term_block(arena, from, to);
}

/* "src/lib.rs - add (line 7)": the panic's line is one of the program made from the example. */
static void place_of_example(struct arena *arena, struct test *test)
{
	struct line name = {test->name, strlen(test->name)};
	const char *dash = line_find(name, " - ");
	const char *open = line_find_last(name, " (line ");

	if (!dash || !open || !line_ends(name, ")"))
		return;
	name = line_from(name, open + strlen(" (line "));
	test->file = arena_copy(arena, test->name, (size_t)(dash - test->name));
	line_number(&name, &test->line);
}

void rust_failure_read(struct arena *arena, struct test *test, const char *from, const char *to)
{
	struct lines lines = {from, to};
	struct lines below = lines;
	struct line line;
	struct line panic = {NULL, 0};

	while (lines_next(&lines, &line)) {
		if (line_like(line, "thread '* panicked at *")) {
			panic = line;
			below = lines;
		}
	}
	if (panic.text)
		read_panic(arena, test, panic, below);
	test->stack = term_block(arena, panic.text ? panic.text : from, to);
	if (panic.text)
		test->output = term_block(arena, from, panic.text);
	else
		test->message = test->stack;
	place_of_example(arena, test);
	assertion_read(arena, test);
}
