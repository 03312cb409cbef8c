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

/* Formats that are files of a project and no programs: nobody has to know how to run them. */
static bool is_data(const char *tag)
{
	static const char *const tags[] = {
		"conf",   "config",   "css",       "csv",     "diff",    "docker",    "dockerfile",
		"dotenv", "env",      "gitignore", "graphql", "html",    "htm",       "ini",
		"jinja",  "jinja2",   "json",      "json5",   "jsonc",   "jsonl",     "less",
		"make",   "makefile", "markdown",  "md",      "mermaid", "plaintext", "properties",
		"proto",  "protobuf", "scss",      "sql",     "svg",     "text",      "toml",
		"tsv",    "txt",      "xml",       "yaml",    "yml",
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strcmp(tags[i], tag) == 0)
			return true;
	return false;
}

static bool is_program(const struct block *block)
{
	return block->role != ROLE_MANIFEST &&
	       (block->language || (block->tag && !is_data(block->tag)));
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
		} else if (!name) {
			/* Without a list it is only useless, with one it is something unlisted. */
			finding = check_add(check, block, "language-unknown", SEVERITY_LOW,
					    limits->languages ? ACTION_BLOCK : ACTION_WARN);
			finding->message = arena_printf(check->arena, "\"%s\" is no known language",
							tag_for_people(check, block));
			finding->remedy = "tag the block with its language: ```python";
		}
	}
}
