/* Marks what an engine leaves behind as its own: a locked file for each living engine. */
#include "runners/namespace/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/cgroup.h"

/* An engine has one state folder; tests have several. */
enum { MARKS_MAX = 64 };

struct mark {
	int fd;
	char path[PATH_MAX];
};

static struct mark *marks[MARKS_MAX];
static unsigned mark_count;
static char own_id[OWNER_ID];

/* A child that was forked shares the lock, but has no right to the mark. */
static pid_t marked_by;

static atomic_bool work_left;
static pthread_mutex_t marking = PTHREAD_MUTEX_INITIALIZER;

static void remove_marks(void)
{
	for (unsigned i = 0; i < mark_count && marked_by == getpid() && !work_left; i++)
		unlink(marks[i]->path);
}

void owner_leave_marks(void)
{
	work_left = true;
}

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

/* Locked before it has its name, or a recovery could take it for a dead one's. */
static int write_mark(struct mark *mark, const char *folder, struct error *err)
{
	struct buf text;
	char self[64];

	mark->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	bool named = mark->fd < 0; /* a file system without O_TMPFILE */
	if (named)
		mark->fd = open(mark->path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (mark->fd < 0 || flock(mark->fd, LOCK_EX) < 0)
		return error_errno(err, errno, "mark %s", mark->path);
	buf_init(&text, 1 << 16);
	cgroup_describe(&text);
	int rc = file_write_fd(mark->fd, text.data, text.len, err);
	buf_done(&text);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", mark->fd);
	if (!rc && !named && linkat(AT_FDCWD, self, AT_FDCWD, mark->path, AT_SYMLINK_FOLLOW) < 0)
		rc = error_errno(err, errno, "mark %s", mark->path);
	return rc;
}

static int make_mark(const char *path, struct error *err)
{
	char folder[PATH_MAX];

	if (mark_count == MARKS_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d state folders", MARKS_MAX);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (file_make_dirs(folder, 0700, err))
		return -1;
	struct mark *mark = memory_zeroed(sizeof(*mark));
	mark->fd = -1;
	snprintf(mark->path, sizeof(mark->path), "%s", path);
	if (write_mark(mark, folder, err)) {
		if (mark->fd >= 0)
			close(mark->fd);
		free(mark);
		return -1;
	}
	if (!marked_by)
		atexit(remove_marks);
	marked_by = getpid();
	marks[mark_count++] = mark;
	return 0;
}

/* A child that was forked is an engine of its own. */
static void drop_inherited_marks(void)
{
	if (!marked_by || marked_by == getpid())
		return;
	while (mark_count > 0) {
		close(marks[--mark_count]->fd);
		free(marks[mark_count]);
	}
	own_id[0] = '\0';
}

static int mark(const char *state_dir, const char **id, struct error *err)
{
	char path[PATH_MAX];

	drop_inherited_marks();
	if (!own_id[0])
		snprintf(own_id, sizeof(own_id), "%d-%llu", (int)getpid(), start_time());
	*id = own_id;
	if (snprintf(path, sizeof(path), "%s/engines/%s", state_dir, own_id) >= (int)sizeof(path))
		return error_set(err, ERROR_TOO_LARGE, "the state folder's name is too long");
	for (unsigned i = 0; i < mark_count; i++) {
		if (strcmp(marks[i]->path, path) == 0 && access(path, F_OK) == 0)
			return 0;
	}
	return make_mark(path, err);
}

int owner_mark(const char *state_dir, const char **id, struct error *err)
{
	pthread_mutex_lock(&marking);
	int rc = mark(state_dir, id, err);
	pthread_mutex_unlock(&marking);
	return rc;
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
	while ((entry = readdir(folder))) {
		/* One engine's leftovers that resist do not keep those of the others. */
		if (entry->d_name[0] != '.' &&
		    visit(dirfd(folder), entry->d_name, dead, ctx, rc ? NULL : err))
			rc = -1;
	}
	closedir(folder);
	return rc;
}
