/*
 * SEARCH/REPLACE as aider and its like have it:
 *
 *     src/a.py
 *     <<<<<<< SEARCH
 *     lines that stand in the file
 *     =======
 *     lines that come instead
 *     >>>>>>> REPLACE
 *
 * The markers may be longer than seven characters, for text that holds lines like them; all three
 * of a block are then equally long.
 */
#include "parsers/edit_draft.h"

enum { MARKS_MIN = 5 };

/* "<<<<<<< SEARCH": how many marks stand before the word, 0 if it is another line. */
static size_t marker(struct span line, char mark, const char *word)
{
	size_t n = 0;

	while (n < line.len && line.text[n] == mark)
		n++;
	if (n < MARKS_MIN || !span_is(span_trim(span_skip(line, n)), word))
		return 0;
	return n;
}

bool edit_search_starts(struct span line, size_t *marks)
{
	*marks = marker(line, '<', "SEARCH");
	return *marks != 0;
}

/* "# src/a.py", "**src/a.py**", "File: `src/a.py`": a line above a SEARCH that is only a path. */
static struct span path_of_line(struct span line)
{
	static const char decoration[] = "#*`:/\"'";

	line = span_trim(line);
	if (span_starts(line, "file:") || span_starts(line, "path:"))
		line = span_trim(span_skip(line, strlen("file:")));
	while (line.len && (strchr("#*`\"'", line.text[0]) || span_space(line.text[0]) ||
			    (span_starts(line, "//"))))
		line = span_skip(line, 1);
	if (span_starts(line, "/ ")) /* what is left of "// src/a.py" */
		line = span_trim(span_skip(line, 1));
	while (line.len && strchr(decoration, line.text[line.len - 1]))
		line.len--;
	for (size_t i = 0; i < line.len; i++) {
		if (span_space(line.text[i]) || !line.text[i])
			return (struct span){0};
	}
	return line;
}

struct search {
	struct edit_draft *draft;
	const char *path; /* of the edit under way, or of the one before */
	bool open; /* an edit is under way */
	struct span above; /* the last line with text since the last REPLACE */
	size_t marks; /* in the markers of this one */
};

static int end_edit(struct search *s, struct error *err)
{
	if (!s->open)
		return 0;
	s->open = false;
	return edit_draft_end(s->draft, err);
}

static int malformed(size_t line, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "the SEARCH at line %zu of the block %s", line, what);
}

/* Each file is an edit of its own, and so is each file that is made. */
static int begin_edit(struct search *s, bool makes_file, struct error *err)
{
	struct edit_draft *draft = s->draft;
	struct span named = path_of_line(s->above);
	const char *path = s->path ? s->path : draft->block->path;

	if (named.len)
		path = arena_copy(draft->arena, named.text, named.len);
	if (!path)
		return malformed(draft->number,
				 "names no file: write its path on the line above it", err);
	if (s->open && strcmp(path, s->path) == 0 && !makes_file && draft->edit.kind == EDIT_CHANGE)
		return 0;
	if (end_edit(s, err) != 0)
		return -1;
	edit_draft_begin(draft);
	draft->edit.search = true;
	draft->edit.kind = makes_file ? EDIT_CREATE : EDIT_CHANGE;
	draft->edit.path = s->path = path;
	s->open = true;
	return 0;
}

/* The SEARCH whose marker is the line under way has no line before its divider. */
static bool is_empty(const struct search *s)
{
	struct span rest = s->draft->rest;
	struct span line = rest.len ? span_line(&rest) : rest;

	return marker(line, '=', "") == s->marks;
}

static int ambiguous(size_t line, struct error *err)
{
	return malformed(line,
			 "holds lines that look like its markers: write all three markers with "
			 "more characters than those have (<<<<<<<<<< SEARCH, ==========, "
			 ">>>>>>>>>> REPLACE)",
			 err);
}

/* From the line behind SEARCH to REPLACE. */
static int read_texts(struct search *s, struct error *err)
{
	struct edit_draft *draft = s->draft;
	size_t start = draft->number, marks;
	bool divided = false;

	edit_draft_hunk_begin(draft, 0);
	while (edit_draft_next(draft)) {
		struct span line = draft->line;
		if (edit_search_starts(line, &marks) && marks == s->marks)
			return ambiguous(start, err);
		if (marker(line, '=', "") == s->marks) {
			if (divided)
				return ambiguous(start, err);
			divided = true;
			continue;
		}
		if (marker(line, '>', "REPLACE") == s->marks) {
			if (!divided)
				return malformed(start, "has no line of ======= before REPLACE",
						 err);
			edit_draft_hunk_end(draft);
			return 0;
		}
		edit_draft_add(draft, divided ? '+' : '-', line);
	}
	return malformed(start, "has no >>>>>>> REPLACE line: was the reply cut off?", err);
}

int edit_search_read(struct edit_draft *draft, struct error *err)
{
	struct search s = {.draft = draft};

	while (edit_draft_next(draft)) {
		if (!edit_search_starts(draft->line, &s.marks)) {
			if (span_trim(draft->line).len)
				s.above = draft->line;
			continue;
		}
		if (begin_edit(&s, is_empty(&s), err) != 0 || read_texts(&s, err) != 0)
			return -1;
		s.above = (struct span){0};
	}
	return end_edit(&s, err);
}
