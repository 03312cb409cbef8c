/*
 * Elements as tool prompts ask for them (<file path="">, <write_to_file>, artifacts) and patches that
 * nobody fenced. CommonMark sees HTML and paragraphs there, so lines decide.
 */
#include "parsers/markdown_bare.h"

#include <stdio.h>
#include <string.h>

#include "parsers/block_path.h"
#include "parsers/markdown_section.h"
#include "parsers/markdown_source.h"

struct bare {
	struct line_walk walk;
	size_t line; /* of the text, from 1: the one read last */
	struct arena *arena;
	struct fences *out;
};

static bool next_line(struct bare *bare, struct span *line)
{
	if (!line_walk_next(&bare->walk, &line->text, &line->len))
		return false;
	bare->line++;
	return true;
}

static struct fence *add(struct bare *bare, const char *code, const char *end)
{
	struct fence *fence = arena_grow(bare->arena, &bare->out->items, bare->out->count++,
					 sizeof(*fence));

	*fence = (struct fence){.line = bare->line, .info = "", .code = code};
	fence->code_len = (size_t)(end - code);
	return fence;
}

/* ---- elements ---- */

static struct span tag_name(struct span tag)
{
	return span_until(span_skip(tag, 1), " \t>/");
}

static bool is_open(struct span line)
{
	return line.len > 2 && line.text[0] == '<' && line.text[line.len - 1] == '>' &&
	       tag_name(line).len && line.text[1] != '!' && line.text[1] != '?';
}

static bool is_close(struct span line, struct span name)
{
	return line.len == name.len + 3 && line.text[0] == '<' && line.text[1] == '/' &&
	       memcmp(line.text + 2, name.text, name.len) == 0 && line.text[line.len - 1] == '>';
}

/* "<path>src/a.py</path>" */
static bool is_path_element(struct span line)
{
	struct span name = is_open(line) ? tag_name(line) : (struct span){0};
	size_t behind = name.len + 2;

	return (span_is(name, "path") || span_is(name, "file_path")) && line.len > 2 * behind + 1 &&
	       is_close((struct span){line.text + line.len - behind - 1, behind + 1}, name);
}

/* A fence around all of the code goes; its info string stays, for the language. */
static void take_fence_off(struct arena *arena, struct fence *fence)
{
	struct span rest = {fence->code, fence->code_len}, first = {0};

	while (rest.len && !first.len)
		first = span_trim(span_line(&rest));
	size_t run = first.len ? source_run(first.text, first.len) : 0;
	if (run < 3 || (first.text[0] != '`' && first.text[0] != '~'))
		return;
	struct span last = span_trim(rest);
	size_t open = last.len;
	while (open && last.text[open - 1] != '\n')
		open--;
	if (!source_is_closer(last.text + open, last.len - open, first.text[0], run))
		return;
	struct span info = span_trim(span_skip(first, run));
	fence->info = arena_copy(arena, info.text, info.len);
	fence->code = rest.text;
	fence->code_len = (size_t)(last.text + open - rest.text);
}

/* above: the lines that name the file. */
static void read_element(struct bare *bare, struct span tag, struct span above)
{
	struct span name = tag_name(tag), line;
	size_t opened = bare->line;
	const char *code = bare->walk.at, *end = code;
	bool closed = false;

	while (!closed && next_line(bare, &line)) {
		closed = is_close(span_trim(line), name);
		end = closed ? line.text : bare->walk.at;
	}
	struct fence *fence = add(bare, code, end);
	fence->line = opened;
	fence->closed = closed;
	fence->above = above.text;
	fence->above_len = above.len;
	take_fence_off(bare->arena, fence);
}

/* ---- patches ---- */

static bool belongs_to_diff(struct span line)
{
	static const char *const starts[] = {" ",        "+",        "-",
					     "@@",       "\\ ",      "diff --git ",
					     "index ",   "new file", "deleted file",
					     "old mode", "new mode", "similarity ",
					     "rename ",  NULL};

	for (const char *const *start = starts; *start; start++) {
		if (span_starts(line, *start))
			return true;
	}
	return line.len == 0;
}

