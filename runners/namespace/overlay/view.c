/* Folders that overlayfs would merge into one, read from outside while nothing is mounted. */
#include "runners/namespace/overlay/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/memory.h"

static enum view_kind kind_of(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return VIEW_FILE;
	if (S_ISDIR(st->st_mode))
		return VIEW_FOLDER;
	if (S_ISLNK(st->st_mode))
		return VIEW_LINK;
	return S_ISCHR(st->st_mode) && st->st_rdev == 0 ? VIEW_WHITEOUT : VIEW_OTHER;
}

static bool is_opaque(int folder)
{
	char value;
	return fgetxattr(folder, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

int view_set_opaque(int folder)
{
	return fsetxattr(folder, "user.overlay.opaque", "y", 1, 0);
}

int view_look(const struct view *view, size_t from, size_t to, const char *name,
	      struct view_entry *out, struct view *child, struct error *err)
{
	struct stat st;

	*out = (struct view_entry){.kind = VIEW_ABSENT};
	if (child) {
		child->count = view->count;
		memset(child->fds, -1, sizeof(child->fds));
	}
	for (size_t i = from; i < to && !out->opaque; i++) {
		if (view->fds[i] < 0)
			continue;
		if (fstatat(view->fds[i], name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT || errno == ENAMETOOLONG)
				continue;
			goto failed;
		}
		enum view_kind kind = kind_of(&st);
		if (out->kind == VIEW_ABSENT) {
			out->kind = kind;
			out->layer = i;
			out->st = st;
		}
		if (kind != VIEW_FOLDER) {
			/* Ends the search; beneath a folder it also hides what is older. */
			out->opaque = true;
			break;
		}
		int fd = openat(view->fds[i], name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			goto failed;
		out->opaque = is_opaque(fd);
		if (child)
			child->fds[i] = fd;
		else
			close(fd);
	}
	return 0;
failed:
	error_errno(err, errno, "%s", name);
	if (child)
		view_done(child);
	return -1;
}

void view_done(struct view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		if (view->fds[i] >= 0)
			close(view->fds[i]);
		view->fds[i] = -1;
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **items;
	size_t count, room, max;
};

static int read_names(int fd, struct names *names, struct error *err)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!folder)
		return error_errno(err, errno, "read folder");
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (names->count == names->max) {
			closedir(folder);
			return error_set(err, ERROR_TOO_LARGE, "a folder has more than %zu entries",
					 names->max);
		}
		if (names->count == names->room) {
			names->room = names->room ? names->room * 2 : 32;
			names->items = memory_resize(names->items, names->room * sizeof(char *));
		}
		size_t size = strlen(entry->d_name) + 1;
		char *copied = memory_alloc(size);
		memcpy(copied, entry->d_name, size);
		names->items[names->count++] = copied;
	}
	closedir(folder);
	return 0;
}

int view_names(const struct view *view, size_t from, size_t to, size_t max, char ***out,
	       size_t *count, struct error *err)
{
	struct names names = {.max = max};

	*out = NULL;
	*count = 0;
	for (size_t i = from; i < to; i++) {
		if (view->fds[i] >= 0 && read_names(view->fds[i], &names, err)) {
			view_names_free(names.items, names.count);
			return -1;
		}
	}
	if (names.count == 0)
		return 0;
	qsort(names.items, names.count, sizeof(char *), compare);
	size_t kept = 1;
	for (size_t i = 1; i < names.count; i++) {
		if (strcmp(names.items[i], names.items[kept - 1]) == 0)
			free(names.items[i]);
		else
			names.items[kept++] = names.items[i];
	}
	*out = names.items;
	*count = kept;
	return 0;
}

void view_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
