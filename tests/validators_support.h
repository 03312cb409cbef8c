/* For tests of the validators: a few languages of their own, and blocks without a reply. */
#ifndef TESTS_VALIDATORS_SUPPORT_H
#define TESTS_VALIDATORS_SUPPORT_H

#include <string.h>

#include "engine/model.h"
#include "validators/check.h"

#define SLASH_COMMENTS .line_comments = {"//"}, .block_comments = {{"/*", "*/"}}

static const struct language support_languages[] = {
	{.name = "python",
	 .syntax = {.line_comments = {"#"},
		    .strings = {{"\"\"\"", "\"\"\""}, {"'''", "'''"}, {"\"", "\""}, {"'", "'"}},
		    .multiline_strings = {true, true}}},
	{.name = "javascript",
	 .syntax = {SLASH_COMMENTS, .strings = {{"`", "`"}, {"\"", "\""}, {"'", "'"}},
		    .multiline_strings = {true}, .holes = {{"${", "}"}}, .regex_literals = true}},
	{.name = "typescript",
	 .syntax = {SLASH_COMMENTS, .strings = {{"`", "`"}, {"\"", "\""}, {"'", "'"}},
		    .multiline_strings = {true}, .holes = {{"${", "}"}}, .regex_literals = true}},
	{.name = "bash",
	 .syntax = {.line_comments = {"#"},
		    .strings = {{"\"", "\""}, {"'", "'"}},
		    .raw_strings = {false, true},
		    .multiline_strings = {true, true},
		    .holes = {{"$(", ")"}},
		    .word_comments = true,
		    .heredocs = true}},
	{.name = "go",
	 .syntax = {SLASH_COMMENTS, .strings = {{"`", "`"}, {"\"", "\""}, {"'", "'"}},
		    .raw_strings = {true}, .multiline_strings = {true}}},
};

enum { SUPPORT_LANGUAGES = sizeof(support_languages) / sizeof(support_languages[0]) };

static inline const struct language *support_language(const char *name)
{
	for (size_t i = 0; name && i < SUPPORT_LANGUAGES; i++)
		if (strcmp(support_languages[i].name, name) == 0)
			return &support_languages[i];
	return NULL;
}

/* A used block of code; text must outlive it. */
static inline struct block support_block(const char *language, const char *text, size_t len)
{
	return (struct block){
		.language = support_language(language),
		.tag = language,
		.info = language ? language : "",
		.role = ROLE_CODE,
		.used = true,
		.line = 1,
		.closed = true,
		.code = text,
		.code_len = len,
	};
}

/* Only the pattern rules, with the scanner or without it. */
static inline void support_check_rules(const struct ruleset *rules, const struct block *block,
				       bool everywhere, struct arena *arena, struct findings *out)
{
	struct check_limits limits = {0};
	struct blocks blocks = {.items = (struct block *)block, .count = 1};
	struct check check = {.arena = arena,
			      .limits = &limits,
			      .blocks = &blocks,
			      .findings = out,
			      .rules = rules,
			      .scratch = regex_scratch_new(),
			      .everywhere = everywhere};

	*out = (struct findings){0};
	check_rules(&check);
	regex_scratch_free(check.scratch);
}

#endif
