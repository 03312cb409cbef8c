/*
 * Unified diffs, as git, diff and models write them (git-diff(1), "Generating patch text with -p"; POSIX diff,
 * "Diff -u Output Format"). Models count badly, so the lines are trusted and the counts only settle what
 * the lines leave open.
 */
#include <stdlib.h>

#include "parsers/edit_draft.h"

struct diff {
	struct edit_draft *draft;
	bool crlf; /* the diff's own lines end so */
	bool headless; /* no line names a file or starts a hunk: one hunk of the block's file */
	bool open; /* a file is under way */
	bool in_hunk;
	size_t blanks; /* empty lines: context that lost its space, or no part of the hunk */
	bool counted;
	size_t old_left, new_left; /* of the hunk's counts */
	/* what is known of the file under way */
	const char *before, *after; /* from ---, +++; /dev/null as it is */
	const char *git_before, *git_after; /* from diff --git */
	const char *from, *to; /* from rename */
	bool made, removed, renamed;
};

static int malformed(const struct diff *d, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "line %zu of the block %s", d->draft->number, what);
}

/* The line after the one under way. */
static struct span peek(const struct diff *d)
{
	struct span rest = d->draft->rest;

	return rest.len ? span_line(&rest) : rest;
}

static bool starts(struct span line, const char *prefix)
{
	return line.len >= strlen(prefix) && memcmp(line.text, prefix, strlen(prefix)) == 0;
}

static const char *name_behind(const struct diff *d, struct span line, const char *prefix)
{
	return edit_name_read(d->draft->arena, span_skip(line, strlen(prefix)));
}

/* ---- files ---- */

static void begin_file(struct diff *d)
{
	struct edit_draft *draft = d->draft;

	*d = (struct diff){.draft = draft, .crlf = d->crlf, .headless = d->headless, .open = true};
	edit_draft_begin(draft);
}

/* "a.py.orig" and "a.py" */
static bool is_kept_copy(const char *before, const char *after)
{
	static const char *const endings[] = {".orig", ".old", ".bak", "~"};
	size_t len = strlen(after);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (strncmp(before, after, len) == 0 && strcmp(before + len, endings[i]) == 0)
			return true;
	}
	return false;
}

/* The label above the block may know the folder that the diff leaves out. */
static const char *labelled(const struct diff *d, const char *path)
{
	const char *label = d->draft->block->path;
	size_t len = strlen(path), label_len = label ? strlen(label) : 0;

	if (label_len > len + 1 && label[label_len - len - 1] == '/' &&
	    strcmp(label + label_len - len, path) == 0)
		return label;
	return path;
}

static int name_changed(struct diff *d, const char *before, const char *after, struct error *err)
{
	struct edit *edit = &d->draft->edit;

	if (!before || !after || strcmp(before, after) == 0 || is_kept_copy(before, after))
		edit->path = labelled(d, after ? after : before);
	else if (is_kept_copy(after, before))
		edit->path = labelled(d, before);
	else if (d->draft->block->path)
		edit->path = d->draft->block->path;
	else
		return error_set(err, ERROR_INPUT,
				 "the diff at line %zu of the block names two files, %.100s and "
				 "%.100s: a rename is written with \"rename from\" and \"rename "
				 "to\" lines",
				 edit->line, before, after);
	return 0;
}

/* Which file, and what becomes of it, from all that the diff said. */
static int name_file(struct diff *d, struct error *err)
{
	struct edit *edit = &d->draft->edit;
	const char *before = d->before ? d->before : d->git_before;
	const char *after = d->after ? d->after : d->git_after;

	d->made |= edit_name_is_null(before);
	d->removed |= edit_name_is_null(after);
	edit_name_strip(&before, &after);
	if (!before && !after && !(d->from && d->to))
		return error_set(err, ERROR_INPUT,
				 "the diff at line %zu of the block names no file: begin it with "
				 "--- a/PATH and +++ b/PATH",
				 edit->line);
	if (d->renamed && d->from && d->to) {
		edit->kind = EDIT_RENAME;
		edit->path = d->from;
		edit->to = d->to;
		return 0;
	}
	if (d->made && d->removed)
		return error_set(err, ERROR_INPUT,
				 "the diff at line %zu of the block both makes and removes a file",
				 edit->line);
	if (d->made || d->removed) {
		const char *path = d->made ? after : before;
		edit->kind = d->made ? EDIT_CREATE : EDIT_DELETE;
		edit->path = labelled(d, path ? path : d->made ? before : after);
		return 0;
	}
	return name_changed(d, before, after, err);
}

