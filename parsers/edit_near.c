/*
 * Why a hunk does not fit: the most similar place of the file, and the first line that differs
 * there.
 */
#include <stdlib.h>

#include "engine/base/utf8.h"
#include "parsers/edit_text.h"

enum {
	SHOWN = 90, /* bytes of a line in a message */
	VOTERS_MAX = 64, /* lines of the hunk that look for themselves in the file */
	WORD_BITS = 64,
	PAIR_WORDS = 16,
	COST_OF_PAIRS = 8, /* in comparisons of lines */
	LIKENESS = 60, /* percent that a line must have to be called similar */
};

/* ---- messages ---- */

/* The line in quotes, short, without control characters. */
static const char *shown(struct arena *arena, struct span line)
{
	bool cut = line.len > SHOWN;
	size_t len = cut ? utf8_cut(line.text, line.len, SHOWN) : line.len;
	char *copy = arena_copy(arena, line.text, len);

	for (char *at = copy; at < copy + len; at++)
		*at = (unsigned char)*at < ' ' && *at != '\t' ? '?' : *at;
	return arena_printf(arena, "\"%s%s\"", copy, cut ? "..." : "");
}

static const char *what(const struct edit *edit)
{
	return edit->search ? "SEARCH text" : "hunk";
}

/* ---- where most lines of it stand ---- */

struct near {
	const struct edit_text *text, *before;
	size_t *work;
	struct arena *arena;
};

static bool says_something(const struct edit_line *line)
{
	return span_trim(edit_line_span(line)).len > 2;
}

/* Each line of the hunk that stands in the file votes for the start that this would mean. */
static bool most_votes(const struct near *n, size_t *start)
{
	size_t count = n->text->count, shift = n->before->count, voters = 0, best = shift;
	unsigned char *votes = arena_alloc(n->arena, count + shift + 1);

	for (size_t j = 0; j < n->before->count && voters < VOTERS_MAX; j++) {
		if (!says_something(&n->before->lines[j]))
			continue;
		voters++;
		for (size_t i = 0; i < count && *n->work; i++, --*n->work) {
			if (edit_lines_equal(&n->text->lines[i], &n->before->lines[j],
					     LIKE_SHIFTED))
				votes[i + shift - j]++;
		}
	}
	for (size_t i = shift; i < count + shift; i++) {
		if (votes[i] > votes[best])
			best = i;
	}
	if (!votes[best] || (size_t)votes[best] * 4 < voters)
		return false;
	*start = best - shift;
	return true;
}

/* ---- the line that looks most like the first of it ---- */

struct pairs {
	uint64_t bits[PAIR_WORDS];
};

static unsigned add_pairs(struct pairs *pairs, struct span line)
{
	unsigned count = 0;

	for (size_t i = 1; i < line.len; i++) {
		unsigned pair = (unsigned char)line.text[i - 1] * 31U +
				(unsigned char)line.text[i] * 7U;
		uint64_t *word = &pairs->bits[pair / WORD_BITS % PAIR_WORDS];
		uint64_t bit = (uint64_t)1 << pair % WORD_BITS;
		count += !(*word & bit);
		*word |= bit;
	}
	return count;
}

static unsigned likeness(const struct pairs *wanted, unsigned wanted_count, struct span line)
{
	struct pairs pairs = {{0}};
	unsigned count = add_pairs(&pairs, line), common = 0;

	for (size_t i = 0; i < PAIR_WORDS; i++)
		common += (unsigned)__builtin_popcountll(pairs.bits[i] & wanted->bits[i]);
	return count + wanted_count ? 200 * common / (count + wanted_count) : 0;
}

/*
 * The line that the message is about: the first that says something, without context where it
 * can.
 */
static const struct edit_line *first_line(const struct near *n, const struct edit_hunk *hunk)
{
	size_t count = n->before->count;

	for (size_t i = hunk->lead; i < count; i++) {
		if (says_something(&n->before->lines[i]))
			return &n->before->lines[i];
	}
	for (size_t i = 0; i < count; i++) {
		if (says_something(&n->before->lines[i]))
			return &n->before->lines[i];
	}
	return count ? &n->before->lines[0] : NULL;
}

static const struct edit_line *most_alike(const struct near *n, const struct edit_line *wanted)
{
	struct pairs pairs = {{0}};
	unsigned count = add_pairs(&pairs, span_trim(edit_line_span(wanted)));
	unsigned best = LIKENESS;
	const struct edit_line *found = NULL;

	for (size_t i = 0; i < n->text->count; i++) {
		const struct edit_line *line = &n->text->lines[i];
		size_t cost = COST_OF_PAIRS + line->len / 4;
		if (*n->work <= cost)
			break;
		*n->work -= cost;
		unsigned alike = likeness(&pairs, count, span_trim(edit_line_span(line)));
		if (alike >= best && (!found || alike > best)) {
			best = alike;
			found = line;
		}
	}
	return found;
}

