/* From a block to its edits: which notation it is. */
#include "parsers/edit.h"

#include "parsers/edit_draft.h"

static bool is_search(struct span code)
{
	size_t marks;

	while (code.len) {
		if (edit_search_starts(span_line(&code), &marks))
			return true;
	}
	return false;
}

static bool is_v4a(struct span code)
{
	while (code.len) {
		if (edit_v4a_starts(span_line(&code)))
			return true;
	}
	return false;
}

int edit_parse(const struct block *block, struct arena *arena, struct edits *out, struct error *err)
{
	struct edit_draft draft;
	size_t count = out->count;

	edit_draft_init(&draft, block, arena, out);
	int rc = is_v4a(draft.rest)      ? edit_v4a_read(&draft, err)
		 : is_search(draft.rest) ? edit_search_read(&draft, err)
					 : edit_diff_read(&draft, err);
	edit_draft_done(&draft);
	if (rc != 0)
		out->count = count;
	return rc;
}
