/* The languages' test patterns, applied to code that no file name explains. */
#include "parsers/block_test.h"

#include <fnmatch.h>

#include "parsers/block_path.h"

/* A pattern that needs more steps than this and a few a byte was not written for such code. */
enum { STEPS = 1000000, STEPS_PER_BYTE = 4 };

static struct regex *compiled(struct test_patterns *patterns, const struct language *language)
{
	struct regex *regex = NULL;

	for (size_t i = 0; i < patterns->count; i++) {
		if (patterns->items[i].language == language)
			return patterns->items[i].regex;
	}
	if (patterns->count == TEST_PATTERNS_MAX || !language->test_pattern ||
	    regex_new(&regex, language->test_pattern, NULL) != 0)
		return NULL;
	patterns->items[patterns->count].language = language;
	patterns->items[patterns->count++].regex = regex;
	return regex;
}

bool block_is_test_name(const struct language *language, const char *path)
{
	/* The name runs to the end of path, so it is a string too. */
	const char *name = block_path_name(span_of(path)).text;

	for (const char *const *glob = language->tests; glob && *glob; glob++) {
		if (fnmatch(*glob, name, 0) == 0)
			return true;
	}
	return false;
}

bool block_is_test(struct test_patterns *patterns, const struct language *language,
		   struct span code)
{
	struct regex *regex = compiled(patterns, language);
	struct regex_window window = {
		.text = code.text, .start = 0, .start_end = code.len, .end = code.len};
	size_t at;

	if (!regex)
		return false;
	if (!patterns->scratch)
		patterns->scratch = regex_scratch_new();
	regex_grant(patterns->scratch, STEPS + STEPS_PER_BYTE * (uint64_t)code.len);
	return regex_find(regex, patterns->scratch, &window, &at) == REGEX_MATCH;
}

void test_patterns_done(struct test_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		regex_free(patterns->items[i].regex);
	regex_scratch_free(patterns->scratch);
}