static bool starts_diff(const struct bare *bare, struct span line)
{
	struct line_walk ahead = bare->walk;
	struct span next = {0};

	if (span_starts(line, "diff --git "))
		return true;
	return span_starts(line, "--- ") && line_walk_next(&ahead, &next.text, &next.len) &&
	       span_starts(next, "+++ ") && line_walk_next(&ahead, &next.text, &next.len) &&
	       span_starts(next, "@@");
}

static void read_diff(struct bare *bare, const char *start)
{
	struct fence *fence = add(bare, start, start);
	const char *end = bare->walk.at;
	struct span line;

	fence->closed = true; /* nothing says where a diff ends */
	for (struct bare before = *bare; next_line(bare, &line); before = *bare) {
		if (!belongs_to_diff(line)) {
			*bare = before;
			break;
		}
		if (line.len)
			end = bare->walk.at;
	}
	fence->code_len = (size_t)(end - start);
}

static void read_patch(struct bare *bare, const char *start)
{
	struct fence *fence = add(bare, start, start);
	struct span line;

	while (!fence->closed && next_line(bare, &line))
		fence->closed = span_starts(line, "*** End Patch");
	fence->code_len = (size_t)(bare->walk.at - start);
}

/* ---- all of them ---- */

/* A copy with a single LF for every line end, as other blocks have it. */
static void own_code(struct arena *arena, struct fence *fence)
{
	char *copy = arena_copy(arena, fence->code, fence->code_len);
	size_t len = 0;

	for (size_t i = 0; i < fence->code_len; i++) {
		if (copy[i] != '\r')
			copy[len++] = copy[i];
		else if (copy[i + 1] != '\n')
			copy[len++] = '\n';
	}
	copy[len] = '\0';
	fence->code = copy;
	fence->code_len = len;
}

void fences_read_bare(const char *text, size_t len, size_t before, struct arena *arena,
		      struct fences *out)
{
	struct bare bare = {.line = before, .arena = arena, .out = out};
	const char *path = NULL; /* where a <path> element just above begins */
	struct span line;

	*out = (struct fences){0};
	line_walk_init(&bare.walk, text, text + len);
	while (out->count < FENCES_MAX && next_line(&bare, &line)) {
		struct span trimmed = span_trim(line);
		if (is_path_element(trimmed)) {
			path = line.text;
			continue;
		}
		if (is_open(trimmed) && path && span_is(tag_name(trimmed), "content"))
			read_element(&bare, trimmed,
				     (struct span){path, (size_t)(line.text - path)});
		else if (block_tag_path(trimmed).len)
			read_element(&bare, trimmed,
				     (struct span){line.text, (size_t)(bare.walk.at - line.text)});
		else if (span_starts(line, "*** Begin Patch"))
			read_patch(&bare, line.text);
		else if (starts_diff(&bare, line))
			read_diff(&bare, line.text);
		path = NULL;
	}
	for (size_t i = 0; i < out->count; i++)
		own_code(arena, &out->items[i]);
}

/* ---- thinking ---- */

size_t markdown_thought(const char *text, size_t len)
{
	static const char *const names[] = {"think",     "thinking",   "thought",
					    "reasoning", "scratchpad", NULL};
	struct span all = {text, len}, start = span_trim(all);
	char close[16];

	if (start.len < 3 || start.text[0] != '<')
		return 0;
	struct span name = span_until(span_skip(start, 1), "> \t\r\n");
	if (!span_in(name, names) || name.len + 1 == start.len || start.text[name.len + 1] != '>')
		return 0;
	size_t n = (size_t)snprintf(close, sizeof(close), "</%.*s>", (int)name.len, name.text);
	const char *end = memmem(start.text, start.len, close, n);
	return end ? (size_t)(end + n - text) : len;
}
