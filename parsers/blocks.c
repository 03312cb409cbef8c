/* From fences to blocks: tag, file name, language, role, in that order. */
#include "parsers/blocks.h"

#include "parsers/block_default.h"
#include "parsers/block_manifest.h"
#include "parsers/block_role.h"

static struct span code_of(const struct block *block)
{
	return (struct span){block->code, block->code_len};
}

static const char *lower(struct arena *arena, struct span s)
{
	char *copy = arena_copy(arena, s.text, s.len);

	for (char *at = copy; *at; at++)
		*at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
	return copy;
}

static void set_path(const struct role_context *context, struct block *block, struct span path,
		     enum block_how how)
{
	char *out = arena_copy(context->arena, path.text, path.len), *end = out;

	/* "./src/./a.py" is "src/a.py": the sandbox takes plain names only. */
	for (const char *at = out;;) {
		size_t part = strcspn(at, "/");
		bool dot = part == 1 && *at == '.' && at[1] == '/';
		size_t step = part + (at[part] == '/');
		if (!dot) {
			memmove(end, at, step);
			end += step;
		}
		at += step;
		if (!*at)
			break;
	}
	*end = '\0';
	block->path = out;
	block->how = how;
}

/*
 * An untagged block whose first line is just "python": the writer put the tag a line too low. It is
 * not code, so this is the one case where a block's code is not all that CommonMark has.
 */
static void take_tag_from_code(const struct role_context *context, struct draft *draft)
{
	struct span rest = code_of(draft->block);
	struct span first = span_trim(span_line(&rest));

	if (draft->block->info[0] || first.len < 2 || span_trim(rest).len == 0 ||
	    span_starts(rest, ">>>") || !block_language_of_tag(context->languages, first))
		return;
	draft->tag = first;
	draft->block->code = rest.text;
	draft->block->code_len = rest.len;
}

/* Untagged or ```text, one line, and that line a path: it names the block that follows directly. */
static bool names_next(const struct role_context *context, const struct draft *draft,
		       const struct draft *next)
{
	struct span code = span_trim(code_of(draft->block));
	struct span between = {next->fence->above, next->fence->above_len};

	return (draft->tag.len == 0 || span_is(draft->tag, "text")) && !draft->block->path &&
	       draft->fence->closed && span_trim(between).len == 0 &&
	       block_path_is(context->languages, code, PATH_MENTIONED);
}

/* The comment may know the folder that the label leaves out: "app.js:" and "// src/app.js". */
static bool is_longer(struct span comment, struct span path)
{
	return comment.len > path.len + 1 &&
	       memcmp(comment.text + comment.len - path.len, path.text, path.len) == 0 &&
	       comment.text[comment.len - path.len - 1] == '/';
}

static void find_path(const struct role_context *context, struct draft *draft)
{
	char scratch[LABEL_MAX];
	struct span above = {draft->fence->above, draft->fence->above_len};
	struct label label = block_label(context->languages, above, scratch);
	struct span code = code_of(draft->block), comment = {0};

	if (!block_is_edit(draft)) /* "--- a/x.py" is no comment */
		comment = block_comment_path(context->languages, code);

	if (comment.len && !block_path_fits(context, draft->tag, code, comment))
		comment.len = 0;
	if (label.path.len && !block_path_fits(context, draft->tag, code, label.path))
		label.path.len = 0;
	if (label.path.len && is_longer(comment, label.path))
		label.path.len = 0;
	if (label.path.len && (!label.heading || !comment.len))
		set_path(context, draft->block, label.path,
			 label.heading ? HOW_HEADING : HOW_LINE_ABOVE);
	else if (comment.len)
		set_path(context, draft->block, comment, HOW_COMMENT);
}

static void begin(const struct role_context *context, struct draft *draft, size_t index)
{
	const struct fence *fence = draft->fence;
	struct block *block = draft->block;
	struct block_info info;

	*block = (struct block){
		.index = index,
		.info = fence->info,
		.line = fence->line,
		.closed = fence->closed,
		.code = fence->code,
		.code_len = fence->code_len,
	};
	block_info_read(context->languages, block->info, &info);
	draft->tag = info.tag;
	draft->part = info.part;
	if (info.path.len)
		set_path(context, block, info.path, HOW_INFO);
	take_tag_from_code(context, draft);
}

static void find_language(const struct role_context *context, struct draft *draft)
{
	struct block *block = draft->block;

	struct span path = block->path ? span_of(block->path) : (struct span){0};

	block->language = block_language_of_tag(context->languages, draft->tag);
	/*
	 * A path decides how a file runs: ```js src/a.ts is TypeScript, and ```bash .env.example no
	 * script. Only "bin/start" says nothing.
	 */
	if (path.len && (block_language_of_path(context->languages, path, NULL) ||
			 block_path_extension(path).len || block_path_has_own_name(path)))
		block->language = block_language_of_path(context->languages, path, NULL);
	if (!block->language && draft->tag.len == 0 && !block->path && !block_is_edit(draft))
		block->language = block_language_of_code(context->languages, code_of(block));
	if (draft->tag.len)
		block->tag = lower(context->arena, draft->tag);
	if (block->language)
		block->tag = block->language->name;
}

void blocks_describe(const struct fences *fences, const struct language *const *languages,
		     struct arena *arena, struct blocks *out)
{
	struct test_patterns tests = {0};
	struct role_context context = {languages, &tests, arena};
	struct draft *drafts = arena_array(arena, fences->count, sizeof(*drafts));

	out->count = fences->count;
	out->items = arena_array(arena, fences->count, sizeof(*out->items));
	for (size_t i = 0; i < fences->count; i++) {
		drafts[i].fence = &fences->items[i];
		drafts[i].block = &out->items[i];
		begin(&context, &drafts[i], i);
	}
	for (size_t i = 0; i < fences->count; i++) {
		struct draft *draft = &drafts[i], *before = i ? &drafts[i - 1] : NULL;
		if (before && !draft->block->path && names_next(&context, before, draft)) {
			before->only_a_name = true;
			set_path(&context, draft->block, span_trim(code_of(before->block)),
				 HOW_LINE_ABOVE);
		} else if (!draft->block->path) {
			find_path(&context, draft);
		}
	}
	block_manifests(&context, drafts, fences->count);
	for (size_t i = 0; i < fences->count; i++) {
		find_language(&context, &drafts[i]);
		block_role(&context, &drafts[i]);
	}
	test_patterns_done(&tests);
	block_roles_of_shell(drafts, fences->count);
	block_defaults(out, arena);
}

void blocks_describe_files(struct blocks *blocks, const struct language *const *languages,
			   struct arena *arena)
{
	struct test_patterns tests = {0};
	struct role_context context = {languages, &tests, arena};

	for (size_t i = 0; i < blocks->count; i++) {
		struct block *block = &blocks->items[i];
		const struct fence none = {0};
		struct draft draft = {.fence = &none, .block = block};

		if (block->tag)
			draft.tag = span_trim(span_of(block->tag));
		if (block->path)
			set_path(&context, block, span_of(block->path), HOW_NONE);
		block->index = i;
		block->info = "";
		block->closed = true;
		find_language(&context, &draft);
		block_role_of_file(&context, block);
	}
	test_patterns_done(&tests);
	block_defaults(blocks, arena);
}
