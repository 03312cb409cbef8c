/* Was the reply cut off? A block that never ends may lack its last lines, or whole files behind it. */
#include "validators/check.h"

void check_unclosed(struct check *check)
{
	const struct blocks *blocks = check->blocks;

	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		if (!block->used || block->closed ||
		    (i && block->index == blocks->items[i - 1].index))
			continue;
		struct finding *finding = check_add(check, block, "block-unclosed", SEVERITY_MEDIUM,
						    ACTION_WARN);
		finding->message = "the block has no end: the reply may have been cut off there";
		finding->remedy = "close the block, and make sure that nothing is missing";
	}
}
