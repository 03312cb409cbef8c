/* What some layers change in the ones beneath: the walk that commit and rollback share. */
#ifndef OVERLAY_CHANGES_H
#define OVERLAY_CHANGES_H

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/model.h"
#include "runners/namespace/overlay/view.h"

struct changes_entry {
	const char *path; /* relative to the workspace */
	char what; /* 'A', 'M', 'D'; '=': a folder that only merges, with whatever is in it */
	enum view_kind kind; /* of what is there now, for 'D' of what was there; never VIEW_OTHER */
	int folder; /* holds name; of the newest layer that has it, -1 for 'D' */
	const char *name;
	size_t layer; /* that folder is of */
	struct stat st;
	bool opaque; /* a folder that hides what lies beneath */
	bool has_base; /* for 'M', 'D', '=': the rest is what lies beneath */
	int base_folder; /* holds name, too */
	struct stat base;
	size_t base_layer;
};

/* The most that is listed for people; all are carried out. */
enum { CHANGES_LISTED = 10000 };

typedef int (*changes_fn)(void *ctx, const struct changes_entry *entry, struct error *err);

/*
 * Reports each difference that layers [0, split) of view make to layers [split, count), in an order
 * in which they can be carried out: what is deleted before what takes its place, folders before
 * what is in them, deleted folders after it. A folder that merges is 'M' when its mode differs, else
 * '='. Sockets, pipes and devices are left out.
 */
int changes_walk(const struct view *view, size_t split, changes_fn report, void *ctx,
		 struct error *err);

/* Adds a file or link to what is told to the caller; folders are not listed. */
void changes_list(struct changes *changes, struct arena *arena, const struct changes_entry *entry);
void changes_add(struct changes *changes, struct arena *arena, const char *path, char what);

#endif
