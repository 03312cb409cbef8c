/*
 * Edits between a reply and its plan: what they ask for becomes whole files, or findings that say
 * why not.
 */
#include "engine/pipeline/edits.h"

#include <string.h>

#include "engine/base/error.h"
#include "parsers/block_language.h"
#include "runners/source_tree.h"
#include "runners/words.h"

enum {
	TOTAL_MAX = 64 * 1024 * 1024, /* bytes of all edited files together */
	NOTES_MAX = 20,
	BYTES_A_COMPARISON = 4, /* of a file that is read, as edit_apply counts its work */
};

static void add_finding(struct arena *arena, struct findings *findings, const char *rule,
			const struct block *block, const char *path, size_t line,
			const char *message, const char *remedy)
{
	struct finding *slot = arena_grow(arena, &findings->items, findings->count, sizeof(*slot));

	*slot = (struct finding){
		.rule = rule,
		.severity = SEVERITY_MEDIUM,
		.action = ACTION_BLOCK,
		.block = (ptrdiff_t)block->index,
		.path = path,
		.line = line,
		.message = arena_string(arena, message),
		.remedy = remedy,
	};
	findings->count++;
}

void edits_read(struct arena *arena, const struct blocks *blocks, struct edits *out,
		struct findings *findings)
{
	*out = (struct edits){0};
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		struct error err = {0};
		if (!block->used || block->role != ROLE_EDIT ||
		    edit_parse(block, arena, out, &err) == 0)
			continue;
		add_finding(arena, findings, "edit-malformed", block, block->path, 0, err.text,
			    "send a unified diff, SEARCH/REPLACE, or the file whole");
		if (err.code == ERROR_TOO_LARGE)
			return;
	}
}

/* ---- for the checks ---- */

static struct block part_of(const struct block *block, const struct edit *edit, const char *path,
			    const struct language *const *languages)
{
	struct block part = *block;
	bool whole_name;

	part.path = path;
	part.language = block_language_of_path(languages, span_of(path), &whole_name);
	part.tag = part.language ? part.language->name : "text";
	part.code = edit->code;
	part.code_len = edit->code_len;
	part.code_line = edit->line - 1;
	return part;
}

struct blocks edits_parts(struct arena *arena, const struct blocks *blocks,
			  const struct edits *edits, const struct language *const *languages)
{
	struct blocks out = {0};
	size_t next = 0;

	out.items = arena_array(arena, blocks->count + 2 * edits->count + 1, sizeof(*out.items));
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		size_t before = next;
		for (; next < edits->count && edits->items[next].block == block->index; next++) {
			const struct edit *edit = &edits->items[next];
			out.items[out.count++] = part_of(
				block, edit, edit->to ? edit->to : edit->path, languages);
			if (!edit->to)
				continue;
			struct block *old = &out.items[out.count++];
			*old = part_of(block, edit, edit->path, languages);
			old->code_len = 0;
		}
		if (next == before)
			out.items[out.count++] = *block;
	}
	return out;
}

/* ---- for the plan ---- */

/* A file as it is after the edits so far. */
struct target {
	const char *path;
	size_t as_of; /* index of the last block that had a part in it */
	bool exists, executable, edited;
	bool whole; /* the reply gave it whole */
	const char *data;
	size_t len;
	struct arena arena; /* of data, where an edit made it */
};

struct applying {
	struct arena *arena;
	const struct blocks *blocks;
	int workspace_dirfd;
	struct target **targets;
	size_t target_count;
	size_t work;
	size_t total; /* bytes of all targets that edits made */
	struct words notes;
};

/* The last block from `from` to before `to` that gives the file whole; NULL: none. */
static const struct block *whole_block(const struct applying *a, const char *path, size_t from,
				       size_t to)
{
	for (size_t i = to; i-- > from;) {
		const struct block *block = &a->blocks->items[i];
		if (block_is_file(block) && strcmp(block->path, path) == 0)
			return block;
	}
	return NULL;
}

static void load_block(struct target *target, const struct block *block)
{
	target->exists = true;
	target->whole = true;
	target->data = block->code;
	target->len = block->code_len;
	target->executable = block->code_len > 2 && memcmp(block->code, "#!", 2) == 0;
}

