/* A tree of folders being written in the order in which changes_walk tells of it. */
#include "runners/namespace/overlay/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/overlay/same.h"

void shelf_init(struct shelf *shelf, int target, uid_t owner, gid_t group)
{
	shelf->owner = owner;
	shelf->group = group;
	shelf->path[0] = '\0';
	shelf->levels[0] = (struct shelf_level){.fd = target};
	shelf->depth = 0;
}

static int leave(struct shelf *shelf, struct error *err)
{
	struct shelf_level *level = &shelf->levels[shelf->depth--];
	int rc = 0;

	/* Only now, for its time moves with each name that it gets. */
	if (level->fd >= 0) {
		if (fchmod(level->fd, level->mode) < 0 || futimens(level->fd, level->times) < 0)
			rc = error_errno(err, errno, "finish folder %s", shelf->path);
		close(level->fd);
	}
	shelf->path[shelf->levels[shelf->depth].len] = '\0';
	return rc;
}

int shelf_done(struct shelf *shelf, struct error *err)
{
	int rc = 0;

	while (shelf->depth > 0) {
		if (leave(shelf, rc ? NULL : err))
			rc = -1;
	}
	return rc;
}

int shelf_reach(struct shelf *shelf, const char *path, bool *inside, struct error *err)
{
	const char *slash = strrchr(path, '/');
	size_t parent = slash ? (size_t)(slash - path) : 0;
	size_t len;

	while ((len = shelf->levels[shelf->depth].len) > 0 &&
	       (len > parent || path[len] != '/' || memcmp(path, shelf->path, len) != 0)) {
		if (leave(shelf, err))
			return -1;
	}
	*inside = len == parent;
	return 0;
}

const char *shelf_inner(const struct shelf *shelf, const char *path)
{
	size_t len = shelf->levels[shelf->depth].len;

	return path + len + (len > 0);
}

bool shelf_is_opaque(const struct shelf *shelf)
{
	return shelf->levels[shelf->depth].opaque;
}

void shelf_enter(struct shelf *shelf, const struct changes_entry *entry, bool opaque)
{
	struct shelf_level *level = &shelf->levels[++shelf->depth];

	*level = (struct shelf_level){
		.fd = -1,
		.len = strlen(entry->path),
		.opaque = opaque,
		.mode = same_mode(entry->st.st_mode),
		.times = {entry->st.st_atim, entry->st.st_mtim},
	};
	memcpy(shelf->path, entry->path, level->len + 1);
}

static int make(const struct shelf *shelf, int parent, struct shelf_level *level, struct error *err)
{
	char name[NAME_MAX + 1];
	const char *start = shelf->path + (level - 1)->len + ((level - 1)->len > 0);
	int len = (int)(shelf->path + level->len - start);

	snprintf(name, sizeof(name), "%.*s", len, start);
	int rc = mkdirat(parent, name, 0700);
	/* The whiteout of what was there. */
	if (rc < 0 && errno == EEXIST && file_remove_tree(parent, name, NULL) == 0)
		rc = mkdirat(parent, name, 0700);
	if (rc == 0)
		level->fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (level->fd < 0 || fchown(level->fd, shelf->owner, shelf->group) < 0 ||
	    (level->opaque && view_set_opaque(level->fd) < 0))
		return error_errno(err, errno, "make folder %.*s", (int)level->len, shelf->path);
	return 0;
}

int shelf_folder(struct shelf *shelf, int *fd, struct error *err)
{
	for (size_t i = 1; i <= shelf->depth; i++) {
		struct shelf_level *level = &shelf->levels[i];
		if (level->fd < 0 && make(shelf, shelf->levels[i - 1].fd, level, err))
			return -1;
	}
	*fd = shelf->levels[shelf->depth].fd;
	return 0;
}
