/* Removes a tree that strangers made: however deep it is, and whatever its folders forbid. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/identifier.h"

/*
 * A level takes a descriptor, and glibc keeps 32 KiB for reading it. What lies deeper than this is moved to
 * the top of the tree first.
 */
enum { LEVELS = 64 };

struct removal {
	int top; /* the tree's own folder */
	dev_t device;
	bool moved; /* the top has got entries that it did not have */
};

/* name is no link, for then it would be gone. */
static int open_folder(int parent, const char *name, struct stat *info)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
		fd = openat(parent, name, flags);
	if (fd < 0 || fstat(fd, info) != 0) {
		file_close(fd);
		return -1;
	}
	if ((info->st_mode & S_IRWXU) != S_IRWXU)
		fchmod(fd, 0700);
	return fd;
}

static int move_up(struct removal *removal, int parent, const char *name, struct error *err)
{
	char unique[IDENTIFIER_TEXT];

	identifier_make(unique, "");
	removal->moved = true;
	if (renameat(parent, name, removal->top, unique) != 0)
		return error_errno(err, errno, "cannot remove %s", name);
	return 0;
}

static int remove_inside(struct removal *removal, int fd, int level, struct error *err);

static int remove_entry(struct removal *removal, int parent, const char *name, int level,
			struct error *err)
{
	struct stat info;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	int fd = errno == EISDIR || errno == EPERM ? open_folder(parent, name, &info) : -1;
	if (fd < 0)
		return error_errno(err, errno, "cannot remove %s", name);
	if (level == 0) {
		removal->top = fd;
		removal->device = info.st_dev;
	}
	if (info.st_dev != removal->device) {
		close(fd);
		return error_set(err, ERROR_IO, "%s is a mount point", name);
	}
	if (level == LEVELS) {
		close(fd);
		return move_up(removal, parent, name, err);
	}
	if (remove_inside(removal, fd, level, err) != 0)
		return level == 0 ? error_wrap(err, "%s", name) : -1;
	if (unlinkat(parent, name, AT_REMOVEDIR) != 0)
		return error_errno(err, errno, "cannot remove %s", name);
	return 0;
}

static int remove_listed(struct removal *removal, DIR *dir, int level, struct error *err)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (remove_entry(removal, dirfd(dir), entry->d_name, level + 1, err) != 0)
			return -1;
	}
	return 0;
}

/* fd is consumed. */
static int remove_inside(struct removal *removal, int fd, int level, struct error *err)
{
	DIR *dir = fdopendir(fd);
	int rc;

	if (!dir) {
		error_errno(err, errno, "cannot list a folder");
		close(fd);
		return -1;
	}
	do {
		rewinddir(dir);
		if (level == 0)
			removal->moved = false;
		rc = remove_listed(removal, dir, level, err);
	} while (rc == 0 && level == 0 && removal->moved);
	closedir(dir);
	return rc;
}

int file_remove_tree(int dirfd, const char *name, struct error *err)
{
	struct removal removal = {.top = -1};

	return remove_entry(&removal, dirfd, name, 0, err);
}
