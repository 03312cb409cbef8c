/* Chooses a language and an environment for a reply; that language's planner does the rest. */
#include "runners/plan.h"

#include <string.h>

#include "runners/command_line.h"
#include "runners/language.h"
#include "runners/plan_parts.h"

/* What a reply holds of one language. */
struct share {
	const struct language *language;
	size_t tests, code, manifests; /* bytes */
};

struct choice {
	struct share *shares;
	size_t count;
	const char *only; /* default environment of the languages that may be chosen; NULL: any */
};

static struct share *share_of(struct choice *choice, const struct language *language)
{
	for (size_t i = 0; i < choice->count; i++) {
		if (choice->shares[i].language == language)
			return &choice->shares[i];
	}
	choice->shares[choice->count].language = language;
	return &choice->shares[choice->count++];
}

static bool gives_whole(const struct blocks *blocks, const char *path)
{
	for (size_t i = 0; i < blocks->count; i++) {
		if (block_is_file(&blocks->items[i]) && strcmp(blocks->items[i].path, path) == 0)
			return true;
	}
	return false;
}

/* NULL where it is none of ours, where the file goes away, and where a block says it already. */
static const struct language *language_of_edited(const struct plan_order *order,
						 const struct file *file)
{
	if (file->removed || gives_whole(order->blocks, file->path))
		return NULL;
	REGISTRY_EACH (runners, struct runner, it) {
		if (path_has_extension(file->path, (*it)->language.extensions))
			return &(*it)->language;
	}
	return NULL;
}

static void count_edited(struct choice *choice, const struct plan_order *order)
{
	for (size_t i = 0; i < order->edited_count; i++) {
		const struct file *file = &order->edited[i];
		const struct language *language = language_of_edited(order, file);
		if (!language)
			continue;
		struct share *share = share_of(choice, language);
		if (path_matches(file->path, language->tests))
			share->tests += file->len + 1;
		else
			share->code += file->len + 1;
	}
}

static void count_shares(struct choice *choice, struct arena *arena, const struct plan_order *order)
{
	const struct blocks *blocks = order->blocks;

	choice->shares = arena_array(arena, REGISTRY_COUNT(runners) + 1, sizeof(*choice->shares));
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		if (!block_is_file(block) || !block->language)
			continue;
		struct share *share = share_of(choice, block->language);
		if (block->role == ROLE_TEST)
			share->tests += block->code_len + 1;
		else if (block->role == ROLE_CODE)
			share->code += block->code_len + 1;
		else
			share->manifests += block->code_len + 1;
	}
	count_edited(choice, order);
}

static bool may_run(const struct choice *choice, const struct language *language)
{
	const struct runner *runner = runner_for(language);

	return !choice->only || (runner && strcmp(runner->environment, choice->only) == 0);
}

/* Tests decide, then code, then a manifest; the first in the reply among equals. */
static bool weighs_more(const struct share *a, const struct share *b)
{
	if (a->tests || b->tests)
		return a->tests > b->tests;
	if (a->code || b->code)
		return a->code > b->code;
	return a->manifests > b->manifests;
}

static const struct language *heaviest(const struct choice *choice)
{
	const struct share *best = NULL;

	for (size_t i = 0; i < choice->count; i++) {
		const struct share *share = &choice->shares[i];
		if (may_run(choice, share->language) && (!best || weighs_more(share, best)))
			best = share;
	}
	return best ? best->language : NULL;
}

/* A reply without code of ours still changes a workspace that has tests. */
static const struct language *language_of_tree(const struct choice *choice,
					       const struct source_tree *tree)
{
	const struct language *best = NULL;
	size_t most = 0;

	REGISTRY_EACH (runners, struct runner, it) {
		const struct language *language = &(*it)->language;
		size_t files = 0;
		if (!runner_for(language) || !may_run(choice, language))
			continue;
		for (size_t i = 0; i < tree->listed_count; i++) {
			const char *path = tree->listed[i];
			if (path_matches(path, language->tests))
				files += 1000;
			else if (path_has_extension(path, language->extensions))
				files++;
		}
		if (files > most) {
			most = files;
			best = language;
		}
	}
	return best;
}

/* ---- the files of a reply ---- */

/* Models name a JSON file in a first-line comment, too; JSON has none, so the file goes without. */
static void drop_name_comment(const struct block *block, struct file *file)
{
	size_t len = strlen(file->path);
	const char *end = memchr(file->data, '\n', file->len);

	if (block->how != HOW_COMMENT || len < 5 || strcmp(file->path + len - 5, ".json") != 0 ||
	    !end)
		return;
	file->len -= (size_t)(end + 1 - file->data);
	file->data = end + 1;
}

static struct file *placed(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->file_count; i++) {
		if (strcmp(plan->files[i].path, path) == 0)
			return &plan->files[i];
	}
	return NULL;
}

static void add_file(struct arena *arena, struct plan *plan, struct file file)
{
	struct file *slot = arena_grow(arena, &plan->files, plan->file_count, sizeof(*slot));

	*slot = file;
	plan->file_count++;
}

/* Where a reply gives one path twice the later text is meant: models repeat what they corrected. */
static void place_block(struct arena *arena, struct plan *plan, const struct block *block)
{
	struct file file = {
		.path = block->path,
		.data = block->code,
		.len = block->code_len,
		.executable = block->code_len > 2 && memcmp(block->code, "#!", 2) == 0,
	};

	drop_name_comment(block, &file);
	struct file *earlier = placed(plan, file.path);
	if (earlier) {
		plan_note(arena, plan, "%s stands in the reply more than once: the last one counts",
			  file.path);
		*earlier = file;
		return;
	}
	add_file(arena, plan, file);
}

