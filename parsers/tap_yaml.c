/* Reads the YAML that TAP producers put behind failures: a small, known part of the language. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "parsers/parser_tap.h"

/* A value that takes no part of the block is kept as this. */
static const struct line nothing = {"", 0};

static size_t indent_of(struct line line)
{
	size_t n = 0;

	while (n < line.len && line.text[n] == ' ')
		n++;
	return n;
}

/* The lines that are indented deeper than indent, without what they have in common. */
static const char *take_nested(struct arena *arena, struct lines *lines, size_t indent)
{
	struct buf out;
	size_t common = 0;
	const char *copy;

	buf_init(&out, 0);
	while (lines->at < lines->end) {
		struct lines ahead = *lines;
		struct line line;

		if (!lines_next(&ahead, &line))
			break;
		if (line_trim(line).len > 0 && indent_of(line) <= indent)
			break;
		*lines = ahead;
		if (common == 0)
			common = indent_of(line);
		if (out.len > 0)
			buf_putc(&out, '\n');
		if (line.len > common)
			buf_append(&out, line.text + common, line.len - common);
	}
	while (out.len > 0 && isspace((unsigned char)out.data[out.len - 1]))
		out.len--;
	copy = arena_copy(arena, out.data, out.len);
	buf_done(&out);
	return copy;
}

static void append_escaped(struct buf *out, char c)
{
	switch (c) {
	case 'n': buf_putc(out, '\n'); break;
	case 't': buf_putc(out, '\t'); break;
	case 'r': break;
	default: buf_putc(out, c);
	}
}

/* A quoted value, which vitest lets run over line ends. value starts with the quote. */
static const char *take_quoted(struct arena *arena, struct lines *lines, struct line value)
{
	char quote = value.text[0];
	const char *p = value.text + 1;
	struct buf out;
	const char *copy;

	buf_init(&out, 0);
	for (; p < lines->end && *p != quote; p++) {
		if (*p == '\\' && quote == '"' && p + 1 < lines->end)
			append_escaped(&out, *++p);
		else if (*p == '\\' && p + 1 < lines->end && (p[1] == quote || p[1] == '\\'))
			buf_putc(&out, *++p); /* node escapes so, whatever YAML says */
		else
			buf_putc(&out, *p);
	}
	/* On with the line behind the quote's end. */
	p = p < lines->end ? memchr(p, '\n', (size_t)(lines->end - p)) : NULL;
	lines->at = p ? p + 1 : lines->end;
	copy = arena_copy(arena, out.data, out.len);
	buf_done(&out);
	return copy;
}

static const char *take_value(struct arena *arena, struct lines *lines, struct line value,
			      size_t indent)
{
	if (value.len > 0 && (value.text[0] == '|' || value.text[0] == '>'))
		return take_nested(arena, lines, indent);
	if (value.len == 0)
		return take_nested(arena, lines, indent);
	if (value.text[0] == '"' || value.text[0] == '\'')
		return take_quoted(arena, lines, value);
	if (value.len == 1 && value.text[0] == '~')
		return NULL;
	return arena_copy(arena, value.text, value.len);
}

/* node writes values as util.inspect() does: quotes tell '4' from 4, so they stay. */
static const char *take_inspected(struct arena *arena, struct lines *lines, struct line value,
				  size_t indent)
{
	if (value.len > 1 && value.text[0] == '\'' && value.text[value.len - 1] == '\'')
		return arena_copy(arena, value.text, value.len);
	return take_value(arena, lines, value, indent);
}

struct field {
	const char *key;
	size_t offset;
	bool inspected;
};

#define FIELD(key, member, inspected)                                                              \
	{                                                                                          \
		key, offsetof(struct tap_yaml, member), inspected                                  \
	}

static const struct field fields[] = {
	FIELD("message", message, false),
	FIELD("error", message, false),
	FIELD("name", error_name, false),
	FIELD("stack", stack, false),
	FIELD("at", at, false),
	FIELD("location", location, false),
	FIELD("expected", expected, true),
	FIELD("wanted", expected, true),
	FIELD("actual", actual, true),
	FIELD("found", actual, true),
	FIELD("got", actual, true),
	FIELD("type", type, false),
	FIELD("failureType", failure_type, false),
	FIELD("exitCode", exit_code, false),
	FIELD("signal", signal, false),
};

static void take_field(struct arena *arena, struct tap_yaml *out, struct lines *lines,
		       struct line key, struct line value, size_t indent)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char **member = (const char **)((char *)out + fields[i].offset);

		if (key.len != strlen(fields[i].key) ||
		    memcmp(key.text, fields[i].key, key.len) != 0 || *member)
			continue;
		/* vitest's "error:" holds name and message: its lines are read next. */
		if (value.len == 0 && strcmp(fields[i].key, "error") == 0)
			return;
		*member = fields[i].inspected ? take_inspected(arena, lines, value, indent)
					      : take_value(arena, lines, value, indent);
		return;
	}
	if (key.len == 11 && memcmp(key.text, "duration_ms", 11) == 0 && value.len < 32) {
		char digits[32] = "";

		memcpy(digits, value.text, value.len);
		out->duration_ms = strtod(digits, NULL);
		if (!isfinite(out->duration_ms) || out->duration_ms < 0)
			out->duration_ms = NAN;
	}
}

void tap_read_yaml(struct arena *arena, struct line block, struct tap_yaml *out)
{
	struct lines lines = {block.text, block.text + block.len};
	struct line line;

	*out = (struct tap_yaml){.duration_ms = NAN};
	while (lines_next(&lines, &line)) {
		size_t indent = indent_of(line);
		struct line key = line_trim(line);
		const char *colon = memchr(key.text, ':', key.len);
		struct line value = nothing;

		if (!colon)
			continue;
		value.text = colon + 1;
		value.len = (size_t)(key.text + key.len - value.text);
		value = line_trim(value);
		key.len = (size_t)(colon - key.text);
		take_field(arena, out, &lines, key, value, indent);
	}
}
