/* Writes and removes files in the newest layer as if through the merged workspace. */
#include "runners/namespace/overlay/put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"

enum { NAME_ROOM = 256 };

/* Renamed away before anybody can look; a leftover of a failed put is overwritten by the next. */
static const char temporary[] = ".assay-put";

struct place {
	const struct file *file;
	uid_t owner;
	gid_t group;
	struct error *err;
};

static int refuse(const struct place *place, const char *why)
{
	return error_set(place->err, ERROR_INPUT, "put %s: %s", place->file->path, why);
}

static int fail(const struct place *place)
{
	return error_errno(place->err, errno, "put %s", place->file->path);
}

static int not_there(const struct place *place)
{
	return error_set(place->err, ERROR_NOT_FOUND, "put %s: there is no such file to remove",
			 place->file->path);
}

/* Copies the next component to name and moves *path past it; 0: it was the last. */
static int next_name(const struct place *place, const char **path, char name[NAME_ROOM])
{
	size_t len = strcspn(*path, "/");

	if (len == 0 || len >= NAME_ROOM || (len == 1 && **path == '.') ||
	    (len == 2 && strncmp(*path, "..", 2) == 0))
		return refuse(place, "not a relative path inside the workspace");
	memcpy(name, *path, len);
	name[len] = '\0';
	*path += len;
	if (**path == '\0')
		return 0;
	(*path)++;
	return 1;
}

/* The folder in the newest layer where there is none yet, with the mode of the one it covers. */
static int make_folder(const struct place *place, const struct view *parent, const char *name,
		       const struct view_entry *entry, struct view *child)
{
	bool over_whiteout = entry->kind == VIEW_WHITEOUT && entry->layer == 0;
	mode_t mode = entry->kind == VIEW_FOLDER ? entry->st.st_mode & 07777 : 0755;

	if (over_whiteout && unlinkat(parent->fds[0], name, 0) < 0)
		return fail(place);
	if (mkdirat(parent->fds[0], name, 0755) < 0)
		return fail(place);
	int fd = openat(parent->fds[0], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(place);
	child->fds[0] = fd;
	if (fchown(fd, place->owner, place->group) < 0 || fchmod(fd, mode) < 0 ||
	    (over_whiteout && view_set_opaque(fd) < 0))
		return fail(place);
	return 0;
}

static int enter(const struct place *place, const struct view *parent, const char *name,
		 struct view *child)
{
	struct view_entry entry;

	if (view_look(parent, 0, parent->count, name, &entry, child, place->err))
		return error_wrap(place->err, "put %s", place->file->path);
	int rc = 0;
	if (entry.kind == VIEW_LINK)
		rc = refuse(place, "runs through a symbolic link");
	else if (place->file->removed && (entry.kind == VIEW_ABSENT || entry.kind == VIEW_WHITEOUT))
		rc = not_there(place);
	else if (entry.kind == VIEW_FILE || entry.kind == VIEW_OTHER)
		rc = refuse(place, "runs through something that is not a folder");
	else if (child->fds[0] < 0)
		rc = make_folder(place, parent, name, &entry, child);
	if (rc)
		view_done(child);
	return rc;
}

static int write_content(const struct place *place, int folder, mode_t mode)
{
	const struct file *file = place->file;

	unlinkat(folder, temporary, 0);
	int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (fd < 0)
		return fail(place);
	int rc = file_write_fd(fd, file->data, file->len, place->err);
	if (rc)
		error_wrap(place->err, "put %s", file->path);
	else if (fchown(fd, place->owner, place->group) < 0 || fchmod(fd, mode) < 0)
		rc = fail(place);
	close(fd);
	return rc;
}

static int write_last(const struct place *place, const struct view *folder, const char *name)
{
	struct view_entry entry;
	mode_t mode = place->file->executable ? 0755 : 0644;

	if (view_look(folder, 0, folder->count, name, &entry, NULL, place->err))
		return error_wrap(place->err, "put %s", place->file->path);
	if (entry.kind == VIEW_LINK)
		return refuse(place, "is a symbolic link");
	if (entry.kind == VIEW_FOLDER || entry.kind == VIEW_OTHER)
		return refuse(place, "something that is not a file has this name");
	if (entry.kind == VIEW_FILE)
		mode |= entry.st.st_mode & 0777;
	if (write_content(place, folder->fds[0], mode))
		return -1;
	if (renameat(folder->fds[0], temporary, folder->fds[0], name) < 0)
		return fail(place);
	return 0;
}

static int remove_last(const struct place *place, const struct view *folder, const char *name)
{
	struct view_entry entry, beneath;

	if (view_look(folder, 0, folder->count, name, &entry, NULL, place->err) ||
	    view_look(folder, 1, folder->count, name, &beneath, NULL, place->err))
		return error_wrap(place->err, "put %s", place->file->path);
	if (entry.kind == VIEW_ABSENT || entry.kind == VIEW_WHITEOUT)
		return not_there(place);
	if (entry.kind == VIEW_FOLDER)
		return refuse(place, "is a folder, and only files are removed");
	if (entry.layer == 0 && unlinkat(folder->fds[0], name, 0) < 0)
		return fail(place);
	bool shows = beneath.kind != VIEW_ABSENT && beneath.kind != VIEW_WHITEOUT;
	if (shows && mknodat(folder->fds[0], name, S_IFCHR, 0) < 0)
		return fail(place);
	return 0;
}

static int put_one(const struct place *place, const struct view *root)
{
	struct view at = *root, child;
	const char *path = place->file->path;
	char name[NAME_ROOM];
	bool borrowed = true;
	int more, rc = 0;

	while ((more = next_name(place, &path, name)) == 1) {
		rc = enter(place, &at, name, &child);
		if (!borrowed)
			view_done(&at);
		if (rc)
			return -1;
		at = child;
		borrowed = false;
	}
	if (more < 0)
		rc = -1;
	else
		rc = place->file->removed ? remove_last(place, &at, name)
					  : write_last(place, &at, name);
	if (!borrowed)
		view_done(&at);
	return rc;
}

static int put_all(const struct view *view, uid_t owner, gid_t group, const struct file *files,
		   size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct place place = {&files[i], owner, group, err};
		if (put_one(&place, view))
			return -1;
	}
	return 0;
}

int put_files(const struct stack *stack, const struct file *files, size_t count, struct error *err)
{
	struct view view;

	stack_view(stack, &view);
	return put_all(&view, stack->owner, stack->group, files, count, err);
}

int put_into(int folder, uid_t owner, gid_t group, const struct file *files, size_t count,
	     struct error *err)
{
	struct view view = {.fds = {folder}, .count = 1};

	return put_all(&view, owner, group, files, count, err);
}
