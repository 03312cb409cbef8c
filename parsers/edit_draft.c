/* An edit under way: lines are added one by one, a hunk is whole when it ends. */
#include "parsers/edit_draft.h"

void edit_draft_init(struct edit_draft *draft, const struct block *block, struct arena *arena,
		     struct edits *out)
{
	*draft = (struct edit_draft){
		.block = block,
		.arena = arena,
		.out = out,
		.rest = {block->code, block->code_len},
	};
	buf_init(&draft->before, 0);
	buf_init(&draft->after, 0);
	buf_init(&draft->code, 0);
}

void edit_draft_done(struct edit_draft *draft)
{
	buf_done(&draft->before);
	buf_done(&draft->after);
	buf_done(&draft->code);
}

bool edit_draft_next(struct edit_draft *draft)
{
	if (draft->rest.len == 0)
		return false;
	draft->line = span_line(&draft->rest);
	draft->number++;
	return true;
}

void edit_draft_begin(struct edit_draft *draft)
{
	draft->edit = (struct edit){.block = draft->block->index, .line = draft->number};
	buf_clear(&draft->code);
	draft->code_lines = 0;
}

int edit_draft_end(struct edit_draft *draft, struct error *err)
{
	struct edits *out = draft->out;

	if (out->count >= EDITS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the reply edits more than %d files: send whole files", EDITS_MAX);
	draft->edit.code = arena_copy(draft->arena, draft->code.data, draft->code.len);
	draft->edit.code_len = draft->code.len;
	struct edit *slot = arena_grow(draft->arena, &out->items, out->count, sizeof(*slot));
	*slot = draft->edit;
	out->count++;
	return 0;
}

void edit_draft_hunk_begin(struct edit_draft *draft, size_t line)
{
	draft->hunk = (struct edit_hunk){.line = line, .source_line = draft->number};
	draft->changes = false;
	buf_clear(&draft->before);
	buf_clear(&draft->after);
}

static void add_line(struct buf *buf, struct span text)
{
	buf_append(buf, text.text, text.len);
	buf_putc(buf, '\n');
}

static void add_code(struct edit_draft *draft, struct span text)
{
	if (!text.len)
		return; /* lines are left empty anyhow */
	while (draft->code_lines < draft->number - draft->edit.line) {
		buf_putc(&draft->code, '\n');
		draft->code_lines++;
	}
	add_line(&draft->code, text);
	draft->code_lines++;
}

void edit_draft_add(struct edit_draft *draft, char kind, struct span text)
{
	if (kind != '+')
		add_line(&draft->before, text);
	if (kind != '-') {
		add_line(&draft->after, text);
		add_code(draft, text);
	}
	if (kind != ' ') {
		draft->changes = true;
		draft->hunk.trail = 0;
		return;
	}
	draft->hunk.trail++;
	if (!draft->changes)
		draft->hunk.lead++;
}

void edit_draft_hunk_end(struct edit_draft *draft)
{
	struct edit *edit = &draft->edit;
	struct edit_hunk *hunk = &draft->hunk;

	if (!draft->changes)
		return;
	hunk->before_len = draft->before.len;
	hunk->before = arena_copy(draft->arena, draft->before.data, draft->before.len);
	hunk->after_len = draft->after.len;
	hunk->after = arena_copy(draft->arena, draft->after.data, draft->after.len);
	struct edit_hunk *slot = arena_grow(draft->arena, &edit->hunks, edit->hunk_count,
					    sizeof(*slot));
	*slot = *hunk;
	edit->hunk_count++;
	draft->changes = false;
}
