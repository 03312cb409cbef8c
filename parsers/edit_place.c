/*
 * Where a hunk goes. One with a line number goes where patch(1) puts it; where that finds
 * nothing, and for hunks without a number, the whole text is searched and there must be one place
 * only.
 */
#include <ctype.h>

#include "engine/base/buf.h"
#include "parsers/edit_apply.h"

enum { FUZZ_MAX = 2 };

int edit_out_of_work(const struct apply *a, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
			 "%.100s: looking for the places of all edits takes too long: send the "
			 "file whole",
			 a->edit->path);
}

static size_t context_of(const struct edit_hunk *hunk)
{
	return hunk->lead > hunk->trail ? hunk->lead : hunk->trail;
}

static unsigned fuzz_of(const struct edit_hunk *hunk)
{
	size_t context = context_of(hunk);

	return context < FUZZ_MAX ? (unsigned)context : FUZZ_MAX;
}

/*
 * Of so many lines of context at one end, how many are left out: the longer end loses them first.
 */
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

static bool stands_at(const struct apply *a, const struct edit_text *lines, long at)
{
	struct edit_try try = {
		.text = &a->text, .pattern = lines, .like = LIKE_LINES, .work = a->work};

	return at >= 0 && edit_matches(&try, (size_t)at);
}

/* Lines are only brought, and they stand right where the hunk would bring them again. */
static bool comes_twice(const struct apply *a, const struct piece *piece)
{
	const struct edit_hunk *hunk = piece->hunk;
	size_t brought = piece->after.count - piece->before.count;

	return !a->edit->search && piece->before.count == hunk->lead + hunk->trail &&
	       (stands_at(a, &piece->after, (long)piece->at) ||
		stands_at(a, &piece->after, (long)piece->at - (long)brought));
}