static void end_hunk(struct diff *d)
{
	if (!d->in_hunk)
		return;
	/* Empty lines at the end are context only where the counts come out even with them. */
	if (d->counted && d->old_left == d->new_left && d->old_left <= d->blanks) {
		for (size_t i = 0; i < d->old_left; i++)
			edit_draft_add(d->draft, ' ', (struct span){"", 0});
	}
	d->blanks = 0;
	d->in_hunk = false;
	edit_draft_hunk_end(d->draft);
}

static int end_file(struct diff *d, struct error *err)
{
	const struct edit *edit = &d->draft->edit;

	end_hunk(d);
	if (!d->open)
		return 0;
	d->open = false;
	if (name_file(d, err) != 0)
		return -1;
	if (edit->hunk_count == 0 && edit->kind == EDIT_CHANGE && !edit->executable)
		return error_set(err, ERROR_INPUT,
				 "the diff of %.200s at line %zu of the block changes nothing: it "
				 "has no lines with + or -",
				 edit->path, edit->line);
	return edit_draft_end(d->draft, err);
}

/* ---- headers ---- */

/* A line that cannot be inside a hunk, because it starts the next file. */
static bool is_file_header(struct span line)
{
	return starts(line, "diff --git ") || starts(line, "diff -") || starts(line, "Index: ") ||
	       starts(line, "Only in ");
}

static bool is_name_pair(const struct diff *d, struct span first, struct span second)
{
	const char *before = name_behind(d, first, "--- ");
	const char *after = name_behind(d, second, "+++ ");

	if (edit_name_is_null(before) || edit_name_is_null(after))
		return true;
	edit_name_strip(&before, &after);
	return strcmp(before, after) == 0;
}

/*
 * "--- x" and "+++ y" may also take away "-- x" and bring "++ y". Names that belong together are a header; of
 * others the counts say whether they still belong to the hunk.
 */
static bool is_names(const struct diff *d, struct span line)
{
	struct span next = peek(d);

	if (!starts(line, "--- ") || !starts(next, "+++ "))
		return false;
	if (!d->in_hunk || is_name_pair(d, line, next))
		return true;
	return d->counted && (d->old_left == 0 || d->new_left == 0);
}

/* One of the two lines was forgotten. */
static bool is_half_name(const struct diff *d, struct span line)
{
	return starts(line, "+++ ") || (starts(line, "--- ") && starts(peek(d), "@@"));
}

static int read_names(struct diff *d, struct error *err)
{
	struct edit_draft *draft = d->draft;
	struct span line = draft->line;

	if (d->open && (d->before || d->after || draft->edit.hunk_count) && end_file(d, err) != 0)
		return -1;
	if (!d->open)
		begin_file(d);
	if (starts(line, "--- ")) {
		d->before = name_behind(d, line, "--- ");
		if (!starts(peek(d), "+++ ")) { /* the second name was forgotten */
			d->after = d->before;
			return 0;
		}
		edit_draft_next(draft);
		line = draft->line;
	}
	d->after = name_behind(d, line, "+++ ");
	return 0;
}

static int read_mode(struct diff *d, struct span mode, struct error *err)
{
	if (starts(mode, "120") || starts(mode, "160"))
		return malformed(d, "makes a link or a submodule: only plain files can be edited",
				 err);
	d->draft->edit.executable |= starts(mode, "100755");
	return 0;
}

