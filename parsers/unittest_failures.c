/* Finds unittest's list of failures. */
#include "parsers/unittest_failures.h"

static bool read_title(struct arena *arena, struct line line, struct unittest_failure *block)
{
	if (line_skip(&line, "ERROR: "))
		block->status = TEST_ERROR;
	else if (line_skip(&line, "FAIL: "))
		block->status = TEST_FAILED;
	else if (line_skip(&line, "UNEXPECTED SUCCESS: "))
		block->unexpected = true;
	else
		return false;
	if (block->unexpected)
		block->status = TEST_FAILED;
	return unittest_title_read(arena, line, &block->title);
}

void unittest_failures_find(struct unittest_failures *out, struct arena *arena, struct lines lines)
{
	struct line before = {"", 0};
	struct line line;
	struct unittest_failure *open = NULL;
	bool head = false; /* between the title and the line of "-": docstrings */

	while (lines_next(&lines, &line)) {
		bool ruled = line_rule(before, '=', 70);
		struct unittest_failure block = {.start = ruled ? before.text : line.text};

		/* the successes that should have failed share one line of "=" */
		if ((ruled || (open && open->unexpected)) && read_title(arena, line, &block)) {
			if (open)
				open->end = block.start;
			open = arena_grow(arena, &out->items, out->count, sizeof(*open));
			out->count++;
			block.text = block.end = lines.end;
			*open = block;
			head = true;
		} else if (head && line_rule(line, '-', 70)) {
			open->text = lines.at;
			head = false;
		}
		before = line;
	}
}

void unittest_failures_keep(struct unittest_failures *out, size_t failures, size_t unexpected)
{
	size_t keep = out->count;

	if (out->count == 0)
		return;
	for (size_t i = out->count; i-- > 0;) {
		size_t *left = out->items[i].unexpected ? &unexpected : &failures;

		if (*left == 0)
			continue;
		(*left)--;
		out->items[--keep] = out->items[i];
	}
	out->items += keep;
	out->count -= keep;
}
