/* Runs every check over the blocks of a reply and puts what they found in order. */
#include "validators/validators.h"

#include <stdlib.h>
#include <string.h>

#include "validators/check.h"

struct finding *check_add(struct check *check, const struct block *block, const char *rule,
			  enum severity severity, enum finding_action action)
{
	struct findings *out = check->findings;
	struct finding *finding = arena_grow(check->arena, &out->items, out->count,
					     sizeof(*finding));

	out->count++;
	*finding = (struct finding){
		.rule = rule,
		.severity = severity,
		.action = action,
		.block = block ? (ptrdiff_t)block->index : -1,
		.path = block ? block->path : NULL,
	};
	return finding;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int by_place(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order = (a->block > b->block) - (a->block < b->block);

	if (!order)
		order = compare_sizes(a->line, b->line);
	if (!order)
		order = compare_sizes(a->column, b->column);
	return order ? order : strcmp(a->rule, b->rule);
}

int validators_check(const struct ruleset *rules, const struct check_limits *limits,
		     size_t reply_bytes, const struct blocks *blocks, struct arena *arena,
		     struct findings *out, struct error *err)
{
	struct check check = {
		.arena = arena,
		.limits = limits,
		.reply_bytes = reply_bytes,
		.blocks = blocks,
		.findings = out,
		.rules = rules,
		.scratch = regex_scratch_new(),
	};

	(void)err; /* nothing here can fail: running out of memory ends the process */
	*out = (struct findings){0};
	check_limits(&check);
	check_unclosed(&check);
	check_language(&check);
	check_paths(&check);
	check_collisions(&check);
	check_rules(&check);
	regex_scratch_free(check.scratch);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_place);
	return 0;
}