/* The lines between "diff --git" and "---"; others (index, similarity, prose) say nothing. */
static int read_extended(struct diff *d, struct error *err)
{
	struct span line = d->draft->line;

	if (starts(line, "new file mode ") || starts(line, "new mode ")) {
		d->made |= starts(line, "new file");
		return read_mode(d, span_skip(line, starts(line, "new file") ? 14 : 9), err);
	}
	if (starts(line, "deleted file mode "))
		d->removed = true;
	else if (starts(line, "rename from "))
		d->from = name_behind(d, line, "rename from ");
	else if (starts(line, "rename to "))
		d->to = name_behind(d, line, "rename to ");
	else if (starts(line, "copy from "))
		return malformed(d, "copies a file: send the new file whole", err);
	else if (starts(line, "Binary files ") || starts(line, "GIT binary patch"))
		return malformed(d, "changes a binary file, which an edit cannot do", err);
	d->renamed = d->from && d->to;
	return 0;
}

static int read_git_header(struct diff *d, struct error *err)
{
	struct span names = span_skip(d->draft->line, strlen("diff --git "));

	if (end_file(d, err) != 0)
		return -1;
	begin_file(d);
	edit_name_git(d->draft->arena, names, &d->git_before, &d->git_after);
	return 0;
}

/* ---- hunks ---- */

static size_t number(struct span *text, bool *is)
{
	size_t value = 0;

	*is = text->len && text->text[0] >= '0' && text->text[0] <= '9';
	while (text->len && text->text[0] >= '0' && text->text[0] <= '9') {
		if (value < SIZE_MAX / 100)
			value = value * 10 + (size_t)(text->text[0] - '0');
		*text = span_skip(*text, 1);
	}
	return value;
}

/* "12,5" behind the sign: where, and how many lines (1 when it does not say). */
static bool range(struct span *text, char sign, size_t *line, size_t *count)
{
	bool is;

	*text = span_trim(*text);
	if (!text->len || text->text[0] != sign)
		return false;
	*text = span_skip(*text, 1);
	*line = number(text, &is);
	*count = 1;
	if (!is)
		return false;
	if (text->len && text->text[0] == ',') {
		*text = span_skip(*text, 1);
		*count = number(text, &is);
	}
	return is;
}

/* The line may be one of the hunk's own ("@@ ... @@" gives it no number). */
static void begin_hunk(struct diff *d, bool has_header)
{
	struct span text = d->draft->line;
	size_t line = 0, unused = 0;

	d->in_hunk = true;
	d->blanks = 0;
	d->counted = false;
	if (has_header) {
		while (text.len && text.text[0] == '@')
			text = span_skip(text, 1);
		if (range(&text, '-', &line, &d->old_left))
			d->counted = range(&text, '+', &unused, &d->new_left);
	}
	/* Lines that are only brought stand behind the line that is named. */
	if (d->counted && d->old_left == 0)
		line++;
	edit_draft_hunk_begin(d->draft, line);
}

static void count(struct diff *d, char kind)
{
	if (kind != '+' && d->old_left)
		d->old_left--;
	if (kind != '-' && d->new_left)
		d->new_left--;
}

static void add(struct diff *d, char kind, struct span text)
{
	size_t number = d->draft->number;

	/* Empty lines with more of the hunk behind them were context. */
	for (; d->blanks; d->blanks--) {
		d->draft->number = number - d->blanks;
		edit_draft_add(d->draft, ' ', (struct span){"", 0});
		count(d, ' ');
	}
	d->draft->number = number;
	edit_draft_add(d->draft, kind, text);
	count(d, kind);
}

static void note_no_newline(struct diff *d)
{
	struct edit_draft *draft = d->draft;
	struct span before = {draft->block->code, (size_t)(draft->line.text - draft->block->code)};
	size_t start = before.len ? before.len - 1 : 0;

	while (start && before.text[start - 1] != '\n')
		start--;
	char kind = before.len ? before.text[start] : ' ';
	draft->hunk.no_newline_before |= kind != '+';
	draft->hunk.no_newline_after |= kind != '-';
}

