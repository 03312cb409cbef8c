/* Marks what an engine leaves behind as its own: a locked file for each living engine. */
#include "runners/namespace/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "runners/namespace/cgroup.h"

/* One state folder at a time is what an engine has; its sandboxes share the mark. */
static struct {
	unsigned holders;
	int fd;
	char id[OWNER_ID];
	char path[PATH_MAX];
} mark;

/* Field 22 of /proc/self/stat: with it a reused process id is another id (proc(5)). */
static unsigned long long start_time(void)
{
	struct buf stat;
	unsigned long long value = 0;

	buf_init(&stat, 4096);
	if (file_read("/proc/self/stat", &stat, NULL) == 0) {
		/* The name before may hold spaces and brackets. */
		const char *at = strrchr(stat.data, ')');
		for (int field = 2; at && field < 22; field++)
			at = strchr(at + 1, ' ');
		value = at ? strtoull(at, NULL, 10) : 0;
	}
	buf_done(&stat);
	return value;
}

static int make_mark(const char *state_dir, struct error *err)
{
	struct buf text;

	snprintf(mark.id, sizeof(mark.id), "%d-%llu", (int)getpid(), start_time());
	if (snprintf(mark.path, sizeof(mark.path), "%s/engines/%s", state_dir, mark.id) >=
	    (int)sizeof(mark.path))
		return error_set(err, ERROR_TOO_LARGE, "state folder name is too long");
	/* Locked before it has its name, or a recovery could take it for a dead one's. */
	char folder[PATH_MAX];
	snprintf(folder, sizeof(folder), "%s/engines", state_dir);
	if (file_make_dirs(folder, 0700, err))
		return -1;
	mark.fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	bool named = mark.fd < 0; /* a file system without O_TMPFILE */
	if (named)
		mark.fd = open(mark.path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (mark.fd < 0 || flock(mark.fd, LOCK_EX) < 0)
		return error_errno(err, errno, "mark %s", mark.path);
	buf_init(&text, 1 << 16);
	cgroup_describe(&text);
	int rc = file_write_fd(mark.fd, text.data, text.len, err);
	buf_done(&text);
	char self[64];
	snprintf(self, sizeof(self), "/proc/self/fd/%d", mark.fd);
	if (!rc && !named && linkat(AT_FDCWD, self, AT_FDCWD, mark.path, AT_SYMLINK_FOLLOW) < 0)
		rc = error_errno(err, errno, "mark %s", mark.path);
	if (rc)
		close(mark.fd);
	return rc;
}

int owner_acquire(const char *state_dir, const char **id, struct error *err)
{
	if (mark.holders == 0 && make_mark(state_dir, err))
		return -1;
	mark.holders++;
	*id = mark.id;
	return 0;
}

void owner_release(void)
{
	if (--mark.holders > 0)
		return;
	unlink(mark.path);
	close(mark.fd);
}

typedef int (*dead_fn)(void *ctx, const char *id, const char *text, struct error *err);

static int visit(int folder, const char *id, dead_fn dead, void *ctx, struct error *err)
{
	struct buf text;
	int fd = openat(folder, id, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return 0; /* went away just now */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return 0; /* alive */
	}
	buf_init(&text, 1 << 16);
	int rc = file_read_fd(fd, id, &text, err);
	if (!rc)
		rc = dead(ctx, id, text.data, err);
	if (!rc)
		unlinkat(folder, id, 0);
	buf_done(&text);
	close(fd);
	return rc;
}

int owner_each_dead(const char *state_dir, dead_fn dead, void *ctx, struct error *err)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/engines", state_dir);
	DIR *folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? 0 : error_errno(err, errno, "read %s", path);
	while (!rc && (entry = readdir(folder))) {
		if (entry->d_name[0] != '.')
			rc = visit(dirfd(folder), entry->d_name, dead, ctx, err);
	}
	closedir(folder);
	return rc;
}
