/*
 * Any pattern, a NUL, any text: where PCRE2 itself finds a match, so does the counted pattern, at
 * the same place, and a needle stands where it must. Seeds: tests/data/pattern.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "engine/base/regex.h"

enum { TEXT_MAX = 300, PATTERN_MAX = 200 };

/* What PCRE2 says with nothing of ours: 1 match, 0 none, -1 not known. */
static int plain(const char *pattern, const char *text, size_t len, size_t *at)
{
	int code, result = -1;
	size_t offset;
	pcre2_compile_context *compiling = pcre2_compile_context_create(NULL);
	pcre2_match_context *matching = pcre2_match_context_create(NULL);

	pcre2_set_newline(compiling, PCRE2_NEWLINE_ANYCRLF);
	pcre2_set_match_limit(matching, 20000);
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
					     PCRE2_MULTILINE | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP,
					     &code, &offset, compiling);
	if (compiled) {
		pcre2_match_data *data = pcre2_match_data_create(1, NULL);
		int rc = pcre2_match(compiled, (PCRE2_SPTR)text, len, 0, 0, data, matching);
		*at = pcre2_get_ovector_pointer(data)[0];
		if (rc >= 0)
			result = 1;
		else if (rc == PCRE2_ERROR_NOMATCH)
			result = 0;
		pcre2_match_data_free(data);
	}
	pcre2_code_free(compiled);
	pcre2_match_context_free(matching);
	pcre2_compile_context_free(compiling);
	return result;
}

static bool word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool stands_at(const struct needle *needle, const char *text, size_t len, size_t at)
{
	if (len - at < needle->len)
		return false;
	for (size_t i = 0; i < needle->len; i++) {
		char a = text[at + i], b = needle->text[i];
		if (needle->caseless ? tolower((unsigned char)a) != tolower((unsigned char)b)
				     : a != b)
			return false;
	}
	size_t end = at + needle->len;
	if (needle->word_before && at > 0 && word(text[at - 1]))
		return false;
	return !needle->word_after || end == len || !word(text[end]);
}

static void check_needles(const struct regex *regex, const char *pattern, const char *text,
			  size_t len, size_t match)
{
	const struct needles *needles = regex_needles(regex);
	bool moved = strstr(pattern, "\\K") != NULL, any = false, here = false;

	for (size_t i = 0; i < needles->count; i++) {
		for (size_t at = 0; at < len; at++)
			any |= stands_at(&needles->items[i], text, len, at);
		here |= stands_at(&needles->items[i], text, len, match);
	}
	if (needles->count && !any)
		abort();
	if (needles->count && needles->at_start && !moved && !here)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	struct regex *regex;
	size_t at = 0, plain_at = 0;

	if (!nul || nul - data > PATTERN_MAX)
		return 0;
	const char *pattern = (const char *)data, *text = (const char *)nul + 1;
	size_t len = size - (size_t)(nul + 1 - data);
	if (len > TEXT_MAX)
		len = TEXT_MAX;
	if (regex_new(&regex, pattern, NULL) != 0)
		return 0;
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex_window window = {.text = text, .start_end = len, .end = len};
	regex_grant(scratch, 200000);
	enum regex_result result = regex_find(regex, scratch, &window, &at);
	int expected = plain(pattern, text, len, &plain_at);
	if (result != REGEX_LIMIT && expected >= 0 && len) {
		/* An empty match at the very end starts outside of the window. */
		bool outside = expected == 1 && plain_at == len;
		bool differs = (result == REGEX_MATCH) != expected || (expected && at != plain_at);
		if (differs && !outside)
			abort();
	}
	if (result == REGEX_MATCH)
		check_needles(regex, pattern, text, len, at);
	regex_scratch_free(scratch);
	regex_free(regex);
	return 0;
}
