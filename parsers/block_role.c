/* Roles: what runs is code, tests and manifests; what does not says why. */
#include "parsers/block_role.h"

#include <stdint.h>

#include "parsers/block_shell.h"
#include "parsers/edit_draft.h"
#include "parsers/markdown_nested.h"

enum { TAG_SHOWN = 40 };

void block_ignore(struct block *block, enum block_role role, const char *why_not)
{
	block->role = role;
	block->used = false;
	block->why_not = why_not;
}

static void use(struct block *block, enum block_role role)
{
	block->role = role;
	block->used = true;
}

static struct span code_of(const struct block *block)
{
	return (struct span){block->code, block->code_len};
}

static bool is_data_tag(struct span tag)
{
	static const char *const tags[] = {"json", "jsonc", "json5", "yaml",     "yml",     "toml",
					   "html", "css",   "scss",  "markdown", "md",      "xml",
					   "sql",  "csv",   "ini",   "dotenv",   "graphql", NULL};

	return span_in(tag, tags);
}

static bool is_text_tag(struct span tag)
{
	static const char *const tags[] = {"text",   "txt",    "plaintext", "plain",
					   "output", "stdout", "stderr",    "log",
					   "none",   "result", "logs",      "console-output",
					   "ascii",  "tree",   NULL};

	return span_in(tag, tags);
}

static bool same_family(const struct language *a, const struct language *b)
{
	static const char *const families[][2] = {{"javascript", "typescript"}, {"c", "cpp"}};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const char *const *family = families[i];
		if ((!strcmp(a->name, family[0]) && !strcmp(b->name, family[1])) ||
		    (!strcmp(a->name, family[1]) && !strcmp(b->name, family[0])))
			return true;
	}
	return a == b;
}

bool block_path_fits(const struct role_context *context, struct span tag, struct span code,
		     struct span path)
{
	const struct language *tagged = block_language_of_tag(context->languages, tag);
	bool whole_name;
	const struct language *named = block_language_of_path(context->languages, path,
							      &whole_name);
	struct span extension = block_path_extension(path);

	/* "Install what requirements.txt lists:" and then pip install -r requirements.txt. */
	if (block_shell_is_tag(tag) && named != tagged && block_shell_kind(code) == SHELL_TYPED)
		return false;
	if (tag.len == 0 || is_text_tag(tag) || whole_name)
		return true;
	if (tagged && named)
		return same_family(tagged, named);
	if (tagged)
		return !is_data_tag(extension) && !is_text_tag(extension);
	return !named || !is_data_tag(tag);
}

/* ---- edits ---- */

static bool line_starts(struct span code, const char *start, size_t lines)
{
	while (code.len && lines--) {
		if (span_starts(span_line(&code), start))
			return true;
	}
	return false;
}

static bool has_search(struct span code, size_t lines)
{
	size_t marks;

	while (code.len && lines--) {
		if (edit_search_starts(span_line(&code), &marks))
			return true;
	}
	return false;
}

bool block_is_edit(const struct draft *draft)
{
	struct span code = code_of(draft->block);

	if (span_is(draft->tag, "diff") || span_is(draft->tag, "patch") ||
	    span_is(draft->tag, "udiff"))
		return true;
	if (has_search(code, 5) || line_starts(code, "*** Begin Patch", 2))
		return true;
	return line_starts(code, "--- ", 6) && line_starts(code, "+++ ", 7) &&
	       line_starts(code, "@@", 8);
}

/* A block tagged diff may only show what changed; one that is meant says which file. */
static void role_of_edit(struct block *block)
{
	struct span code = code_of(block);
	bool diff = line_starts(code, "--- ", SIZE_MAX) || line_starts(code, "+++ ", SIZE_MAX) ||
		    line_starts(code, "diff --git ", SIZE_MAX);
	bool hunk = line_starts(code, "@@", SIZE_MAX) || line_starts(code, "+", SIZE_MAX) ||
		    line_starts(code, "-", SIZE_MAX);

	if (line_starts(code, "*** Begin Patch", 2) || diff || has_search(code, SIZE_MAX) ||
	    (block->path && hunk))
		use(block, ROLE_EDIT);
	else
		block_ignore(block, ROLE_EDIT, "it shows changes and does not say of which file");
}

/* ---- text that was printed ---- */

/* An interactive session is no program, whatever its tag: each input stands behind ">>> ". */
static bool is_session(struct span code)
{
	while (code.len) {
		struct span line = span_trim(span_line(&code));
		if (line.len)
			return span_starts(line, ">>> ") || span_starts(line, "In [1]:");
	}
	return false;
}

static bool mentions_output(const struct fence *fence)
{
	static const char *const words[] = {"output",  "result",         "prints",   "printed",
					    "returns", "you should see", "will see", NULL};
	struct span above = span_trim((struct span){fence->above, fence->above_len});
	size_t start = above.len;

	while (start && above.text[start - 1] != '\n')
		start--;
	above = span_skip(above, start);
	if (!span_ends(above, ":") && !span_ends(above, ":**"))
		return false;
	for (; above.len; above = span_skip(above, 1)) {
		for (const char *const *word = words; *word; word++) {
			if (span_starts(above, *word))
				return true;
		}
	}
	return false;
}