static int load_workspace(struct applying *a, struct target *target, struct error *err)
{
	struct source_tree tree = {.dirfd = a->workspace_dirfd};

	switch (source_tree_look(a->workspace_dirfd, target->path, &target->executable)) {
	case SOURCE_NONE: return 0;
	case SOURCE_LARGE:
		return error_set(err, ERROR_TOO_LARGE,
				 "the reply edits %.200s, which is larger than the 4 MiB that can "
				 "be edited",
				 target->path);
	case SOURCE_OTHER:
		return error_set(err, ERROR_CONFLICT,
				 "the reply edits %.200s, which is no plain file that can be read",
				 target->path);
	case SOURCE_FILE: break;
	}
	target->data = source_tree_read(&tree, &target->arena, target->path, &target->len);
	if (!target->data)
		return error_set(err, ERROR_CONFLICT,
				 "the reply edits %.200s, which cannot be read", target->path);
	target->exists = true;
	return 0;
}

static struct target *find_target(struct applying *a, const char *path)
{
	for (size_t i = 0; i < a->target_count; i++) {
		if (strcmp(a->targets[i]->path, path) == 0)
			return a->targets[i];
	}
	return NULL;
}

/* The file as it is before the edits of a block. NULL: it cannot be had, err says why. */
static struct target *target_for(struct applying *a, const char *path, size_t block,
				 struct error *err)
{
	struct target *target = find_target(a, path);
	const struct block *whole = whole_block(a, path, target ? target->as_of + 1 : 0, block);

	if (!target) {
		struct target **slot = arena_grow(a->arena, &a->targets, a->target_count,
						  sizeof(struct target *));
		target = *slot = arena_alloc(a->arena, sizeof(*target));
		target->path = path;
		arena_init(&target->arena);
		a->target_count++;
		if (!whole && load_workspace(a, target, err) != 0) {
			a->target_count--;
			arena_done(&target->arena);
			return NULL;
		}
	}
	if (whole)
		load_block(target, whole);
	target->as_of = block;
	return target;
}

static int missing(const struct applying *a, const struct edit *edit, struct error *err)
{
	if (a->workspace_dirfd < 0)
		return error_set(err, ERROR_CONFLICT,
				 "the reply edits %.200s, but there is no such file: send the "
				 "whole file, or name the workspace",
				 edit->path);
	return error_set(err, ERROR_CONFLICT,
			 "the reply edits %.200s, but the workspace has no such file: send the "
			 "whole file, or correct the path",
			 edit->path);
}

static int in_the_way(const char *path, struct error *err)
{
	return error_set(err, ERROR_CONFLICT,
			 "the reply makes %.200s, but there is such a file already: send an edit "
			 "of it, or the whole file",
			 path);
}

/* Lines that come with nothing to search for make a file where there is none. */
static bool only_brings(const struct edit *edit)
{
	return edit->hunk_count == 1 && edit->hunks[0].before_len == 0;
}

/* What went somewhere although not all of it stands there is told. */
static void note_places(struct applying *a, const struct edit *edit,
			const struct edit_place *places)
{
	for (size_t i = 0; i < edit->hunk_count && a->notes.count < NOTES_MAX; i++) {
		const char *differs = places[i].loose  ? "in white space"
				      : places[i].fuzz ? "in its outer lines"
						       : NULL;
		if (differs)
			words_addf(&a->notes,
				   "the edit of %s at line %zu of its block went to line %zu, "
				   "which differs %s",
				   edit->path, edit->hunks[i].source_line, places[i].line, differs);
	}
}

/* Puts what the hunks make of from's text into to. */
static int change(struct applying *a, const struct edit *edit, const struct target *from,
		  struct target *to, struct error *err)
{
	struct span text = from->exists ? (struct span){from->data, from->len} : span_of("");
	size_t cost = text.len / BYTES_A_COMPARISON + 1;
	struct arena arena;

