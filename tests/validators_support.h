/* For tests of the validators: the languages, and blocks without a reply. */
#ifndef TESTS_VALIDATORS_SUPPORT_H
#define TESTS_VALIDATORS_SUPPORT_H

#include <string.h>

#include "engine/model.h"
#include "runners/language.h"
#include "validators/check.h"

/* NULL: no such language. */
static inline const struct language *support_language(const char *name)
{
	REGISTRY_EACH (runners, struct runner, it) {
		if (name && strcmp((*it)->language.name, name) == 0)
			return &(*it)->language;
	}
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
