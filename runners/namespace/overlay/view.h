/*
 * Folders that overlayfs would merge into one, newest first, read from outside while nothing is
 * mounted. The rules are those of the kernel's Documentation/filesystems/overlayfs.rst: whiteouts
 * are character devices 0:0, a folder with user.overlay.opaque "y" hides what lies beneath.
 */
#ifndef OVERLAY_VIEW_H
#define OVERLAY_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "engine/base/error.h"

enum { VIEW_MAX = 104 }; /* layers */

struct view {
	int fds[VIEW_MAX]; /* -1: this layer has no such folder, or it is hidden */
	size_t count;
};

enum view_kind { VIEW_ABSENT, VIEW_WHITEOUT, VIEW_FILE, VIEW_LINK, VIEW_FOLDER, VIEW_OTHER };

struct view_entry {
	enum view_kind kind;
	size_t layer; /* the newest that knows the name */
	bool opaque; /* a folder that hides all older layers */
	struct stat st;
};

/*
 * The name as layers [from, to) have it. child (may be NULL) gets the merged folder when it is one.
 */
int view_look(const struct view *view, size_t from, size_t to, const char *name,
	      struct view_entry *out, struct view *child, struct error *err);

/* Closes what view_look opened. */
void view_done(struct view *view);

/*
 * Names in any of the layers [from, to), sorted, each once; free each and the array. At most max,
 * else ERROR_TOO_LARGE.
 */
int view_names(const struct view *view, size_t from, size_t to, size_t max, char ***out,
	       size_t *count, struct error *err);
void view_names_free(char **names, size_t count);

int view_set_opaque(int folder);

#endif
