/*
 * Text from outside made fit for a digest: cleaned, cut between characters, kept within a budget.
 */
#include <string.h>

#include "engine/base/utf8.h"
#include "engine/pipeline/feedback_parts.h"
#include "parsers/parser.h"

bool feedback_add(struct feedback *f, const char *entry)
{
	size_t len = strlen(entry);
	if (f->out.len + len > f->limit)
		return false;
	buf_append(&f->out, entry, len);
	return true;
}

void feedback_more(struct feedback *f, size_t count, const char *what)
{
	if (count > 0)
		feedback_add(f, arena_printf(f->arena, "... and %zu more %s%s\n", count, what,
					     count == 1 ? "" : "s"));
}

const char *feedback_clean(struct arena *arena, const char *text, size_t len)
{
	size_t stripped_len;
	char *stripped = text_strip(arena, text, len, &stripped_len);
	size_t kept = 0;
	for (size_t i = 0; i < stripped_len; i++) {
		char c = stripped[i];
		if ((unsigned char)c >= ' ' ? c != 0x7f : c == '\n' || c == '\t')
			stripped[kept++] = c;
	}
	struct buf repaired;
	buf_init(&repaired, 0);
	utf8_append_repaired(&repaired, stripped, kept);
	const char *copy = arena_copy(arena, repaired.data, repaired.len);
	buf_done(&repaired);
	return copy;
}

static void put_cut(struct buf *out, const char *text, size_t len, size_t max)
{
	static const char dots[] = "...";
	if (len <= max) {
		buf_append(out, text, len);
		return;
	}
	size_t room = max > sizeof(dots) - 1 ? max - (sizeof(dots) - 1) : 0;
	buf_append(out, text, utf8_cut(text, len, room));
	buf_puts(out, dots);
}

static struct line trim_right(struct line line)
{
	struct line trimmed = line_trim(line);
	size_t indent = trimmed.len ? (size_t)(trimmed.text - line.text) : 0;
	return (struct line){line.text, indent + trimmed.len};
}

void feedback_quote(struct buf *out, const char *indent, const char *text, size_t max_lines)
{
	struct lines lines = {text, text + strlen(text)};
	struct line line;
	size_t count = 0;
	while (lines_next(&lines, &line)) {
		line = trim_right(line);
		if (line.len == 0)
			continue;
		if (count++ == max_lines) {
			buf_printf(out, "%s...\n", indent);
			return;
		}
		buf_puts(out, indent);
		put_cut(out, line.text, line.len, FEEDBACK_LINE);
		buf_putc(out, '\n');
	}
}

void feedback_line(struct buf *out, const char *text, size_t max)
{
	size_t start = out->len;
	put_cut(out, text, strlen(text), max);
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == '\n' || out->data[i] == '\t')
			out->data[i] = ' ';
}
