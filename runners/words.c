/* Lists of strings: short ones, so looking for one is a walk. */
#include "runners/words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void words_init(struct words *words, struct arena *arena)
{
	*words = (struct words){.arena = arena,
				.items = arena_array(arena, 4, sizeof(*words->items))};
}

void words_add(struct words *words, const char *word)
{
	size_t last = words->count + 1; /* of the terminator */

	if (last >= 4 && (last & (last - 1)) == 0) {
		const char **bigger = arena_array(words->arena, last * 2, sizeof(*bigger));
		memcpy(bigger, words->items, words->count * sizeof(*bigger));
		words->items = bigger;
	}
	words->items[words->count++] = word;
	words->items[words->count] = NULL;
}

void words_addf(struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	words_add(words, arena_vprintf(words->arena, format, args));
	va_end(args);
}

void words_add_all(struct words *words, const char *const *more)
{
	while (more && *more)
		words_add(words, *more++);
}

bool words_have(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->items[i], word) == 0)
			return true;
	}
	return false;
}

void words_add_new(struct words *words, const char *word)
{
	if (words->count < WORDS_NEW && !words_have(words, word))
		words_add(words, word);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void words_sort(struct words *words)
{
	if (words->count)
		qsort(words->items, words->count, sizeof(*words->items), compare);
}

const char *words_join(const struct words *words, const char *prefix)
{
	size_t len = 0, prefix_len = strlen(prefix);

	for (size_t i = 0; i < words->count; i++)
		len += prefix_len + strlen(words->items[i]) + 1;
	char *text = arena_alloc(words->arena, len + 1), *at = text;
	for (size_t i = 0; i < words->count; i++) {
		at = stpcpy(at, i ? " " : "");
		at = stpcpy(at, prefix);
		at = stpcpy(at, words->items[i]);
	}
	return text;
}
