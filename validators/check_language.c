/* Is the block in a language that may be used, and that anybody here knows? */
#include <string.h>

#include "validators/check.h"

static bool allowed(const struct check_limits *limits, const char *language)
{
	for (size_t i = 0; limits->languages[i]; i++)
		if (strcmp(limits->languages[i], language) == 0)
			return true;
	return false;
}

static const char *list(struct arena *arena, const char *const *languages)
{
	const char *text = languages[0] ? languages[0] : "none";

	for (size_t i = 1; languages[0] && languages[i]; i++)
		text = arena_printf(arena, "%s, %s", text, languages[i]);
	return text;
}

/* Data, manifests and edits need no language; only what is to be run does. */
static bool is_program(const struct block *block)
{
	return block->role == ROLE_CODE || block->role == ROLE_TEST;
}

static const char *tag_for_people(struct check *check, const struct block *block)
{
	return block->tag ? check_excerpt(check->arena, block->tag, strlen(block->tag), 0) : NULL;
}

void check_language(struct check *check)
{
	const struct check_limits *limits = check->limits;

	for (size_t i = 0; i < check->blocks->count; i++) {
		const struct block *block = &check->blocks->items[i];
		const char *name = block->language ? block->language->name : NULL;
		struct finding *finding;
		if (!block->used || !is_program(block))
			continue;
		if (limits->languages && name && !allowed(limits, name)) {
			finding = check_add(check, block, "language-not-allowed", SEVERITY_MEDIUM,
					    ACTION_BLOCK);
			finding->message = arena_printf(check->arena, "%s is not allowed here",
							name);
			finding->remedy = arena_printf(check->arena, "use one of: %s",
						       list(check->arena, limits->languages));
		} else if (!name && block->tag) {
			/* Without a list it is only useless, with one it is something unlisted. */
			finding = check_add(check, block, "language-unknown", SEVERITY_LOW,
					    limits->languages ? ACTION_BLOCK : ACTION_WARN);
			finding->message = arena_printf(check->arena, "\"%s\" is no known language",
							tag_for_people(check, block));
			finding->remedy = "tag the block with its language: ```python";
		}
	}
}
