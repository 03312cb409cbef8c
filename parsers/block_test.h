/* Whether a block is a test: by its name, or by what it holds. */
#ifndef PARSERS_BLOCK_TEST_H
#define PARSERS_BLOCK_TEST_H

#include "engine/base/regex.h"
#include "engine/model.h"
#include "parsers/span.h"

enum { TEST_PATTERNS_MAX = 64 };

/* The languages' test patterns, each compiled when it is first asked for. Zero it to begin. */
struct test_patterns {
	struct {
		const struct language *language;
		struct regex *regex; /* NULL: the language has none that compiles */
	} items[TEST_PATTERNS_MAX];
	size_t count;
	struct regex_scratch *scratch;
};

/* By the language's globs for test files, from the last component of path. */
bool block_is_test_name(const struct language *language, const char *path);

/* By the language's test_pattern. Bounded: code that costs too many steps is no test. */
bool block_is_test(struct test_patterns *patterns, const struct language *language,
		   struct span code);

void test_patterns_done(struct test_patterns *patterns);

#endif
