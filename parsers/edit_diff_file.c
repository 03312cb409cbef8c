/* Which files a diff is about: the lines between its hunks, in every form they have. */
#include "parsers/edit_diff.h"

int diff_malformed(const struct diff *d, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "line %zu of the block %s", d->draft->number, what);
}

/* The line after the one under way. */
static struct span peek(const struct diff *d)
{
	struct span rest = d->draft->rest;

	return rest.len ? span_line(&rest) : rest;
}

static const char *name_behind(const struct diff *d, struct span line, const char *prefix)
{
	return edit_name_read(d->draft->arena, span_skip(line, strlen(prefix)));
}

/* ---- files ---- */

void diff_file_begin(struct diff *d)
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

	if (!after)
		edit->path = labelled(d, before);
	else if (!before || strcmp(before, after) == 0 || is_kept_copy(before, after))
		edit->path = labelled(d, after);
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
	if (d->from && d->to) {
		edit->kind = EDIT_RENAME;
		edit->path = d->from;
		edit->to = d->to;
		return 0;
	}
	const char *path = d->removed && before ? before : after ? after : before;
	if (!path)
		return error_set(err, ERROR_INPUT,
				 "the diff at line %zu of the block names no file: begin it with "
				 "--- a/PATH and +++ b/PATH",
				 edit->line);
	if (d->made && d->removed)
		return error_set(err, ERROR_INPUT,
				 "the diff at line %zu of the block both makes and removes a file",
				 edit->line);
	if (!d->made && !d->removed)
		return name_changed(d, before, after, err);
	edit->kind = d->made ? EDIT_CREATE : EDIT_DELETE;
	edit->path = labelled(d, path);
	return 0;
}

int diff_file_end(struct diff *d, struct error *err)
{
	const struct edit *edit = &d->draft->edit;

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

/* ---- what the lines say ---- */

/* A line that cannot be inside a hunk, because it starts the next file. */
static bool is_file_header(struct span line)
{
	return diff_starts(line, "diff --git ") || diff_starts(line, "diff -") ||
	       diff_starts(line, "Index: ") || diff_starts(line, "Only in ");
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
 * "--- x" and "+++ y" may also take away "-- x" and bring "++ y". Names that belong together are
 * a header; of others the counts say whether they still belong to the hunk.
 */
static bool is_names(const struct diff *d, struct span line)
{
	struct span next = peek(d);

	if (!diff_starts(line, "--- ") || !diff_starts(next, "+++ "))
		return false;
	if (!d->in_hunk || is_name_pair(d, line, next))
		return true;
	return d->counted && (d->old_left == 0 || d->new_left == 0);
}

/* One of the two lines was forgotten. */
static bool is_half_name(const struct diff *d, struct span line)
{
	return diff_starts(line, "+++ ") ||
	       (diff_starts(line, "--- ") && diff_starts(peek(d), "@@"));
}

static int read_names(struct diff *d, struct error *err)
{
	struct edit_draft *draft = d->draft;
	struct span line = draft->line;

	if (d->open && (d->before || d->after || draft->edit.hunk_count) &&
	    diff_file_end(d, err) != 0)
		return -1;
	if (!d->open)
		diff_file_begin(d);
	if (diff_starts(line, "--- ")) {
		d->before = name_behind(d, line, "--- ");
		if (!diff_starts(peek(d), "+++ ")) { /* the second name was forgotten */
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
	if (diff_starts(mode, "120") || diff_starts(mode, "160"))
		return diff_malformed(
			d, "makes a link or a submodule: only plain files can be edited", err);
	d->draft->edit.executable |= diff_starts(mode, "100755");
	return 0;
}

/* The lines between "diff --git" and "---"; others (index, similarity, prose) say nothing. */
static int read_extended(struct diff *d, struct error *err)
{
	struct span line = d->draft->line;

	if (diff_starts(line, "new file mode ") || diff_starts(line, "new mode ")) {
		d->made |= diff_starts(line, "new file");
		return read_mode(d, span_skip(line, diff_starts(line, "new file") ? 14 : 9), err);
	}
	if (diff_starts(line, "deleted file mode "))
		d->removed = true;
	else if (diff_starts(line, "rename from "))
		d->from = name_behind(d, line, "rename from ");
	else if (diff_starts(line, "rename to "))
		d->to = name_behind(d, line, "rename to ");
	else if (diff_starts(line, "copy from "))
		return diff_malformed(d, "copies a file: send the new file whole", err);
	else if (diff_starts(line, "Binary files ") || diff_starts(line, "GIT binary patch"))
		return diff_malformed(d, "changes a binary file, which an edit cannot do", err);
	return 0;
}

static int read_git_header(struct diff *d, struct error *err)
{
	struct span names = span_skip(d->draft->line, strlen("diff --git "));

	if (diff_file_end(d, err) != 0)
		return -1;
	diff_file_begin(d);
	edit_name_git(d->draft->arena, names, &d->git_before, &d->git_after);
	return 0;
}

bool diff_is_file_header(const struct diff *d)
{
	struct span line = d->draft->line;

	return is_names(d, line) || is_file_header(line) || (!d->in_hunk && is_half_name(d, line));
}

int diff_file_header(struct diff *d, struct error *err)
{
	struct span line = d->draft->line;

	if (is_names(d, line) || is_half_name(d, line))
		return read_names(d, err);
	if (diff_starts(line, "diff --git "))
		return read_git_header(d, err);
	if (is_file_header(line))
		return diff_file_end(d, err);
	return d->open ? read_extended(d, err) : 0;
}
