/*
 * "*** Begin Patch" blocks, which OpenAI's models are taught to write ("V4A diffs", GPT-4.1 Prompting
 * Guide): files by name, hunks without numbers, "@@ LINE" for the line of the file behind which one stands.
 */
#include "parsers/edit_draft.h"

struct v4a {
	struct edit_draft *draft;
	bool inside; /* between Begin Patch and End Patch */
	bool open; /* a file is under way */
	bool in_hunk;
	bool lines; /* the hunk has some */
	bool crlf;
	size_t blanks; /* empty lines: context where more of the hunk follows */
};

static int malformed(const struct v4a *v, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "line %zu of the block %s", v->draft->number, what);
}

static void add(struct v4a *v, char kind, struct span text)
{
	for (; v->blanks; v->blanks--)
		edit_draft_add(v->draft, v->draft->edit.kind == EDIT_CREATE ? '+' : ' ',
			       (struct span){"", 0});
	edit_draft_add(v->draft, kind, text);
	v->lines = true;
}

static void end_hunk(struct v4a *v)
{
	if (v->in_hunk)
		edit_draft_hunk_end(v->draft);
	v->in_hunk = v->lines = false;
	v->blanks = 0;
}

static void begin_hunk(struct v4a *v)
{
	end_hunk(v);
	v->in_hunk = true;
	edit_draft_hunk_begin(v->draft, 0);
}

static int end_file(struct v4a *v, struct error *err)
{
	const struct edit *edit = &v->draft->edit;

	end_hunk(v);
	if (!v->open)
		return 0;
	v->open = false;
	if (edit->kind == EDIT_CHANGE && edit->hunk_count == 0)
		return error_set(err, ERROR_INPUT,
				 "the Update File at line %zu of the block changes nothing: its "
				 "hunks need lines that start with - or +",
				 edit->line);
	return edit_draft_end(v->draft, err);
}

static const char *name_in(struct v4a *v, struct span text)
{
	text = span_trim(text);
	return text.len ? arena_copy(v->draft->arena, text.text, text.len) : NULL;
}

static int begin_file(struct v4a *v, enum edit_kind kind, struct span name, struct error *err)
{
	const char *path = name_in(v, name);

	if (end_file(v, err) != 0)
		return -1;
	if (!path)
		return malformed(v, "names no file", err);
	edit_draft_begin(v->draft);
	v->draft->edit.kind = kind;
	v->draft->edit.path = path;
	v->open = true;
	if (kind == EDIT_CREATE)
		begin_hunk(v);
	return 0;
}

static int move(struct v4a *v, struct span name, struct error *err)
{
	struct edit *edit = &v->draft->edit;

	if (!v->open || edit->kind != EDIT_CHANGE || edit->hunk_count || v->in_hunk)
		return malformed(v, "moves no file: it goes behind an Update File line", err);
	edit->to = name_in(v, name);
	edit->kind = EDIT_RENAME;
	return edit->to ? 0 : malformed(v, "names no file", err);
}

/* A line of three stars. */
static int read_star(struct v4a *v, struct span line, struct error *err)
{
	static const char update[] = "*** Update File:", create[] = "*** Add File:",
			  delete[] = "*** Delete File:", to[] = "*** Move to:";

	if (span_starts(line, update))
		return begin_file(v, EDIT_CHANGE, span_skip(line, sizeof(update) - 1), err);
	if (span_starts(line, create))
		return begin_file(v, EDIT_CREATE, span_skip(line, sizeof(create) - 1), err);
	if (span_starts(line, delete))
		return begin_file(v, EDIT_DELETE, span_skip(line, sizeof(delete) - 1), err);
	if (span_starts(line, to))
		return move(v, span_skip(line, sizeof(to) - 1), err);
	if (span_starts(line, "*** End of File")) {
		v->draft->hunk.at_end = v->in_hunk;
		end_hunk(v);
		return 0;
	}
	if (!span_starts(line, "*** End Patch"))
		return malformed(v,
				 "starts with *** and says none of Update File:, Add File:, "
				 "Delete File:, Move to:, End of File, End Patch",
				 err);
	v->inside = false;
	return end_file(v, err);
}

/* "@@ def add(a, b):", or "@@" alone; the numbers of a unified diff say nothing here. */
static int read_at(struct v4a *v, struct span line, struct error *err)
{
	struct span anchor = span_trim(span_skip(line, 2));
	struct edit_hunk *hunk = &v->draft->hunk;

	if (!v->open || (v->draft->edit.kind != EDIT_CHANGE && v->draft->edit.kind != EDIT_RENAME))
		return malformed(v, "starts a hunk of no file: Update File comes before it", err);
	if (!v->in_hunk || v->lines)
		begin_hunk(v);
	if (span_ends(anchor, "@@"))
		anchor = span_trim((struct span){anchor.text, anchor.len - 2});
	if (!anchor.len || anchor.text[0] == '-')
		return 0;
	hunk->anchor = arena_printf(v->draft->arena, "%s%.*s\n", hunk->anchor ? hunk->anchor : "",
				    (int)anchor.len, anchor.text);
	return 0;
}

static int read_content(struct v4a *v, struct span line, struct error *err)
{
	bool makes = v->draft->edit.kind == EDIT_CREATE;

	if (!v->open || v->draft->edit.kind == EDIT_DELETE)
		return span_trim(line).len ? malformed(v, "belongs to no hunk", err) : 0;
	if (!v->in_hunk)
		begin_hunk(v);
	if (!line.len) {
		v->blanks++;
		return 0;
	}
	if (line.text[0] == '\\') /* "\ No newline at end of file": the file's own end is kept */
		return 0;
	if (makes && line.text[0] != '+')
		return malformed(v, "is in an added file and does not start with +", err);
	if (!strchr(" +-", line.text[0]))
		return malformed(v,
				 "is in a hunk and starts with neither space, + nor -: lines that "
				 "stay start with a space",
				 err);
	add(v, line.text[0], span_skip(line, 1));
	return 0;
}

static int read_line(struct v4a *v, struct error *err)
{
	struct span line = v->draft->line;

	if (v->crlf && span_ends(line, "\r"))
		line.len--;
	if (span_starts(line, "*** "))
		return read_star(v, line, err);
	if (span_starts(line, "@@"))
		return read_at(v, line, err);
	return read_content(v, line, err);
}

bool edit_v4a_starts(struct span line)
{
	return span_is(span_trim(line), "*** Begin Patch");
}

int edit_v4a_read(struct edit_draft *draft, struct error *err)
{
	struct v4a v = {.draft = draft};
	size_t edits = draft->out->count;

	while (edit_draft_next(draft)) {
		if (v.inside) {
			if (read_line(&v, err) != 0)
				return -1;
		} else if (edit_v4a_starts(draft->line)) {
			v.inside = true;
			v.crlf = span_ends(draft->line, "\r");
		}
	}
	if (v.inside)
		return error_set(err, ERROR_INPUT,
				 "the block has no *** End Patch line: was the reply cut off?");
	if (draft->out->count == edits)
		return error_set(err, ERROR_INPUT, "the block holds no change");
	for (size_t i = edits; i < draft->out->count; i++)
		draft->out->items[i].v4a = true;
	return 0;
}
