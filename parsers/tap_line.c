/* Takes TAP's lines apart (https://testanything.org, versions 12 to 14). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parsers/parser_tap.h"

static size_t take_number(struct line *line)
{
	size_t n = 0;

	while (line->len > 0 && isdigit((unsigned char)line->text[0])) {
		if (n < 1000000000)
			n = n * 10 + (size_t)(line->text[0] - '0');
		line->text++;
		line->len--;
	}
	return n;
}

bool tap_read_plan(struct line line, size_t *count, struct line *reason)
{
	if (!line_skip(&line, "1..") || line.len == 0 || !isdigit((unsigned char)line.text[0]))
		return false;
	*count = take_number(&line);
	line = line_trim(line);
	*reason = (struct line){0};
	if (line.len == 0)
		return true;
	if (line.text[0] != '#')
		return false;
	line_skip(&line, "#");
	*reason = line_trim(line);
	return true;
}

/* "# SKIP reason", "#todo", "# skipped: reason"; letters of either case. */
static bool read_directive(struct line comment, struct tap_point *out, struct line *reason)
{
	static const struct {
		const char *word;
		enum tap_directive directive;
	} words[] = {{"skip", TAP_SKIP}, {"todo", TAP_TODO}};

	line_skip(&comment, "#");
	comment = line_trim(comment);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if (comment.len < len || strncasecmp(comment.text, words[i].word, len) != 0)
			continue;
		comment.text += len;
		comment.len -= len;
		while (comment.len > 0 && isalpha((unsigned char)comment.text[0])) {
			comment.text++; /* "skipped" */
			comment.len--;
		}
		line_skip(&comment, ":");
		out->directive = words[i].directive;
		*reason = line_trim(comment);
		return true;
	}
	return false;
}

/* "# time=1.5ms" (vitest) and "# in 6 ms" (bats). */
static bool read_duration(struct line comment, double *ms)
{
	char digits[32] = "";
	char *end;

	line_skip(&comment, "#");
	comment = line_trim(comment);
	if (!line_skip(&comment, "time=") && !line_skip(&comment, "in "))
		return false;
	memcpy(digits, comment.text, comment.len < 31 ? comment.len : 31);
	*ms = strtod(digits, &end);
	while (*end == ' ')
		end++;
	if (end == digits || !isfinite(*ms) || strcmp(end, "ms") != 0)
		*ms = NAN;
	return end != digits;
}

/* Takes what stands behind the last " #" off the name when it means something. */
static void take_comments(struct arena *arena, struct line *name, struct tap_point *out)
{
	for (int i = 0; i < 2; i++) {
		struct line comment, reason;
		const char *hash = memrchr(name->text, '#', name->len);

		/* A directive's reason may hold a "#" itself: the first one that reads as such. */
		if (i == 0) {
			struct line rest = *name;
			const char *at;

			while ((at = line_find(rest, "#"))) {
				comment.text = at;
				comment.len = (size_t)(name->text + name->len - at);
				rest.len -= (size_t)(at + 1 - rest.text);
				rest.text = at + 1;
				if ((at > name->text && !isspace((unsigned char)at[-1])) ||
				    !read_directive(comment, out, &reason))
					continue;
				name->len = (size_t)(at - name->text);
				if (reason.len > 1) /* mocha: "# SKIP -" */
					out->reason = arena_copy(arena, reason.text, reason.len);
				break;
			}
			continue;
		}
		if (!hash || (hash > name->text && !isspace((unsigned char)hash[-1])))
			continue;
		comment.text = hash;
		comment.len = (size_t)(name->text + name->len - hash);
		if (read_duration(comment, &out->duration_ms))
			name->len = (size_t)(hash - name->text);
	}
}

static const char *unescaped(struct arena *arena, struct line name)
{
	char *copy = arena_copy(arena, name.text, name.len);
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (copy[i] == '\\' && i + 1 < name.len &&
		    (copy[i + 1] == '#' || copy[i + 1] == '\\'))
			i++;
		copy[n++] = copy[i];
	}
	copy[n] = '\0';
	return copy;
}

bool tap_read_point(struct arena *arena, struct line line, struct tap_point *out)
{
	*out = (struct tap_point){.name = "", .duration_ms = NAN};
	if (line_skip(&line, "ok"))
		out->ok = true;
	else if (!line_skip(&line, "not ok"))
		return false;
	if (line.len > 0 && line.text[0] != ' ')
		return false;
	line = line_trim(line);
	/* A name may start with digits: "ok 2nd test" */
	struct line rest = line;
	out->number = take_number(&rest);
	if (rest.len == 0 || isspace((unsigned char)rest.text[0]))
		line = rest;
	else
		out->number = 0;
	line = line_trim(line);
	if (line.len > 0 && line.text[line.len - 1] == '{' &&
	    (line.len == 1 || line.text[line.len - 2] == ' ')) {
		out->opens = true;
		line.len--;
	}
	if (line_skip(&line, "-"))
		line = line_trim(line);
	take_comments(arena, &line, out);
	out->name = unescaped(arena, line_trim(line));
	return true;
}
