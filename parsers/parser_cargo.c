/*
 * What cargo test prints, in full, with -q and with --nocapture.
 *
 * Each test binary has a block from "running 3 tests" to a "test result:" whose numbers add up to
 * that; other such lines were printed by tests. Nothing counts the blocks, so a log that ends
 * between two looks whole. A binary that dies leaves its block without an end. What does not
 * compile is an error named like its crate. Tests that -q shows as dots become "(unnamed) 1".
 */
#include <string.h>

#include "parsers/assertion.h"
#include "parsers/cargo_block.h"
#include "parsers/term.h"

struct reader {
	struct results_builder b;
	struct lines text;
	const char *suite; /* of the binary that runs */
	const char **suites; /* of all of them, where the headers stand behind the blocks: cargo
				writes them to standard error */
	size_t suite_count;
	size_t blocks;
	bool cut; /* a block has no end */
	size_t cut_test; /* position of its test + 1, until it is known how it died */
	const char *died; /* how a binary did, or NULL */
	const char *error; /* the first line of a compiler's errors, or NULL */
	const char *broken; /* the crate that did not compile last, or NULL */
	struct cargo_block block;
};

static const struct term_mark marks[] = {
	{"test result: ok. # passed; # failed; # ignored; *", 96},
	{"test result: FAILED. # passed; # failed; # ignored; *", 96},
	{"     Running unittests *", 90},
	{"     Running tests/*", 90},
	{"   Doc-tests *", 80},
	{"error: could not compile `*", 85},
	{"error: test failed, to rerun pass *", 92},
	{NULL, 0},
};

static int sniff(const char *data, size_t len)
{
	return term_sniff(data, len, marks);
}

/* The binary died, or the output ends. */
static void cut_block(struct reader *r, bool died)
{
	const struct cargo_block *block = &r->block;
	const char *name = block->open ? block->open : block->suite;
	struct test *test;

	if (!block->running)
		return;
	r->block.running = false;
	r->cut = true;
	if (!died && !r->died) {
		if (block->open)
			term_unfinished(&r->b, block->open, block->suite);
		return;
	}
	r->cut_test = r->died ? 0 : r->b.out->count + 1;
	test = results_add(&r->b, name ? name : "test binary", block->suite, TEST_ERROR);
	test->message = r->died ? r->died : "the test binary ended before its last test";
}

/* ---- between the blocks ---- */

/* "     Running unittests src/lib.rs (target/debug/deps/nasty-6b9f953b3774b14d)" */
static const char *read_header(struct reader *r, struct line line)
{
	struct line rest = line_trim(line);
	const char *open = line_find_last(rest, " (");
	const char *slash;
	const char *dash;

	if (line_starts(line, "   Doc-tests "))
		return line_copy(r->b.arena, rest);
	if (!line_starts(line, "     Running ") || !open || !line_ends(rest, ")"))
		return NULL;
	line_skip(&rest, "Running ");
	if (!line_skip(&rest, "unittests "))
		return line_copy(r->b.arena, line_to(rest, open));
	/* every crate of a workspace has its src/lib.rs: the binary's name tells them apart */
	slash = line_find_last(rest, "/");
	dash = line_find_last(rest, "-");
	if (!slash || !dash || dash < slash)
		return line_copy(r->b.arena, line_to(rest, open));
	return line_copy(r->b.arena, line_to(line_from(rest, slash + 1), dash));
}

/* "error: could not compile `crate` (lib) due to 1 previous error", below the errors */
static void read_broken(struct reader *r, struct line line)
{
	struct line name = line;
	struct test *test;
	const char *crate;

	if (!r->error && line_starts(line, "error"))
		r->error = line.text;
	if (!line_skip(&name, "error: could not compile `") || !line_find(name, "`"))
		return;
	crate = line_copy(r->b.arena, line_to(name, line_find(name, "`")));
	if (r->broken && strcmp(r->broken, crate) == 0)
		return;
	r->broken = crate;
	test = results_add(&r->b, crate, crate, TEST_ERROR);
	test->stack = term_block(r->b.arena, r->error, line.text);
	if (!test->stack)
		test->stack = line_copy(r->b.arena, line);
	test->message = arena_copy(r->b.arena, test->stack, strcspn(test->stack, "\n"));
	assertion_read(r->b.arena, test);
	r->error = NULL;
}

/* The suites, if all of them stand behind the first block, and how a binary died. */
static void look_ahead(struct reader *r)
{
	struct lines lines = r->text;
	struct line line;
	bool before = true;

	while (lines_next(&lines, &line)) {
		const char *suite = read_header(r, line);
		const char **slot;

		if (before && suite)
			return;
		before = before && !line_like(line, "running # test*");
		if (line_starts(line, "  process didn't exit successfully: "))
			r->died = line_copy(r->b.arena, line_trim(line));
		if (!suite)
			continue;
		slot = arena_grow(r->b.arena, &r->suites, r->suite_count, sizeof(*slot));
		r->suite_count++;
		*slot = suite;
	}
}

static void read_all(struct reader *r)
{
	struct lines lines = r->text;
	struct line line;

	while (lines_next(&lines, &line)) {
		const char *suite = read_header(r, line);

		if (line_starts(line, "  process didn't exit successfully: ") && r->cut_test > 0 &&
		    r->cut_test <= r->b.out->count) {
			r->b.out->tests[r->cut_test - 1].message = line_copy(r->b.arena,
									     line_trim(line));
			r->cut_test = 0;
		}
		if (suite || line_like(line, "error: *test failed, to rerun pass *"))
			cut_block(r, true);
		if (suite)
			r->suite = suite;
		if (r->block.running) {
			cargo_block_line(&r->block, line, lines.at);
			continue;
		}
		suite = r->blocks < r->suite_count ? r->suites[r->blocks] : r->suite;
		if (cargo_block_begin(&r->block, line, &r->b, suite))
			r->blocks++;
		else
			read_broken(r, line);
	}
	cut_block(r, false);
}

static int parse(const struct parse_input *input, struct arena *arena, struct results *out,
		 struct error *err)
{
	struct reader r = {0};

	results_begin(&r.b, arena, out, "cargo", SOURCE_TEXT);
	r.text = term_open(arena, input->data, input->len);
	look_ahead(&r);
	read_all(&r);
	if (r.blocks == 0 && !r.broken && !r.suite)
		return error_set(err, ERROR_INPUT, "no output of cargo test");
	out->complete = !r.cut && (r.blocks > 0 || r.broken);
	out->build_failed = r.broken && r.blocks == 0;
	results_cross_check(&r.b, input->exit_code);
	return 0;
}

static const struct parser cargo_text = {
	.name = "cargo",
	.title = "cargo test's output",
	.source = SOURCE_TEXT,
	.sniff = sniff,
	.parse = parse,
};

REGISTER(parsers, struct parser, cargo_text);
