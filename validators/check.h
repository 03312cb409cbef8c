/* One check a file: each looks at the blocks in its own way and adds what it finds. */
#ifndef VALIDATORS_CHECK_H
#define VALIDATORS_CHECK_H

#include "engine/base/arena.h"
#include "engine/base/regex.h"
#include "engine/model.h"
#include "validators/ruleset.h"
#include "validators/validators.h"

struct check {
	struct arena *arena; /* the job's: findings live here */
	const struct check_limits *limits;
	size_t reply_bytes;
	const struct blocks *blocks;
	struct findings *findings;
	/* for the rules alone */
	const struct ruleset *rules;
	struct regex_scratch *scratch;
	uint64_t free_steps; /* that patterns may still take on top of each block's share */
	size_t listed[2]; /* rule findings so far, by enum finding_action */
	bool everywhere; /* no scanner: try every rule on every line (the tests compare) */
};

/* Most rule findings that are listed: of one rule in one block, and of each action in a reply. */
enum { CHECK_RULE_FINDINGS = 20, CHECK_FINDINGS = 1000 };

void check_limits(struct check *check);
void check_unclosed(struct check *check);
void check_language(struct check *check);
void check_paths(struct check *check);
void check_collisions(struct check *check);
void check_rules(struct check *check);

/* A finding about a block as a whole (line 0), or about the reply (block NULL). */
struct finding *check_add(struct check *check, const struct block *block, const char *rule,
			  enum severity severity, enum finding_action action);

/*
 * The length of the character at at when it is a control character or one that nobody sees (it
 * turns the reading direction, has no width, ends a line), else 0. A tab is neither.
 */
size_t check_hidden(const char *at, size_t len);

/* At most 160 bytes of the line around at: valid UTF-8 without hidden characters. */
const char *check_excerpt(struct arena *arena, const char *text, size_t len, size_t at);

#endif