static bool is_complete(const struct diff *d)
{
	return d->counted && d->old_left == 0 && d->new_left == 0;
}

/* "-- " and a version end what git format-patch writes. */
static bool is_signature(const struct diff *d, struct span line)
{
	return is_complete(d) && (span_is(line, "-- ") || span_is(line, "--"));
}

/* A line inside a hunk. */
static int read_content(struct diff *d, struct error *err)
{
	struct span line = d->draft->line;

	if (line.len == 0) {
		d->blanks++;
		return 0;
	}
	switch (line.text[0]) {
	case ' ':
	case '+':
	case '-':
		if (is_signature(d, line)) {
			end_hunk(d);
			return 0;
		}
		add(d, line.text[0], span_skip(line, 1));
		return 0;
	case '\t': add(d, ' ', line); return 0; /* its space was eaten, as patch(1) has it */
	case '\\': note_no_newline(d); return 0;
	default: break;
	}
	if (!is_complete(d))
		return malformed(d,
				 "is in a hunk and starts with neither space, + nor -: lines that "
				 "stay start with a space",
				 err);
	end_hunk(d);
	return 0;
}

/* Lines with + and - where no hunk header announced them. */
static bool is_bare_hunk(const struct diff *d, struct span line)
{
	if (!line.len || !strchr(" +-\t", line.text[0]) || starts(line, "---"))
		return false;
	return d->headless ||
	       (d->open && d->draft->edit.hunk_count == 0 && (d->before || d->after));
}

static int open_for_hunk(struct diff *d, struct error *err)
{
	if (d->open)
		return 0;
	if (!d->draft->block->path)
		return malformed(d,
				 "starts a hunk of no file: write --- a/PATH and +++ b/PATH "
				 "lines before it",
				 err);
	begin_file(d);
	d->before = d->after = d->draft->block->path;
	return 0;
}

static int read_line(struct diff *d, struct error *err)
{
	struct span line = d->draft->line;

	if (is_names(d, line) || (!d->in_hunk && is_half_name(d, line))) {
		end_hunk(d);
		return read_names(d, err);
	}
	if (is_file_header(line)) {
		if (starts(line, "diff --git "))
			return read_git_header(d, err);
		return end_file(d, err);
	}
	if (starts(line, "@@")) {
		end_hunk(d);
		if (open_for_hunk(d, err) != 0)
			return -1;
		begin_hunk(d, true);
		return 0;
	}
	if (d->in_hunk)
		return read_content(d, err);
	if (is_bare_hunk(d, line)) {
		if (open_for_hunk(d, err) != 0)
			return -1;
		begin_hunk(d, false);
		return read_content(d, err);
	}
	return d->open ? read_extended(d, err) : 0;
}

static bool is_header(struct span line)
{
	return starts(line, "--- ") || starts(line, "+++ ") || starts(line, "@@") ||
	       starts(line, "diff ");
}

static bool is_headless(const struct block *block)
{
	struct span rest = {block->code, block->code_len};

	while (block->path && rest.len) {
		if (is_header(span_line(&rest)))
			return false;
	}
	return block->path;
}

int edit_diff_read(struct edit_draft *draft, struct error *err)
{
	struct diff d = {.draft = draft, .headless = is_headless(draft->block)};
	size_t edits = draft->out->count;

	while (edit_draft_next(draft)) {
		struct span line = draft->line;
		d.crlf |= !d.in_hunk && is_header(line) && span_ends(line, "\r");
		if (d.crlf && span_ends(line, "\r"))
			draft->line.len--;
		if (read_line(&d, err) != 0)
			return -1;
	}
	if (end_file(&d, err) != 0)
		return -1;
	if (draft->out->count == edits)
		return error_set(err, ERROR_INPUT,
				 "the block holds no change: a diff needs --- a/PATH, +++ b/PATH "
				 "and @@ lines");
	return 0;
}
