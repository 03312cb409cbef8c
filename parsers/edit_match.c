/* Where a hunk goes: patch(1)'s search around a stated line, and a search for all places. */
#include "parsers/edit_text.h"

bool edit_matches(const struct edit_try *try, size_t at)
{
	size_t from = try->skip, to = try->pattern->count - try->drop;

	/* patch(1) would take any place for a hunk of which fuzz leaves nothing. */
	if (*try->work == 0 || from >= to)
		return false;
	--*try->work;
	for (size_t i = from; i < to; i++) {
		if (at + i >= try->text->count ||
		    !edit_lines_equal(&try->text->lines[at + i], &try->pattern->lines[i],
				      try->like))
			return false;
		if (*try->work == 0)
			return false;
		--*try->work;
	}
	if (try->like == LIKE_SHIFTED) {
		struct span indent;
		bool more;
		return edit_shift(try->text, at, try->pattern, &indent, &more);
	}
	return true;
}

size_t edit_find_all(const struct edit_try *try, size_t places[EDIT_PLACES])
{
	size_t lines = try->pattern->count - try->drop, count = 0;

	if (lines <= try->skip)
		return 0;
	for (size_t at = 0; at + lines <= try->text->count; at++) {
		if (!edit_matches(try, at))
			continue;
		if (count < EDIT_PLACES)
			places[count] = at;
		count++;
	}
	return count;
}

/* patch(1) lets a hunk with less context at one end than at the other only match at that end. */
struct ends {
	long lead, trail; /* lines of context left out; negative: bound to that end */
};

static bool at(const struct edit_try *try, const struct edit_guess *guess, long line, long lead,
	       long trail)
{
	struct edit_try with = *try;

	with.skip = (size_t)lead;
	with.drop = (size_t)trail;
	return edit_matches(&with, (size_t)(line - 1 + guess->grown));
}

/* Outward from first: below before above. */
static size_t outward(const struct edit_try *try, const struct edit_guess *guess, long most,
		      struct ends ends)
{
	long first = (long)guess->first + guess->offset, least = (long)guess->frozen + 1;
	long below = most - first, above = first - least;
	long furthest = below > above ? below : above;

	if (first <= above)
		above = first - 1;
	long start = below < 0 ? -below : above < 0 ? -above : 0;
	for (long offset = start; offset <= furthest && *try->work; offset++) {
		if (offset <= below && at(try, guess, first + offset, ends.lead, ends.trail))
			return (size_t)(first + offset);
		if (offset > 0 && offset <= above &&
		    at(try, guess, first - offset, ends.lead, ends.trail))
			return (size_t)(first - offset);
	}
	return 0;
}

/* As GNU patch 2.7's locate_hunk() has it, so that both put a hunk in the same place. */
size_t edit_find_near(const struct edit_try *try, const struct edit_guess *guess)
{
	long lead = (long)guess->lead, trail = (long)guess->trail;
	long context = lead > trail ? lead : trail, fuzz = (long)guess->fuzz;
	struct ends ends = {fuzz + lead - context, fuzz + trail - context};
	long frozen = (long)guess->frozen;
	long count = (long)try->text->count - guess->grown, lines = (long)try->pattern->count;
	long most = count - (lines - ends.trail) + 1;

	if (ends.lead < 0 && guess->first <= 1) {
		bool free = frozen == 0 && most >= 1;
		return free && at(try, guess, 1, 0, ends.trail) ? 1 : 0;
	}
	if (ends.lead < 0)
		ends.lead = 0;
	if (ends.trail < 0) {
		long last = count - lines + 1;
		bool free = last > frozen;
		return free && last >= 1 && at(try, guess, last, ends.lead, 0) ? (size_t)last : 0;
	}
	return outward(try, guess, most, ends);
}
