/* Matches whole texts against the patterns of schemas, each compiled once. */
#include "engine/api/schema_pattern.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/regex.h"

enum { STEPS = 1 << 20, PATTERN_BYTES = 1024 };

void schema_patterns_done(struct schema_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++) {
		regex_free(patterns->items[i].regex);
		free(patterns->items[i].text);
	}
	regex_scratch_free(patterns->scratch);
	patterns->scratch = NULL;
	patterns->count = 0;
}

/* The engine's patterns have ^ and $ at every line; \A and \z are the ends of the text. */
static struct regex *compile(const char *pattern)
{
	struct regex *regex = NULL;
	struct error err = {0};
	struct buf whole;

	buf_init(&whole, PATTERN_BYTES);
	buf_printf(&whole, "\\A(?:%.*s)\\z", (int)strlen(pattern) - 2, pattern + 1);
	if (!whole.truncated)
		regex_new(&regex, whole.data, &err);
	buf_done(&whole);
	return regex;
}

static struct regex *find(struct schema_patterns *patterns, const char *pattern)
{
	for (size_t i = 0; i < patterns->count; i++) {
		if (strcmp(patterns->items[i].text, pattern) == 0)
			return patterns->items[i].regex;
	}
	struct regex *regex = patterns->count < SCHEMA_PATTERNS_MAX ? compile(pattern) : NULL;
	if (!regex)
		return NULL;
	patterns->items[patterns->count].text = memory_string(pattern);
	patterns->items[patterns->count++].regex = regex;
	return regex;
}

static bool fits(struct schema_patterns *patterns, const char *pattern, const char *text)
{
	struct regex_window window = {.text = text, .start_end = 1, .end = strlen(text)};
	struct regex *regex = find(patterns, pattern);
	size_t at;

	if (!regex)
		return false;
	if (!patterns->scratch)
		patterns->scratch = regex_scratch_new();
	regex_grant(patterns->scratch, STEPS);
	return regex_find(regex, patterns->scratch, &window, &at) == REGEX_MATCH;
}

/* What has a pattern is short, so nobody waits for long. */
bool schema_pattern_fits(struct schema_patterns *patterns, const char *pattern, const char *text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	if (strcmp(pattern, SCHEMA_NO_NUL) == 0)
		return true;
	pthread_mutex_lock(&lock);
	bool yes = fits(patterns, pattern, text);
	pthread_mutex_unlock(&lock);
	return yes;
}
