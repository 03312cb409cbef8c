/*
 * Applies hunks to a text. A hunk with a line number goes where patch(1) puts it; where that finds nothing, and
 * for hunks without a number, the whole text is searched and there must be one place only.
 */
#include <inttypes.h>

#include "engine/base/buf.h"
#include "parsers/edit_text.h"

enum { FUZZ_MAX = 2 };

struct apply {
	const struct edit *edit;
	struct edit_text text; /* as it is after the hunks so far */
	size_t *work;
	struct arena *arena; /* for this call alone */
	bool crlf; /* how most lines of the file end */
	/* in the text as it is: lines that hunks went through, and what these made it longer */
	size_t frozen;
	long grown;
	long offset; /* of the hunk before */
	bool failed; /* a hunk did not fit: why others do not is not asked */
};

/* The hunk under way. */
struct piece {
	const struct edit_hunk *hunk;
	struct edit_text before, after;
	size_t at; /* where it goes, from 0 */
	enum edit_like like;
	struct edit_place place;
};

static int out_of_work(const struct apply *a, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
			 "%.100s: looking for the places of all edits takes too long: send the "
			 "file whole",
			 a->edit->path);
}

/* ---- where it goes ---- */

static size_t context_of(const struct edit_hunk *hunk)
{
	return hunk->lead > hunk->trail ? hunk->lead : hunk->trail;
}

static unsigned fuzz_of(const struct edit_hunk *hunk)
{
	size_t context = context_of(hunk);

	return context < FUZZ_MAX ? (unsigned)context : FUZZ_MAX;
}

/* Of so many lines of context at one end, how many are left out: the longer end loses them first. */
static size_t left_out(const struct edit_hunk *hunk, size_t lines, unsigned fuzz)
{
	size_t context = context_of(hunk);

	return fuzz + lines > context ? fuzz + lines - context : 0;
}

/* Lines that are only brought, at a stated line. */
static bool place_bare(struct apply *a, struct piece *piece)
{
	long line = (long)piece->hunk->line + a->offset + a->grown;

	if (piece->hunk->line == 0 && a->text.count == 0)
		line = 1;
	if (line < (long)a->frozen + 1 || line > (long)a->text.count + 1)
		return false;
	piece->at = (size_t)line - 1;
	piece->like = a->text.count ? LIKE_LINES : LIKE_BYTES;
	piece->place.line = (size_t)((long)piece->at - a->grown) + 1;
	return true;
}

static bool place_near(struct apply *a, struct piece *piece)
{
	const struct edit_hunk *hunk = piece->hunk;
	/* The rest of the old text, counted as in the old text: what is before is not looked at. */
	struct edit_text rest = {a->text.lines + a->grown,
				 (size_t)((long)a->text.count - a->grown)};
	struct edit_try try = {
		.text = &rest, .pattern = &piece->before, .like = LIKE_BYTES, .work = a->work};
	struct edit_guess guess = {
		.first = hunk->line,
		.offset = a->offset,
		.frozen = (size_t)((long)a->frozen - a->grown),
		.lead = hunk->lead,
		.trail = hunk->trail,
	};

	for (; guess.fuzz <= fuzz_of(hunk); guess.fuzz++) {
		size_t line = edit_find_near(&try, &guess);
		if (!line)
			continue;
		piece->at = (size_t)((long)line - 1 + a->grown);
		piece->place = (struct edit_place){line, (long)line - (long)hunk->line, guess.fuzz,
						   false};
		a->offset = piece->place.offset;
		return true;
	}
	return false;
}

static int several(const struct apply *a, const struct piece *piece, const size_t *places,
		   size_t count, struct error *err)
{
	struct buf list;

	buf_init(&list, 0);
	for (size_t i = 0; i < count && i < EDIT_PLACES; i++)
		buf_printf(&list, "%s%zu",
			   i == 0           ? ""
			   : i + 1 == count ? " and "
					    : ", ",
			   places[i] + 1);
	if (count > EDIT_PLACES)
		buf_printf(&list, " and %zu more", count - EDIT_PLACES);
	error_set(err, ERROR_CONFLICT,
		  "%.100s: the %s at line %zu of the block fits %zu places of the file, at lines "
		  "%s: add lines around it until it fits one only",
		  a->edit->path, a->edit->search ? "SEARCH text" : "hunk", piece->hunk->source_line,
		  count, list.data);
	buf_done(&list);
	return -1;
}

