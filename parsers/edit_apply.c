/*
 * Applies hunks to a text, once each has its place: the lines that go, those that come, and how
 * they end.
 */
#include "parsers/edit_apply.h"
#include "engine/base/buf.h"

/* Gives the lines that come the indentation of those that go; false: one has too little. */
static bool shift_lines(struct apply *a, struct piece *piece)
{
	struct span indent;
	bool more;

	edit_shift(&a->text, piece->at, &piece->before, &indent, &more);
	for (size_t i = 0; indent.len && i < piece->after.count; i++) {
		struct edit_line *line = &piece->after.lines[i];
		if (edit_line_is_blank(line))
			continue;
		if (more) {
			line->text = arena_printf(a->arena, "%.*s%.*s", (int)indent.len,
						  indent.text, (int)line->len, line->text);
			line->len += (uint32_t)indent.len;
			continue;
		}
		if (line->len < indent.len || memcmp(line->text, indent.text, indent.len) != 0)
			return false;
		line->text += indent.len;
		line->len -= (uint32_t)indent.len;
	}
	return true;
}

/*
 * Line ends of what comes. Bytes that matched come as they are; elsewhere the file's own line ends
 * are kept, at its very end too.
 */
static void end_lines(struct apply *a, struct piece *piece, size_t skip, size_t drop)
{
	bool at_end = piece->at + piece->before.count >= a->text.count;
	bool kept_open = at_end && a->text.count && !a->text.lines[a->text.count - 1].lf;
	size_t count = piece->after.count;

	for (size_t i = skip; i < count - drop; i++) {
		struct edit_line *line = &piece->after.lines[i];
		bool last = at_end && drop == 0 && i + 1 == count;
		if (piece->like == LIKE_BYTES) {
			line->lf |= !last;
			continue;
		}
		line->lf = !last ||
			   (piece->hunk->no_newline_before ? line->lf : line->lf && !kept_open);
		line->cr = line->lf && a->crlf;
	}
}

static int splice(struct apply *a, struct piece *piece, struct error *err)
{
	size_t lead = piece->hunk->lead, trail = piece->hunk->trail;
	size_t old = piece->before.count - lead - trail, new = piece->after.count - lead - trail;
	size_t at = piece->at + lead,
	       rest = a->text.count > at + old ? a->text.count - at - old : 0;
	size_t moved = rest / 4 + 1;

	if (*a->work <= moved)
		return edit_out_of_work(a, err);
	*a->work -= moved;
	if (at && !a->text.lines[at - 1].lf) { /* the last line, which had no end, gets one */
		a->text.lines[at - 1].lf = new != 0;
		a->text.lines[at - 1].cr = new && a->crlf;
	}
	memmove(a->text.lines + at + new, a->text.lines + at + old, rest * sizeof(*a->text.lines));
	memcpy(a->text.lines + at, piece->after.lines + lead, new * sizeof(*a->text.lines));
	a->text.count = at + new + rest;
	long grown = (long)new - (long)old;
	a->grown += grown;
	a->frozen = at >= a->frozen ? at + new : (size_t)((long)a->frozen + grown);
	return 0;
}

static int put(struct apply *a, struct piece *piece, struct error *err)
{
	const struct edit_hunk *hunk = piece->hunk;

	if (piece->like == LIKE_SHIFTED && !shift_lines(a, piece))
		return error_set(err, ERROR_CONFLICT,
				 "%.100s: the %s at line %zu of the block stands at line %zu with "
				 "another indentation, and what comes does not fit that: indent "
				 "both as the file does",
				 a->edit->path, a->edit->search ? "SEARCH text" : "hunk",
				 hunk->source_line, piece->place.line);
	end_lines(a, piece, hunk->lead, hunk->trail);
	return splice(a, piece, err);
}

static int read_hunk(struct apply *a, const struct edit_hunk *hunk, struct piece *piece,
		     struct error *err)
{
	*piece = (struct piece){.hunk = hunk};
	if (edit_text_read(&piece->before, hunk->before, hunk->before_len, 0, a->arena, err) != 0 ||
	    edit_text_read(&piece->after, hunk->after, hunk->after_len, 0, a->arena, err) != 0)
		return -1;
	if (hunk->no_newline_before && piece->before.count)
		piece->before.lines[piece->before.count - 1].lf = false;
	if (hunk->no_newline_after && piece->after.count)
		piece->after.lines[piece->after.count - 1].lf = false;
	return 0;
}

/* All hunks are tried, so that the sentence can say how many do not fit. */
static int apply_all(struct apply *a, struct edit_place *places, struct error *err)
{
	const struct edit *edit = a->edit;
	struct error other = {0};
	size_t failed = 0;

	for (size_t i = 0; i < edit->hunk_count; i++) {
		struct piece piece;
		struct error *why = failed ? &other : err;
		if (read_hunk(a, &edit->hunks[i], &piece, why) != 0 ||
		    edit_place(a, &piece, why) != 0 || put(a, &piece, why) != 0) {
			failed++;
			a->failed = true;
			if (why->code != ERROR_CONFLICT)
				break;
			continue;
		}
		if (places)
			places[i] = piece.place;
	}
	if (failed > 1 && other.code == ERROR_CONFLICT) {
		struct error first = *err;
		error_set(err, first.code, "%.440s (and %zu more of the %zu places in this file)",
			  first.text, failed - 1, edit->hunk_count);
	}
	return failed ? -1 : 0;
}

static bool mostly_crlf(const struct edit_text *text)
{
	size_t crlf = 0, lf = 0;

	for (size_t i = 0; i < text->count; i++) {
		crlf += text->lines[i].lf && text->lines[i].cr;
		lf += text->lines[i].lf && !text->lines[i].cr;
	}
	return crlf > lf;
}

static struct span join(const struct edit_text *text, struct arena *arena)
{
	struct buf out;

	buf_init(&out, 0);
	for (size_t i = 0; i < text->count; i++) {
		const struct edit_line *line = &text->lines[i];
		buf_append(&out, line->text, line->len);
		if (line->cr)
			buf_putc(&out, '\r');
		if (line->lf)
			buf_putc(&out, '\n');
	}
	struct span joined = {arena_copy(arena, out.data, out.len), out.len};
	buf_done(&out);
	return joined;
}

static size_t lines_brought(const struct edit *edit)
{
	size_t lines = 0;

	for (size_t i = 0; i < edit->hunk_count; i++) {
		struct span rest = {edit->hunks[i].after, edit->hunks[i].after_len};
		for (; rest.len; lines++)
			span_line(&rest);
	}
	return lines;
}

int edit_apply(const struct edit *edit, struct span text, size_t *work, struct arena *arena,
	       struct span *out, struct edit_place *places, struct error *err)
{
	struct arena own;
	struct apply a = {.edit = edit, .work = work, .arena = &own};

	arena_init(&own);
	int rc = edit_text_read(&a.text, text.text, text.len, lines_brought(edit), &own, err);
	if (rc != 0) {
		error_wrap(err, "%.100s", edit->path);
	} else {
		a.crlf = mostly_crlf(&a.text);
		rc = apply_all(&a, places, err);
	}
	if (rc == 0)
		*out = join(&a.text, arena);
	arena_done(&own);
	return rc;
}
