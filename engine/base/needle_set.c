/* Sets of needles: which of two is the rarer, and what two branches have between them. */
#include "engine/base/needle_set.h"

#include <ctype.h>
#include <string.h>

/* A guess at how seldom the needle occurs in source text; higher is rarer. */
static int rarity(const struct needle *needle)
{
	int sum = needle->word_before + needle->word_after;

	for (size_t i = 0; i < needle->len; i++)
		sum += strchr("etaoinsr ()=.,\"'", tolower((unsigned char)needle->text[i])) ? 2 : 3;
	return sum;
}

int needle_set_worth(const struct needles *set)
{
	int least = set->count ? rarity(&set->items[0]) : 0;

	for (size_t i = 1; i < set->count; i++)
		if (rarity(&set->items[i]) < least)
			least = rarity(&set->items[i]);
	return least;
}

void needle_set_keep_better(struct needles *best, const struct needles *candidate)
{
	if (needle_set_worth(candidate) > needle_set_worth(best))
		*best = *candidate;
}

static void add_once(struct needles *set, const struct needle *needle)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct needle *it = &set->items[i];
		if (it->len == needle->len && memcmp(it->text, needle->text, it->len) == 0 &&
		    it->word_before == needle->word_before && it->word_after == needle->word_after)
			return;
	}
	set->items[set->count++] = *needle;
}

void needle_set_unite(struct needles *all, bool *known, const struct needles *one)
{
	*known = *known && one->count && all->count + one->count <= NEEDLES_MAX;
	for (size_t i = 0; *known && i < one->count; i++)
		add_once(all, &one->items[i]);
	if (!*known)
		all->count = 0;
}
