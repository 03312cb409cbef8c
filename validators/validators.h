/* Is this text allowed? Rules, limits and paths, as pure functions of the blocks. */
#ifndef VALIDATORS_VALIDATORS_H
#define VALIDATORS_VALIDATORS_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"

struct ruleset; /* compiled rules: immutable, shared by all jobs */

/* The rules that travel in the binary; extra is a rules file of the user's (or NULL), on top. */
int ruleset_load(struct ruleset **out, const char *extra, struct error *err);
void ruleset_free(struct ruleset *rules);

/*
 * Fails when a rule names a language that is not among known (NULL-terminated): a slip there would
 * switch the rule off silently.
 */
int ruleset_check_languages(const struct ruleset *rules, const struct language *const *known,
			    struct error *err);

struct check_limits {
	size_t reply_bytes; /* whole text */
	size_t block_bytes;
	size_t block_lines;
	size_t blocks;
	size_t files;
	const char *const *languages; /* allowed canonical names, NULL-terminated; NULL: all */
};

/*
 * Checks every used block: language, limits, path rules (absolute, climbing, reserved, colliding),
 * then the pattern rules. findings are sorted by block, line, column. Never fails on any input:
 * a pattern that hits its match limit is itself a finding (rule "check-limit").
 */
int validators_check(const struct ruleset *rules, const struct check_limits *limits,
		     size_t reply_bytes, const struct blocks *blocks, struct arena *arena,
		     struct findings *out, struct error *err);

#endif
