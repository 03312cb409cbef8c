/*
 * Unified diffs, as git, diff and models write them (git-diff(1), "Generating patch text with
 * -p"; POSIX diff, "Diff -u Output Format"). Models count badly, so the lines are trusted and the
 * counts only settle what the lines leave open.
 */
#include "parsers/edit_diff.h"

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
	/* Empty lines with more of the hunk behind them were context. */
	for (; d->blanks; d->blanks--) {
		edit_draft_add(d->draft, ' ', (struct span){"", 0});
		count(d, ' ');
	}
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
		return diff_malformed(
			d,
			"is in a hunk and starts with neither space, + nor -: lines that "
			"stay start with a space",
			err);
	end_hunk(d);
	return 0;
}

/* Lines with + and - where no hunk header announced them. */
static bool is_bare_hunk(const struct diff *d, struct span line)
{
	if (!line.len || !strchr(" +-\t", line.text[0]) || diff_starts(line, "---"))
		return false;
	return d->headless ||
	       (d->open && d->draft->edit.hunk_count == 0 && (d->before || d->after));
}

static int open_for_hunk(struct diff *d, struct error *err)
{
	if (d->open)
		return 0;
	if (!d->draft->block->path)
		return diff_malformed(d,
				      "starts a hunk of no file: write --- a/PATH and +++ b/PATH "
				      "lines before it",
				      err);
	diff_file_begin(d);
	d->before = d->after = d->draft->block->path;
	return 0;
}

static int read_line(struct diff *d, struct error *err)
{
	struct span line = d->draft->line;

	if (diff_is_file_header(d)) {
		end_hunk(d);
		return diff_file_header(d, err);
	}
	if (diff_starts(line, "@@")) {
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
	return diff_file_header(d, err);
}

static bool is_header(struct span line)
{
	return diff_starts(line, "--- ") || diff_starts(line, "+++ ") || diff_starts(line, "@@") ||
	       diff_starts(line, "diff ");
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
	end_hunk(&d);
	if (diff_file_end(&d, err) != 0)
		return -1;
	if (draft->out->count == edits)
		return error_set(err, ERROR_INPUT,
				 "the block holds no change: a diff needs --- a/PATH, +++ b/PATH "
				 "and @@ lines");
	return 0;
}