static bool place_near(struct apply *a, struct piece *piece)
{
	const struct edit_hunk *hunk = piece->hunk;
	struct edit_try try = {
		.text = &a->text, .pattern = &piece->before, .like = LIKE_BYTES, .work = a->work};
	struct edit_guess guess = {
		.first = hunk->line,
		.offset = a->offset,
		.grown = a->grown,
		.frozen = (size_t)((long)a->frozen - a->grown),
		.lead = hunk->lead,
		.trail = hunk->trail,
	};

	for (; guess.fuzz <= fuzz_of(hunk); guess.fuzz++) {
		size_t line = edit_find_near(&try, &guess);
		/* Fuzz would let an applied hunk fit a second time. */
		piece->there = !line && guess.fuzz == 0 &&
			       stands_at(a, &piece->after,
					 (long)hunk->line - 1 + a->offset + a->grown);
		if (piece->there)
			return false;
		if (!line)
			continue;
		piece->at = (size_t)((long)line - 1 + a->grown);
		piece->place = (struct edit_place){line, (long)line - (long)hunk->line, guess.fuzz,
						   false};
		/* patch(1) also needs fuzz where nothing differs but the distance to an end. */
		if (stands_at(a, &piece->before, (long)piece->at))
			piece->place.fuzz = 0;
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

/* Whether the line is the anchor, or begins with it as a whole word: "class A" is "class A(B):". */
static bool is_anchor(const struct edit_line *line, struct span anchor, bool whole)
{
	struct span text = span_trim(edit_line_span(line));

	if (text.len < anchor.len || memcmp(text.text, anchor.text, anchor.len) != 0)
		return false;
	return whole ? text.len == anchor.len
		     : text.len > anchor.len && !isalnum((unsigned char)text.text[anchor.len]) &&
			       text.text[anchor.len] != '_';
}

/* The place of one anchor from `at` on; the number of lines where there is none. */
static size_t find_anchor(struct apply *a, struct span anchor, size_t at)
{
	for (int whole = 1; whole >= 0; whole--) {
		for (size_t i = at; i < a->text.count && *a->work; i++) {
			--*a->work;
			if (is_anchor(&a->text.lines[i], anchor, whole))
				return i;
		}
	}
	return a->text.count;
}

/* *from: where the last of the hunk's anchors stands, which the hunk before may have behind it too. */
static int follow_anchors(struct apply *a, const struct edit_hunk *hunk, size_t *from,
			  struct error *err)
{
	struct span rest = span_of(hunk->anchor);

	for (*from = a->frozen; rest.len;) {
		struct span anchor = span_line(&rest);
		size_t at = find_anchor(a, anchor, *from);
		if (at == a->text.count && *from == a->frozen)
			at = find_anchor(a, anchor, 0);
		*from = at;
		if (*a->work == 0)
			return edit_out_of_work(a, err);
		if (*from == a->text.count)
			return error_set(
				err, ERROR_CONFLICT,
				"%.100s: the hunk at line %zu of the block stands behind the line "
				"\"%.*s\", which the file does not have",
				a->edit->path, hunk->source_line,
				anchor.len > 80 ? 80 : (int)anchor.len, anchor.text);
	}
	return 0;
}

/* The first place from `from` on, in the least loose way; false: there is none. */
static bool place_behind(struct apply *a, struct piece *piece, size_t from)
{
	struct edit_try try = {.text = &a->text, .pattern = &piece->before, .work = a->work};

	for (enum edit_like like = LIKE_LINES; like <= LIKE_SHIFTED; like++) {
		try.like = like;
		for (size_t at = from; at + piece->before.count <= a->text.count; at++) {
			if (!edit_matches(&try, at))
				continue;
			piece->at = at;
			piece->like = like;
			piece->place = (struct edit_place){
				.line = (size_t)((long)at - a->grown) + 1,
				.loose = like >= LIKE_RIGHT,
			};
			return true;
		}
	}
	return false;
}

/*
 * A "*** Begin Patch" hunk that says where it stands: behind a line, at the file's end, or with lines
 * that are only brought, which go right behind their anchor and else to the end.
 */
static int place_v4a(struct apply *a, struct piece *piece, bool *found, struct error *err)
{
	const struct edit_hunk *hunk = piece->hunk;
	size_t from = 0, count = piece->before.count;

	if (hunk->anchor && follow_anchors(a, hunk, &from, err) != 0)
		return -1;
	size_t behind = from > a->frozen ? from : a->frozen;
	if (count == 0) {
		piece->at = hunk->anchor ? from + 1 : a->text.count;
		if (piece->at < a->frozen)
			piece->at = a->frozen;
		piece->like = a->text.count ? LIKE_LINES : LIKE_BYTES;
		piece->place.line = (size_t)((long)piece->at - a->grown) + 1;
		*found = true;
	} else if (hunk->at_end && a->text.count >= count && a->text.count - count >= behind) {
		*found = place_behind(a, piece, a->text.count - count);
	}
	if (!*found && hunk->anchor)
		*found = place_behind(a, piece, behind);
	return 0;
}

int edit_place(struct apply *a, struct piece *piece, struct error *err)
{
	const struct edit_hunk *hunk = piece->hunk;
	bool found = false;

	if (a->edit->v4a && place_v4a(a, piece, &found, err) != 0)
		return -1;
	if (found) {
		/* it has said where */
	} else if (piece->before.count == 0 && (hunk->line || a->text.count == 0)) {
		found = place_bare(a, piece);
	} else if (hunk->line && !a->edit->search) {
		found = place_near(a, piece);
	}
	bool search = !found && !piece->there && !hunk->anchor;
	bool loose = (a->edit->search || a->edit->v4a) && !hunk->anchor;
	for (unsigned fuzz = 0; search && !found && fuzz <= fuzz_of(hunk); fuzz++) {
		if (place_only(a, piece, LIKE_LINES, fuzz, &found, err) != 0)
			return -1;
	}
	bool twice = (search || a->edit->v4a) && found && comes_twice(a, piece);
	if (twice)
		found = loose = false;
	for (enum edit_like like = LIKE_RIGHT; !found && loose && like <= LIKE_SHIFTED; like++) {
		if (place_only(a, piece, like, 0, &found, err) != 0)
			return -1;
	}
	if (*a->work == 0)
		return edit_out_of_work(a, err);
	if (found)
		return 0;
	if (a->failed)
		return error_set(err, ERROR_CONFLICT, "does not fit either");
	return edit_explain(a->edit, hunk, &a->text, &piece->before, a->work, a->arena, err);
}
