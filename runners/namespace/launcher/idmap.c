/* User namespaces that only map ids. */
#include "runners/namespace/launcher/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/launcher/spawn.h"

enum { KEPT = 8, STACK = 16 * 1024 };

static struct {
	uid_t uid, to_uid;
	gid_t gid, to_gid;
	int fd;
} kept[KEPT];
static unsigned kept_count;

/* Only has to exist while its namespace is taken hold of. */
static int wait_for_signal(void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != *(const pid_t *)arg)
		return 0;
	for (;;)
		pause();
	return 0;
}

static int write_map(pid_t pid, const char *file, unsigned from, unsigned to)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int len = snprintf(text, sizeof(text), "%u %u 1", from, to);
	ssize_t written = write(fd, text, (size_t)len);
	close(fd);
	return written == len ? 0 : -1;
}

static int make(uid_t uid, gid_t gid, uid_t to_uid, gid_t to_gid)
{
	static char stack[STACK] __attribute__((aligned(64)));
	char path[64];
	pid_t self = getpid();
	sigset_t all, before;
	int fd = -1;

	/*
	 * Shares our memory, for a fork of a big engine takes long; it touches nothing but its
	 * stack. Signals must not find it, for their handlers are the engine's, which would be told
	 * twice of one to the whole group.
	 */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = spawn_sharing(wait_for_signal, stack, sizeof(stack), CLONE_NEWUSER, &self,
				  NULL);
	int failed = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = failed;
	if (pid < 0)
		return -1;
	if (write_map(pid, "uid_map", uid, to_uid) == 0 &&
	    write_map(pid, "gid_map", gid, to_gid) == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	failed = errno;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	errno = failed;
	return fd;
}

bool idmap_real_root(void)
{
	unsigned inside = 1, outside = 1, count = 0;
	struct buf text;

	if (geteuid() != 0)
		return false;
	buf_init(&text, 4096);
	/* "0 0 4294967295": every id is itself (user_namespaces(7)). */
	bool read = file_read("/proc/self/uid_map", &text, NULL) == 0 &&
		    sscanf(text.data, "%u %u %u", &inside, &outside, &count) == 3;
	buf_done(&text);
	return !read || (inside == 0 && outside == 0 && count == UINT_MAX);
}

int idmap_get(uid_t uid, gid_t gid, uid_t to_uid, gid_t to_gid, int *fd, struct error *err)
{
	for (unsigned i = 0; i < kept_count && i < KEPT; i++) {
		if (kept[i].uid == uid && kept[i].gid == gid && kept[i].to_uid == to_uid &&
		    kept[i].to_gid == to_gid) {
			*fd = kept[i].fd;
			return 0;
		}
	}
	*fd = make(uid, gid, to_uid, to_gid);
	if (*fd < 0)
		return error_errno(err, errno, "map the workspace owner's files");
	unsigned slot = kept_count % KEPT;
	if (kept_count >= KEPT)
		close(kept[slot].fd);
	kept_count++;
	kept[slot].uid = uid;
	kept[slot].gid = gid;
	kept[slot].to_uid = to_uid;
	kept[slot].to_gid = to_gid;
	kept[slot].fd = *fd;
	return 0;
}