static void place_blocks(struct arena *arena, struct plan *plan, const struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++) {
		if (block_is_file(&blocks->items[i]))
			place_block(arena, plan, &blocks->items[i]);
	}
}

/* What edits made of a file goes before the text that the reply gave it first. */
static void place_edited(struct arena *arena, struct plan *plan, const struct plan_order *order)
{
	for (size_t i = 0; i < order->edited_count; i++) {
		const struct file *file = &order->edited[i];
		struct file *earlier = placed(plan, file->path);
		bool executable;
		if (earlier && file->removed)
			*earlier = plan->files[--plan->file_count];
		if (file->removed && source_tree_look(order->workspace_dirfd, file->path,
						      &executable) == SOURCE_NONE)
			continue;
		if (earlier && !file->removed)
			*earlier = *file;
		else
			add_file(arena, plan, *file);
	}
}

/* Languages that one environment runs: javascript and typescript. */
static bool same_family(const struct language *a, const struct language *b)
{
	const struct runner *first = runner_for(a), *second = runner_for(b);

	return a == b || (first && second && strcmp(first->environment, second->environment) == 0);
}

static const char *const *code_paths(struct arena *arena, const struct plan_order *order,
				     const struct language *language)
{
	const struct blocks *blocks = order->blocks;
	struct words paths;

	words_init(&paths, arena);
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *block = &blocks->items[i];
		if (block_is_file(block) && block->role == ROLE_CODE && block->language &&
		    same_family(block->language, language))
			words_add(&paths, block->path);
	}
	for (size_t i = 0; i < order->edited_count; i++) {
		const struct file *file = &order->edited[i];
		const struct language *of = language_of_edited(order, file);
		if (of && same_family(of, language) && !path_matches(file->path, of->tests))
			words_add(&paths, file->path);
	}
	return paths.items;
}

static void note_others(struct arena *arena, struct plan *plan, const struct choice *choice)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct share *share = &choice->shares[i];
		if (share->tests + share->code && !same_family(share->language, plan->language))
			plan_note(arena, plan, "%s files are placed, but only %s is run",
				  share->language->name, plan->language->name);
	}
}

/* ---- the choice ---- */

static int has_no_environment(const struct language *language, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE,
			 "no environment for %s yet: its code can be checked, not run",
			 language->name);
}

/* The environment somebody asked for limits the languages to those that it runs. */
static int load_given(struct arena *arena, const char *name, const char *state_dir,
		      struct environment *out, struct choice *choice, struct error *err)
{
	if (environment_load(arena, name, state_dir, out, err) != 0)
		return -1;
	REGISTRY_EACH (runners, struct runner, it) {
		if ((*it)->plan && strcmp((*it)->language.name, out->language) == 0)
			choice->only = (*it)->environment;
	}
	return choice->only ? 0
			    : error_set(err, ERROR_UNAVAILABLE,
					"environment %s is for %s, which cannot be run yet", name,
					out->language);
}

static int choose(struct plan *plan, struct choice *choice, const struct source_tree *tree,
		  const struct environment *given, bool lines, struct error *err)
{
	const struct language *language = heaviest(choice);

	if (!language && choice->count && choice->only && choice->shares[0].language && !lines)
		return error_set(err, ERROR_USAGE,
				 "environment %s runs %s, and the reply has only %s", given->name,
				 given->language, choice->shares[0].language->name);
	if (!language)
		language = language_of_tree(choice, tree);
	if (language && !runner_for(language))
		return has_no_environment(language, err);
	plan->language = language;
	return 0;
}

static int fill(const struct plan_request *request, bool lines, struct plan *plan,
		struct error *err)
{
	struct arena *arena = request->arena;

	if (request->environment->note)
		plan_note(arena, plan, "%s", request->environment->note);
	if (!plan->language && !lines)
		plan_note(arena, plan, "the reply has no code of a language that can be run");
	if (!plan->language)
		return 0;
	return runner_for(plan->language)->plan(request, plan, err);
}

int plan_make(struct arena *arena, const struct plan_order *order, struct environment *env_out,
	      struct plan *out, struct error *err)
{
	const char *const *lines = order->lines;
	struct choice choice = {0};
	struct source_tree tree;

	*out = (struct plan){0};
	count_shares(&choice, arena, order);
	place_blocks(arena, out, order->blocks);
	place_edited(arena, out, order);
	if (source_tree_init(&tree, arena, out->files, out->file_count, order->workspace_dirfd,
			     err) != 0 ||
	    (order->environment &&
	     load_given(arena, order->environment, order->state_dir, env_out, &choice, err) != 0) ||
	    choose(out, &choice, &tree, env_out, lines, err) != 0)
		return -1;
	if (!order->environment) {
		const char *name = out->language ? runner_for(out->language)->environment : "bash";
		if (environment_load(arena, name, order->state_dir, env_out, err) != 0)
			return -1;
	}
	out->environment = env_out->name;
	if (out->language && !lines)
		note_others(arena, out, &choice);
	struct plan_request request = {
		.arena = arena,
		.environment = env_out,
		.tree = &tree,
		.program = out->language ? code_paths(arena, order, out->language) : LIST(NULL),
		.no_install = order->no_install || (lines && command_lines_install(lines)),
	};
	if (fill(&request, lines, out, err) != 0)
		return -1;
	if (lines)
		command_lines_plan(arena, lines, env_out, order->no_install, out);
	return 0;
}