/* ---- all together ---- */

/* The first line from start on that is not as the hunk has it; before->count if there is none. */
static size_t first_different(const struct near *n, size_t start)
{
	size_t i = 0;

	while (i < n->before->count && start + i < n->text->count &&
	       edit_lines_equal(&n->text->lines[start + i], &n->before->lines[i], LIKE_LINES))
		i++;
	return i;
}

static int explain_near(const struct near *n, const struct edit *edit, const struct edit_hunk *hunk,
			size_t start, struct error *err)
{
	size_t at = first_different(n, start), last = start + n->before->count;
	struct arena *arena = n->arena;
	const char *wants;

	if (at == n->before->count)
		return error_set(err, ERROR_CONFLICT,
				 "%.100s: the %s at line %zu of the block fits line %zu of the "
				 "file, but an earlier hunk reaches there already: put the hunks "
				 "in the order of the file",
				 edit->path, what(edit), hunk->source_line, start + 1);
	wants = shown(arena, edit_line_span(&n->before->lines[at]));
	if (start + at >= n->text->count)
		return error_set(err, ERROR_CONFLICT,
				 "%.100s: the %s at line %zu of the block does not fit: the file "
				 "ends after line %zu, where the edit has %s",
				 edit->path, what(edit), hunk->source_line, n->text->count, wants);
	return error_set(
		err, ERROR_CONFLICT,
		"%.100s: the %s at line %zu of the block fits nowhere: most similar are "
		"lines %zu to %zu of the file, but line %zu is %s where the edit has %s%s",
		edit->path, what(edit), hunk->source_line, start + 1,
		last < n->text->count ? last : n->text->count, start + at + 1,
		shown(arena, edit_line_span(&n->text->lines[start + at])), wants,
		edit_lines_equal(&n->text->lines[start + at], &n->before->lines[at], LIKE_SHIFTED)
			? " (they differ in white space)"
			: "");
}

static bool stands(const struct edit_text *text, const struct edit_text *lines, size_t *work)
{
	size_t places[EDIT_PLACES];
	struct edit_try try = {.text = text, .pattern = lines, .like = LIKE_LINES, .work = work};

	return edit_find_all(&try, places) > 0;
}

static bool already(const struct edit_hunk *hunk, const struct edit_text *text, size_t *work,
		    struct arena *arena)
{
	struct edit_text after;

	if (edit_text_read(&after, hunk->after, hunk->after_len, 0, arena, NULL) != 0)
		return false;
	return after.count ? stands(text, &after, work) : text->count == 0;
}

int edit_explain(const struct edit *edit, const struct edit_hunk *hunk,
		 const struct edit_text *text, const struct edit_text *before, size_t *work,
		 struct arena *arena, struct error *err)
{
	struct near n = {text, before, work, arena};
	const struct edit_line *first = first_line(&n, hunk), *alike;
	size_t start;

	if (already(hunk, text, work, arena))
		return error_set(err, ERROR_CONFLICT,
				 "%.100s is already as the %s at line %zu of the block wants it: "
				 "leave that change out",
				 edit->path, what(edit), hunk->source_line);
	if (!first)
		return error_set(err, ERROR_CONFLICT,
				 "%.100s: the %s at line %zu of the block does not say where its "
				 "lines go (the file has %zu lines): add lines of the file around "
				 "them",
				 edit->path, what(edit), hunk->source_line, text->count);
	if (most_votes(&n, &start))
		return explain_near(&n, edit, hunk, start, err);
	alike = most_alike(&n, first);
	if (alike)
		return error_set(err, ERROR_CONFLICT,
				 "%.100s: the %s at line %zu of the block fits nowhere: the file "
				 "has no line %s; most similar is line %zu, %s",
				 edit->path, what(edit), hunk->source_line,
				 shown(arena, edit_line_span(first)),
				 (size_t)(alike - text->lines) + 1,
				 shown(arena, edit_line_span(alike)));
	return error_set(err, ERROR_CONFLICT,
			 "%.100s: the %s at line %zu of the block fits nowhere: the file has no "
			 "line %s, nor one like it",
			 edit->path, what(edit), hunk->source_line,
			 shown(arena, edit_line_span(first)));
}

bool edit_is_applied(const struct edit *edit, const char *text, size_t len, size_t *work)
{
	struct arena own;
	struct edit_text lines;
	bool applied = true;

	arena_init(&own);
	applied = edit_text_read(&lines, text, len, 0, &own, NULL) == 0;
	for (size_t i = 0; applied && i < edit->hunk_count; i++)
		applied = already(&edit->hunks[i], &lines, work, &own);
	arena_done(&own);
	return applied;
}
