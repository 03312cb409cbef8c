/* Whether the workspace will take what a plan writes: asked before anything runs. */
#include "engine/pipeline/writable.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct target {
	const char *name; /* for people */
	int folder;
	bool is_new; /* folder is the one above the workspace */
};

/* ---- folders ---- */

/* The deepest folder of path that is there; the rest is made in it. */
static void deepest(int folder, const char *path, char out[PATH_MAX])
{
	struct stat st;
	char *slash;

	snprintf(out, PATH_MAX, "%s", path);
	while ((slash = strrchr(out, '/'))) {
		*slash = '\0';
		if (fstatat(folder, out, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return;
	}
	memcpy(out, ".", 2);
}

static int check_folder(const struct target *target, const struct file *file, struct error *err)
{
	char path[PATH_MAX] = ".";

	if (!target->is_new)
		deepest(target->folder, file->path, path);
	if (faccessat(target->folder, path, W_OK | X_OK, AT_EACCESS) == 0 || errno == ENOTDIR)
		return 0; /* whatever else is in its way is told where it is placed */
	if (strcmp(path, ".") == 0)
		return error_errno(err, errno, "cannot write to the workspace %s", target->name);
	return error_errno(err, errno, "cannot write to %s in the workspace %s", path,
			   target->name);
}

/* ---- room ---- */

static uint64_t blocks_of(const struct file *file, const struct statvfs *disk)
{
	return file->removed ? 0 : (file->len + disk->f_frsize - 1) / disk->f_frsize;
}

static int check_room(const struct target *target, const struct plan *plan, struct error *err)
{
	uint64_t wanted = 0;
	struct statvfs disk;

	if (fstatvfs(target->folder, &disk) < 0 || disk.f_blocks == 0 || disk.f_frsize == 0)
		return 0; /* a file system that does not say */
	uint64_t available = geteuid() == 0 ? disk.f_bfree : disk.f_bavail;
	for (size_t i = 0; i < plan->file_count; i++)
		wanted += blocks_of(&plan->files[i], &disk);
	if (wanted <= available)
		return 0;
	return error_errno(err, ENOSPC, "cannot write to the workspace %s", target->name);
}

/* ---- the outside ---- */

static int check(const struct target *target, const struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->file_count; i++) {
		if (check_folder(target, &plan->files[i], err))
			return -1;
	}
	return check_room(target, plan, err);
}

int writable_check(const char *workspace, int folder, const struct plan *plan, struct error *err)
{
	struct target target = {.name = workspace, .folder = folder};
	char above[PATH_MAX];

	if (folder >= 0)
		return check(&target, plan, err);
	snprintf(above, sizeof(above), "%s", workspace);
	target.is_new = true;
	target.folder = open(dirname(above), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (target.folder < 0)
		return errno == EACCES ? 0 : error_errno(err, errno, "the workspace %s", workspace);
	int rc = check(&target, plan, err);
	close(target.folder);
	return rc;
}