	if (a->work <= cost || a->total + text.len > TOTAL_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the reply edits more than can be worked out: send whole files");
	a->work -= cost;
	arena_init(&arena);
	struct edit_place *places = arena_array(&arena, edit->hunk_count + 1, sizeof(*places));
	if (edit_apply(edit, text, &a->work, &arena, &text, places, err) != 0) {
		arena_done(&arena);
		return -1;
	}
	note_places(a, edit, places);
	if (to->edited)
		a->total -= to->len;
	bool executable = from->exists ? from->executable
				       : text.len > 2 && memcmp(text.text, "#!", 2) == 0;
	arena_done(&to->arena);
	to->arena = arena;
	to->data = text.text;
	to->len = text.len;
	to->exists = to->edited = true;
	to->executable = executable || edit->executable;
	a->total += text.len;
	return 0;
}

static void removed(struct target *target)
{
	target->exists = false;
	target->edited = true;
	target->data = NULL;
	target->len = 0;
}

static int apply_removal(struct applying *a, const struct edit *edit, struct target *target,
			 struct error *err)
{
	if (edit->hunk_count) {
		struct target rest = {.path = target->path};
		arena_init(&rest.arena);
		int rc = change(a, edit, target, &rest, err);
		arena_done(&rest.arena);
		if (rc != 0)
			return -1;
		if (rest.len)
			return error_set(err, ERROR_CONFLICT,
					 "the reply removes %.200s, but the file holds more lines "
					 "than the diff takes away",
					 edit->path);
	}
	removed(target);
	return 0;
}

static int apply_rename(struct applying *a, const struct edit *edit, struct target *target,
			struct error *err)
{
	struct target *to = target_for(a, edit->to, edit->block, err);

	if (!to)
		return -1;
	if (to->exists)
		return in_the_way(edit->to, err);
	if (change(a, edit, target, to, err) != 0)
		return -1;
	removed(target);
	return 0;
}

static int apply_one(struct applying *a, const struct edit *edit, struct error *err)
{
	struct target *target;

	if (whole_block(a, edit->path, edit->block + 1, a->blocks->count)) {
		words_addf(&a->notes,
			   "an edit of %s is left out: a later block gives the file whole",
			   edit->path);
		return 0;
	}
	target = target_for(a, edit->path, edit->block, err);
	if (!target)
		return -1;
	bool makes = edit->kind == EDIT_CREATE ||
		     (edit->kind == EDIT_CHANGE && !target->exists && only_brings(edit));
	if (makes && target->exists && target->len)
		return in_the_way(edit->path, err);
	if (!makes && !target->exists)
		return missing(a, edit, err);
	if (edit->kind == EDIT_DELETE)
		return apply_removal(a, edit, target, err);
	if (edit->kind == EDIT_RENAME)
		return apply_rename(a, edit, target, err);
	if (change(a, edit, target, target, err) == 0)
		return 0;
	/* Replies show what they changed beside the file that has it already. */
	if (!target->whole || target->edited ||
	    !edit_is_applied(edit, target->data, target->len, &a->work))
		return -1;
	*err = (struct error){0};
	words_addf(&a->notes, "%s has what its edit wants already", edit->path);
	return 0;
}

static void collect(struct applying *a, struct edited *out)
{
	out->files = arena_array(a->arena, a->target_count + 1, sizeof(*out->files));
	for (size_t i = 0; i < a->target_count; i++) {
		struct target *target = a->targets[i];
		if (target->edited) {
			struct file *file = &out->files[out->count++];
			file->path = target->path;
			file->removed = !target->exists;
			file->executable = target->exists && target->executable;
			file->len = target->len;
			if (target->exists)
				file->data = arena_copy(a->arena, target->data, target->len);
		}
		arena_done(&target->arena);
	}
	out->notes = a->notes.count ? a->notes.items : NULL;
}

void edits_apply(struct arena *arena, const struct blocks *blocks, const struct edits *edits,
		 int workspace_dirfd, struct edited *out, struct findings *findings)
{
	struct applying a = {.arena = arena,
			     .blocks = blocks,
			     .workspace_dirfd = workspace_dirfd,
			     .work = EDIT_WORK};

	*out = (struct edited){0};
	words_init(&a.notes, arena);
	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->items[i];
		struct error err = {0};
		if (apply_one(&a, edit, &err) == 0)
			continue;
		add_finding(arena, findings, "edit-does-not-fit", &blocks->items[edit->block],
			    edit->path, edit->hunk_count ? edit->hunks[0].source_line : edit->line,
			    err.text, "send an edit of the files as they are now, or whole files");
		if (err.code == ERROR_TOO_LARGE)
			break;
	}
	collect(&a, out);
}
