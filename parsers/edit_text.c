/* Texts as lines, and when two lines are the same. */
#include "parsers/edit_text.h"

#include <string.h>

static uint32_t hash_of(const char *text, size_t len)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619U;
	return hash;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (const char *at = text, *end = text + len; at < end; lines++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		at = newline ? newline + 1 : end;
	}
	return lines;
}

int edit_text_read(struct edit_text *out, const char *text, size_t len, size_t extra,
		   struct arena *arena, struct error *err)
{
	struct span rest = {text, len};
	size_t count = count_lines(text, len);

	*out = (struct edit_text){0};
	if (count + extra > EDIT_LINES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d lines are too many to edit",
				 EDIT_LINES_MAX);
	out->lines = arena_array(arena, count + extra + 1, sizeof(*out->lines));
	while (rest.len) {
		struct edit_line *line = &out->lines[out->count++];
		size_t left = rest.len;
		struct span it = span_line(&rest);
		line->lf = left > it.len;
		line->cr = it.len && it.text[it.len - 1] == '\r';
		line->text = it.text;
		line->len = (uint32_t)(it.len - line->cr);
		line->hash = hash_of(line->text, line->len);
	}
	return 0;
}

struct span edit_line_span(const struct edit_line *line)
{
	return (struct span){line->text, line->len};
}

static struct span without_right(struct span s)
{
	while (s.len && span_space(s.text[s.len - 1]))
		s.len--;
	return s;
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

bool edit_lines_equal(const struct edit_line *a, const struct edit_line *b, enum edit_like like)
{
	switch (like) {
	case LIKE_BYTES:
		if (a->cr != b->cr || a->lf != b->lf)
			return false;
		break;
	case LIKE_LINES: break;
	case LIKE_RIGHT:
		return same(without_right(edit_line_span(a)), without_right(edit_line_span(b)));
	case LIKE_SHIFTED: return same(span_trim(edit_line_span(a)), span_trim(edit_line_span(b)));
	}
	return a->hash == b->hash && same(edit_line_span(a), edit_line_span(b));
}

bool edit_line_is_blank(const struct edit_line *line)
{
	return span_trim(edit_line_span(line)).len == 0;
}

static struct span indent_of(const struct edit_line *line)
{
	size_t n = 0;

	while (n < line->len && span_space(line->text[n]))
		n++;
	return (struct span){line->text, n};
}

/* What the longer of two indentations has before the shorter one. */
static bool difference(struct span ours, struct span theirs, struct span *indent, bool *more)
{
	*more = ours.len >= theirs.len;
	struct span longer = *more ? ours : theirs, shorter = *more ? theirs : ours;
	struct span tail = span_skip(longer, longer.len - shorter.len);

	*indent = (struct span){longer.text, longer.len - shorter.len};
	return same(tail, shorter);
}

bool edit_shift(const struct edit_text *text, size_t at, const struct edit_text *pattern,
		struct span *indent, bool *more)
{
	bool found = false;

	*indent = (struct span){"", 0};
	*more = true;
	for (size_t i = 0; i < pattern->count; i++) {
		struct span here;
		bool here_more;
		if (edit_line_is_blank(&pattern->lines[i]))
			continue;
		if (!difference(indent_of(&text->lines[at + i]), indent_of(&pattern->lines[i]),
				&here, &here_more))
			return false;
		if (found && (!same(here, *indent) || (here.len && here_more != *more)))
			return false;
		*indent = here;
		*more = here_more;
		found = true;
	}
	return true;
}
