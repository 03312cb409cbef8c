/* What some layers change in the ones beneath: the walk that commit and rollback share. */
#include "runners/namespace/overlay/changes.h"

#include <string.h>

#include "runners/namespace/overlay/trail.h"

struct walk {
	size_t split;
	changes_fn report;
	void *ctx;
	struct trail trail;
	struct error *err;
};

static int emit(struct walk *walk, char what, const struct view *view, const char *name,
		const struct view_entry *now, const struct view_entry *base)
{
	struct changes_entry entry = {
		.path = walk->trail.path,
		.what = what,
		.folder = -1,
		.name = name,
		.base_folder = -1,
	};

	if (now) {
		entry.kind = now->kind;
		entry.folder = view->fds[now->layer];
		entry.layer = now->layer;
		entry.st = now->st;
		entry.opaque = now->opaque;
	} else if (base) { /* deleted */
		entry.kind = base->kind;
	}
	if (base && base->kind != VIEW_ABSENT && base->kind != VIEW_WHITEOUT) {
		entry.has_base = true;
		entry.base_folder = view->fds[base->layer];
		entry.base = base->st;
		entry.base_layer = base->layer;
	}
	return walk->report(walk->ctx, &entry, walk->err);
}

static int emit_deleted(struct walk *walk, const struct view *view, const char *name,
			const struct view_entry *base);

static int delete_contents(struct walk *walk, const struct view *folder)
{
	struct view_entry entry;
	char **names;
	size_t count;
	int rc = 0;

	if (view_names(folder, walk->split, folder->count, TRAIL_NAMES, &names, &count, walk->err))
		return -1;
	rc = trail_enter(&walk->trail, folder, walk->err);
	for (size_t i = 0; !rc && i < count; i++) {
		size_t before = 0;
		rc = trail_down(&walk->trail, names[i], &before, walk->err);
		if (rc)
			break;
		rc = view_look(folder, walk->split, folder->count, names[i], &entry, NULL,
			       walk->err);
		if (!rc)
			rc = emit_deleted(walk, folder, names[i], &entry);
		trail_up(&walk->trail, before);
	}
	trail_leave(&walk->trail, folder);
	view_names_free(names, count);
	return rc;
}

/* The path is the trail's already. */
static int emit_deleted(struct walk *walk, const struct view *view, const char *name,
			const struct view_entry *base)
{
	if (base->kind == VIEW_FOLDER) {
		struct view_entry again;
		struct view child;
		if (view_look(view, walk->split, view->count, name, &again, &child, walk->err))
			return -1;
		int rc = delete_contents(walk, &child);
		view_done(&child);
		if (rc)
			return -1;
	}
	if (base->kind == VIEW_ABSENT || base->kind == VIEW_WHITEOUT || base->kind == VIEW_OTHER)
		return 0;
	return emit(walk, 'D', view, name, NULL, base);
}

static int walk_folder(struct walk *walk, const struct view *view, bool opaque);

static int walk_child_folder(struct walk *walk, const struct view *view, const char *name,
			     const struct view_entry *now, const struct view_entry *base,
			     struct view *child, bool opaque)
{
	bool merges = base->kind == VIEW_FOLDER;
	bool same_mode = (now->st.st_mode & 07777) == (base->st.st_mode & 07777);
	int rc;

	if (!merges)
		rc = emit(walk, 'A', view, name, now, NULL);
	else
		rc = emit(walk, same_mode ? '=' : 'M', view, name, now, base);
	if (!rc && merges) {
		struct view_entry again;
		struct view beneath;
		rc = view_look(view, walk->split, view->count, name, &again, &beneath, walk->err);
		if (!rc)
			memcpy(child->fds + walk->split, beneath.fds + walk->split,
			       (view->count - walk->split) * sizeof(int));
	}
	if (!rc)
		rc = walk_folder(walk, child, (opaque || now->opaque) && merges);
	return rc;
}

/* One name; opaque: the folder hides all of base, so what is not above is gone. */
static int walk_name(struct walk *walk, const struct view *view, const char *name, bool opaque)
{
	struct view_entry now, base;
	struct view child;

	if (view_look(view, 0, walk->split, name, &now, &child, walk->err))
		return -1;
	int rc = view_look(view, walk->split, view->count, name, &base, NULL, walk->err);
	bool there = base.kind != VIEW_ABSENT && base.kind != VIEW_WHITEOUT;
	/* What is no file to us has taken the place of one all the same. */
	bool gone = now.kind == VIEW_WHITEOUT || now.kind == VIEW_OTHER ||
		    (now.kind == VIEW_ABSENT && opaque);

	if (!rc && there &&
	    (gone || (now.kind != VIEW_ABSENT &&
		      (now.kind == VIEW_FOLDER) != (base.kind == VIEW_FOLDER)))) {
		rc = emit_deleted(walk, view, name, &base);
		base.kind = VIEW_ABSENT;
		there = false;
	}
	if (!rc && now.kind == VIEW_FOLDER)
		rc = walk_child_folder(walk, view, name, &now, &base, &child, opaque);
	else if (!rc && (now.kind == VIEW_FILE || now.kind == VIEW_LINK))
		rc = emit(walk, there ? 'M' : 'A', view, name, &now, &base);
	view_done(&child);
	return rc;
}

static int walk_folder(struct walk *walk, const struct view *view, bool opaque)
{
	char **names;
	size_t count;
	int rc = 0;

	if (view_names(view, 0, opaque ? view->count : walk->split, TRAIL_NAMES, &names, &count,
		       walk->err))
		return -1;
	rc = trail_enter(&walk->trail, view, walk->err);
	for (size_t i = 0; !rc && i < count; i++) {
		size_t before = 0;
		rc = trail_down(&walk->trail, names[i], &before, walk->err);
		if (rc)
			break;
		rc = walk_name(walk, view, names[i], opaque);
		trail_up(&walk->trail, before);
	}
	trail_leave(&walk->trail, view);
	view_names_free(names, count);
	return rc;
}

int changes_walk(const struct view *view, size_t split, changes_fn report, void *ctx,
		 struct error *err)
{
	struct walk walk = {.split = split, .report = report, .ctx = ctx, .err = err};
	return walk_folder(&walk, view, false);
}

void changes_list(struct changes *changes, struct arena *arena, const struct changes_entry *entry)
{
	if (entry->kind != VIEW_FOLDER)
		changes_add(changes, arena, entry->path, entry->what);
}

void changes_add(struct changes *changes, struct arena *arena, const char *path, char what)
{
	if (changes->count == CHANGES_LISTED)
		return;
	struct change *change = arena_grow(arena, &changes->items, changes->count, sizeof(*change));
	change->path = arena_string(arena, path);
	change->what = what;
	changes->count++;
}