/* 0: *found says whether there is a place; -1: there are several. */
static int place_only(struct apply *a, struct piece *piece, enum edit_like like, unsigned fuzz,
		      bool *found, struct error *err)
{
	const struct edit_hunk *hunk = piece->hunk;
	size_t places[EDIT_PLACES];
	struct edit_try try = {
		.text = &a->text,
		.pattern = &piece->before,
		.like = like,
		.skip = left_out(hunk, hunk->lead, fuzz),
		.drop = left_out(hunk, hunk->trail, fuzz),
		.work = a->work,
	};
	size_t count = edit_find_all(&try, places);

	*found = count == 1;
	if (count > 1)
		return several(a, piece, places, count, err);
	if (count == 0)
		return 0;
	bool moved = places[0] >= a->frozen;
	piece->at = places[0];
	piece->like = like;
	piece->place.line = moved ? (size_t)((long)places[0] - a->grown) + 1 : places[0] + 1;
	piece->place.offset = hunk->line ? (long)piece->place.line - (long)hunk->line : 0;
	piece->place.fuzz = fuzz;
	piece->place.loose = like >= LIKE_RIGHT;
	return 0;
}

static int place(struct apply *a, struct piece *piece, struct error *err)
{
	const struct edit_hunk *hunk = piece->hunk;
	bool found = false;

	if (piece->before.count == 0 && (hunk->line || a->text.count == 0)) {
		found = place_bare(a, piece);
	} else if (hunk->line && !a->edit->search) {
		found = place_near(a, piece);
	}
	for (unsigned fuzz = 0; !found && fuzz <= fuzz_of(hunk); fuzz++) {
		if (place_only(a, piece, LIKE_LINES, fuzz, &found, err) != 0)
			return -1;
	}
	for (enum edit_like like = LIKE_RIGHT; !found && a->edit->search && like <= LIKE_SHIFTED;
	     like++) {
		if (place_only(a, piece, like, 0, &found, err) != 0)
			return -1;
	}
	if (*a->work == 0)
		return out_of_work(a, err);
	if (found)
		return 0;
	if (a->failed)
		return error_set(err, ERROR_CONFLICT, "does not fit either");
	return edit_explain(a->edit, hunk, &a->text, &piece->before, a->work, a->arena, err);
}

/* ---- what it does ---- */

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
		return out_of_work(a, err);
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
				 "%.100s: the SEARCH text at line %zu of the block stands at line "
				 "%zu with another indentation, and the REPLACE text does not fit "
				 "that: indent both as the file does",
				 a->edit->path, hunk->source_line, piece->place.line);
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
		if (read_hunk(a, &edit->hunks[i], &piece, why) != 0 || place(a, &piece, why) != 0 ||
		    put(a, &piece, why) != 0) {
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

static const char *join(const struct edit_text *text, struct arena *arena, size_t *len)
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
	const char *joined = arena_copy(arena, out.data, out.len);
	*len = out.len;
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

int edit_apply(const struct edit *edit, const char *text, size_t len, size_t *work,
	       struct arena *arena, const char **out, size_t *out_len, struct edit_place *places,
	       struct error *err)
{
	struct arena own;
	struct apply a = {.edit = edit, .work = work, .arena = &own};

	arena_init(&own);
	int rc = edit_text_read(&a.text, text, len, lines_brought(edit), &own, err);
	if (rc != 0) {
		error_wrap(err, "%.100s", edit->path);
	} else {
		a.crlf = mostly_crlf(&a.text);
		rc = apply_all(&a, places, err);
	}
	if (rc == 0)
		*out = join(&a.text, arena, out_len);
	arena_done(&own);
	return rc;
}
