/* Finds and mends JSON reports; the reading itself is base's. */
#include "parsers/json_text.h"

#include <ctype.h>
#include <string.h>

#define MAX_DEPTH 512 /* cJSON refuses more than 1000; no report comes near */

struct scan {
	char closers[MAX_DEPTH]; /* what the open containers need, innermost last */
	size_t depth;
	size_t end; /* just behind the object, 0 while it is open */
	size_t keep; /* up to here all values are whole */
	size_t keep_depth; /* containers open there */
};

/* Everything before the comma or the bracket at i is whole. */
static void keep_to(struct scan *s, size_t i)
{
	s->keep = i;
	s->keep_depth = s->depth;
}

static size_t skip_string(const char *data, size_t len, size_t i)
{
	for (i++; i < len && data[i] != '"'; i++) {
		if (data[i] == '\\')
			i++;
	}
	return i;
}

/* false: not JSON, or nested too deeply. */
static bool scan_object(struct scan *s, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (data[i]) {
		case '"': i = skip_string(data, len, i); break;
		case '{':
		case '[':
			if (s->depth == MAX_DEPTH)
				return false;
			s->closers[s->depth++] = data[i] == '{' ? '}' : ']';
			keep_to(s, i + 1);
			break;
		case ',': keep_to(s, i); break;
		case '}':
		case ']':
			if (s->depth == 0 || s->closers[s->depth - 1] != data[i])
				return false;
			if (--s->depth == 0) {
				s->end = i + 1;
				return true;
			}
			keep_to(s, i + 1);
			break;
		default: break;
		}
	}
	return true;
}

struct json *json_text_parse(struct arena *arena, const char *data, size_t len, bool *cut)
{
	struct scan s = {0};
	char *mended;

	*cut = false;
	if (len == 0 || data[0] != '{' || !scan_object(&s, data, len))
		return NULL;
	if (s.end > 0)
		return json_parse(data, s.end, "report", NULL);
	*cut = true;
	/* The containers open at keep are a prefix of those open at the end: none closed since. */
	mended = arena_alloc(arena, s.keep + s.keep_depth + 1);
	memcpy(mended, data, s.keep);
	for (size_t i = 0; i < s.keep_depth; i++)
		mended[s.keep + i] = s.closers[s.keep_depth - 1 - i];
	return json_parse(mended, s.keep + s.keep_depth, "report", NULL);
}

const char *json_text_find(const char *data, size_t len, const char *key)
{
	size_t key_len = strlen(key);
	const char *found = NULL;
	const char *at = data;
	const char *end = data + len;

	while ((at = memmem(at, (size_t)(end - at), key, key_len))) {
		const char *p = at - 1;

		at += key_len;
		if (p < data || *p != '"' || at == end || *at != '"')
			continue;
		/* Bounded, so that a million blanks before each key cost nothing. */
		while (p > data && at - p < 256 && isspace((unsigned char)p[-1]))
			p--;
		if (p > data && p[-1] == '{')
			found = p - 1;
	}
	return found;
}

const char *json_text_value(struct arena *arena, const struct json *value)
{
	struct json_writer w;
	struct buf out;
	const char *copy;

	if (json_is_string(value))
		return arena_string(arena, json_string(value, ""));
	buf_init(&out, 0);
	json_writer_init(&w, &out, true);
	json_put_value(&w, NULL, value);
	copy = arena_copy(arena, out.data, out.len);
	buf_done(&out);
	return copy;
}

enum test_status json_text_status(const struct json *word)
{
	const char *text = json_string(word, "");

	if (strcmp(text, "passed") == 0)
		return TEST_PASSED;
	return strcmp(text, "failed") == 0 ? TEST_FAILED : TEST_SKIPPED;
}
