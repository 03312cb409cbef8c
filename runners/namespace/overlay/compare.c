/* What one has to do to a chain's files to get another's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runners/namespace/overlay/chain.h"
#include "runners/namespace/overlay/changes.h"
#include "runners/namespace/overlay/revisions.h"
#include "runners/namespace/overlay/same.h"
#include "runners/namespace/overlay/seal.h"
#include "runners/namespace/overlay/trail.h"

/* One side at one folder: its own layers come first, then those that both sides have. */
struct side {
	struct view view;
	size_t own;
};

struct compare {
	struct arena *arena;
	struct changes *changes;
	struct trail trail;
	struct error *err;
};

static bool is_leaf(const struct view_entry *entry)
{
	return entry->kind == VIEW_FILE || entry->kind == VIEW_LINK;
}

static int compare_folder(struct compare *compare, const struct side *from, const struct side *to);

static int compare_name(struct compare *compare, const struct side *from, const struct side *to,
			const char *name)
{
	const struct view *a = &from->view, *b = &to->view;
	struct side from_child = {.own = from->own}, to_child = {.own = to->own};
	struct view_entry was, is;
	int same = 0;
	char what = '\0';

	if (view_look(a, 0, a->count, name, &was, &from_child.view, compare->err))
		return -1;
	if (view_look(b, 0, b->count, name, &is, &to_child.view, compare->err)) {
		view_done(&from_child.view);
		return -1;
	}
	if (is_leaf(&was) && is_leaf(&is)) {
		same = same_entry(a->fds[was.layer], &was.st, b->fds[is.layer], &is.st, name,
				  compare->err);
		what = same == 0 ? 'M' : '\0';
	} else if (is_leaf(&was)) {
		what = 'D';
	} else if (is_leaf(&is)) {
		what = 'A';
	}
	if (what)
		changes_add(compare->changes, compare->arena, compare->trail.path, what);
	int rc = same < 0 ? -1 : 0;
	/* The side without the folder has all its layers hidden there. */
	if (!rc && (was.kind == VIEW_FOLDER || is.kind == VIEW_FOLDER))
		rc = compare_folder(compare, &from_child, &to_child);
	view_done(&from_child.view);
	view_done(&to_child.view);
	return rc;
}

/* Names that may differ: all, where one side hides what the other shows. */
static int gather(const struct side *side, bool all, char ***names, size_t *count,
		  struct error *err)
{
	return view_names(&side->view, 0, all ? side->view.count : side->own, TRAIL_NAMES, names,
			  count, err);
}

/* Both lists are sorted; a name that is in both comes once. */
static int compare_names(struct compare *compare, const struct side *from, const struct side *to,
			 char **a, size_t a_count, char **b, size_t b_count)
{
	int rc = 0;

	for (size_t i = 0, j = 0; !rc && (i < a_count || j < b_count);) {
		int order = i == a_count ? 1 : j == b_count ? -1 : strcmp(a[i], b[j]);
		const char *name = order <= 0 ? a[i] : b[j];
		size_t before;
		rc = trail_down(&compare->trail, name, &before, compare->err);
		if (rc)
			break;
		rc = compare_name(compare, from, to, name);
		trail_up(&compare->trail, before);
		i += order <= 0;
		j += order >= 0;
	}
	return rc;
}

static int compare_folder(struct compare *compare, const struct side *from, const struct side *to)
{
	char **a, **b;
	size_t a_count, b_count;
	bool all = false;

	for (size_t i = from->own, j = to->own; i < from->view.count; i++, j++)
		all = all || (from->view.fds[i] >= 0) != (to->view.fds[j] >= 0);
	if (gather(from, all, &a, &a_count, compare->err))
		return -1;
	int rc = gather(to, all, &b, &b_count, compare->err);
	if (!rc) {
		rc = trail_enter(&compare->trail, &from->view, compare->err);
		if (trail_enter(&compare->trail, &to->view, rc ? NULL : compare->err))
			rc = -1;
		if (!rc)
			rc = compare_names(compare, from, to, a, a_count, b, b_count);
		trail_leave(&compare->trail, &from->view);
		trail_leave(&compare->trail, &to->view);
		view_names_free(b, b_count);
	}
	view_names_free(a, a_count);
	return rc;
}

/* How many revisions the two have in common, at their old ends. */
static size_t common(const struct chain *a, const struct chain *b)
{
	size_t n = 0;

	while (n < a->count && n < b->count &&
	       strcmp(a->ids[a->count - 1 - n], b->ids[b->count - 1 - n]) == 0)
		n++;
	return n;
}

static struct side side_of(const struct chain *chain, size_t shared)
{
	struct side side = {.view = {.count = chain->count}, .own = chain->count - shared};

	memcpy(side.view.fds, chain->fds, chain->count * sizeof(int));
	return side;
}

int revisions_compare(const char *state_dir, const char *const *from, const char *const *to,
		      struct arena *arena, struct changes *changes, struct error *err)
{
	struct compare compare = {.arena = arena, .changes = changes, .err = err};
	struct chain a, b;

	*changes = (struct changes){0};
	if (chain_open(&a, state_dir, from, err))
		return error_wrap(err, "compare");
	int rc = chain_open(&b, state_dir, to, err);
	if (!rc) {
		size_t shared = common(&a, &b);
		struct side was = side_of(&a, shared), is = side_of(&b, shared);
		rc = compare_folder(&compare, &was, &is);
		if (!rc)
			seal_check(&b, arena, changes);
		chain_close(&b);
	}
	chain_close(&a);
	return rc ? error_wrap(err, "compare") : 0;
}
