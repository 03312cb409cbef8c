/* How parsers put results together, and the checks that every one of them ends with. */
#include "parsers/parser.h"

#include <string.h>

/*
 * More than any real suite of one run; beyond it a hostile runner could make us hold an arbitrary
 * multiple of its output.
 */
#define MAX_TESTS 100000
#define MAX_PROBLEMS 32

void results_begin(struct results_builder *b, struct arena *arena, struct results *out,
		   const char *runner, enum results_source source)
{
	*b = (struct results_builder){.arena = arena, .out = out};
	*out = (struct results){.runner = runner, .source = source};
}

struct test *results_add(struct results_builder *b, const char *name, const char *suite,
			 enum test_status status)
{
	struct results *out = b->out;
	struct test *test = &b->spare;

	if (out->count < MAX_TESTS) {
		test = arena_grow(b->arena, &out->tests, out->count, sizeof(*test));
		out->count++;
	} else {
		b->dropped++;
	}
	*test = (struct test){
		.name = arena_string(b->arena, name ? name : ""),
		.suite = arena_string(b->arena, suite),
		.status = status,
		.duration_ms = NAN,
	};
	return test;
}

void results_problem(struct results_builder *b, const char *format, ...)
{
	struct results *out = b->out;
	const char **slot;
	va_list args;

	if (out->problem_count >= MAX_PROBLEMS)
		return;
	slot = arena_grow(b->arena, &out->problems, out->problem_count, sizeof(*slot));
	out->problem_count++;
	if (out->problem_count == MAX_PROBLEMS) {
		*slot = "further problems are not listed";
		return;
	}
	va_start(args, format);
	*slot = arena_vprintf(b->arena, format, args);
	va_end(args);
}

void results_cross_check(struct results_builder *b, int exit_code)
{
	struct results *out = b->out;
	struct summary sum = results_summary(out);

	if (b->dropped > 0) {
		results_problem(b, "only the first %d tests are kept, %zu more were left out",
				MAX_TESTS, b->dropped);
		out->complete = false;
	}
	if (exit_code <= 0 || sum.failed + sum.errors > 0 || out->build_failed)
		return;
	if (out->count > 0) {
		results_problem(b, "the runner ended with exit status %d, but no test failed",
				exit_code);
		out->complete = false;
	} else {
		results_problem(b, "the runner ended with exit status %d and reports no test",
				exit_code);
	}
}

const char *results_path(struct arena *arena, const char *path, size_t len)
{
	static const char *const prefixes[] = {"file://", "/workspace/", "./"};

	while (len > 2 && path[0] == '/' && path[1] == '/') { /* "file:" is off already */
		path++;
		len--;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]);

		if (len > n && memcmp(path, prefixes[i], n) == 0) {
			path += n;
			len -= n;
		}
	}
	return arena_copy(arena, path, len);
}