/* ---- roles ---- */

static bool is_manifest(const struct role_context *context, struct span path)
{
	for (const struct language *const *it = context->languages; *it; it++) {
		if (span_in(block_path_name(path), (*it)->manifests))
			return true;
	}
	return false;
}

/* Mocha's test/stack.js, Rust's tests/cli.rs: the folder says it, if the code agrees. */
static bool is_in_test_folder(struct span path)
{
	static const char *const folders[] = {"test", "tests", "spec", "specs", "__tests__", NULL};

	while (path.len) {
		struct span part = span_until(path, "/\\");
		if (part.len == path.len)
			return false;
		if (span_in(part, folders))
			return true;
		path = span_skip(path, part.len + 1);
	}
	return false;
}

static bool is_named_test(const struct role_context *context, const struct block *block)
{
	return block_is_test_name(block->language, block->path) ||
	       (is_in_test_folder(span_of(block->path)) &&
		block_is_test(context->tests, block->language, code_of(block)));
}

static void role_of_named(const struct role_context *context, struct block *block)
{
	if (is_manifest(context, span_of(block->path)))
		use(block, ROLE_MANIFEST);
	else if (!block->language)
		use(block, ROLE_OTHER);
	else
		use(block, is_named_test(context, block) ? ROLE_TEST : ROLE_CODE);
}

static void role_of_shell(struct draft *draft)
{
	struct block *block = draft->block;

	switch (block_shell_kind(code_of(block))) {
	case SHELL_TYPED:
		block_ignore(block, ROLE_COMMAND, "these are commands for a person to type");
		return;
	case SHELL_SESSION:
		block_ignore(block, ROLE_OUTPUT, "it shows commands with their output");
		return;
	case SHELL_SIMPLE: draft->simple_shell = true; break;
	case SHELL_SCRIPT: break;
	}
	if (block->language)
		use(block, ROLE_CODE);
	else
		block_ignore(block, ROLE_COMMAND, "these are commands for a person to type");
}

void block_role_of_file(const struct role_context *context, struct block *block)
{
	if (block->path)
		role_of_named(context, block);
	else if (block->language)
		use(block, block_is_test(context->tests, block->language, code_of(block))
				   ? ROLE_TEST
				   : ROLE_CODE);
	else
		block_ignore(block, ROLE_OTHER, "it has neither a path nor a language known here");
}

static const char *why_unknown(const struct role_context *context, const struct draft *draft)
{
	if (draft->tag.len == 0)
		return "it has neither a language tag nor a file name, and its text alone does not "
		       "tell";
	return arena_printf(context->arena,
			    "it has no file name, and %.*s is not a language known "
			    "here",
			    draft->tag.len < TAG_SHOWN ? (int)draft->tag.len : TAG_SHOWN,
			    draft->tag.text);
}

static void role_of_unnamed(const struct role_context *context, struct draft *draft)
{
	struct block *block = draft->block;

	if (is_session(code_of(block)))
		block_ignore(block, ROLE_OUTPUT, "it is an interactive session, not a program");
	else if (block_shell_is_tag(draft->tag))
		role_of_shell(draft);
	else if (block->language)
		block_role_of_file(context, block);
	else if (is_text_tag(draft->tag) || (draft->tag.len == 0 && mentions_output(draft->fence)))
		block_ignore(block, ROLE_OUTPUT, "it shows output, not a program");
	else if (markdown_is_tag(block->info))
		block_ignore(block, ROLE_OTHER,
			     draft->fence->unwrapped
				     ? "it is a Markdown document; the blocks inside it are used"
				     : "it is a Markdown document without a file name");
	else if (is_data_tag(draft->tag))
		block_ignore(block, mentions_output(draft->fence) ? ROLE_OUTPUT : ROLE_OTHER,
			     "it is data without a file name");
	else
		block_ignore(block, ROLE_OTHER, why_unknown(context, draft));
}

void block_role(const struct role_context *context, struct draft *draft)
{
	struct block *block = draft->block;

	if (draft->fence->in_thought)
		block_ignore(block, ROLE_OTHER,
			     "it stands in the model's thinking, not in its answer");
	else if (draft->only_a_name)
		block_ignore(block, ROLE_OTHER, "it only names the file of the next block");
	else if (draft->part)
		block_ignore(block, ROLE_OTHER, "it quotes lines of an existing file");
	else if (block_is_edit(draft))
		role_of_edit(block);
	else if (block->path)
		role_of_named(context, block);
	else if (span_trim(code_of(block)).len == 0)
		block_ignore(block, ROLE_OTHER, "it is empty");
	else
		role_of_unnamed(context, draft);
}

void block_roles_of_shell(struct draft *drafts, size_t count)
{
	bool other_code = false;

	for (size_t i = 0; i < count; i++)
		other_code |= drafts[i].block->used && !drafts[i].simple_shell &&
			      drafts[i].block->language;
	for (size_t i = 0; other_code && i < count; i++) {
		if (drafts[i].simple_shell)
			block_ignore(drafts[i].block, ROLE_COMMAND,
				     "these are commands for a person to type");
	}
}
