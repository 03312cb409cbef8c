/*
 * A chain of revisions as one folder to read, held by a descriptor alone: overlayfs is mounted in a
 * mount namespace that ends at once, and what is open of it stays.
 */
#include "runners/namespace/overlay/revisions.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "runners/namespace/launcher/idmap.h"
#include "runners/namespace/launcher/spawn.h"
#include "runners/namespace/overlay/chain.h"

enum { STACK = 64 * 1024 };

/* A name that no revision can have. */
static const char empty[] = ".empty";

struct mounting {
	const char *folder; /* of the revisions */
	const char *newest;
	char options[32 + SANDBOX_CHAIN_MAX * CHAIN_ID];
	bool privileged;
	int fd; /* out */
	int failed; /* errno */
};

/*
 * In the child. By the path, for what we have open is of the namespace that we were in; relative
 * from there, for a path may hold what mount options cannot.
 */
static int mount_and_open(void *arg)
{
	struct mounting *m = arg;

	/* A less privileged namespace keeps its mounts to itself anyway. */
	if (chdir(m->folder) == 0 &&
	    (!m->privileged || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) &&
	    mount("overlay", m->newest, "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  m->options) == 0)
		m->fd = open(m->newest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->failed = errno;
	return 0;
}

/*
 * The child shares our memory and our descriptors, so what it opens is ours; we stand still until
 * it is done. Signals must not find it, for their handlers are the engine's.
 */
static int run_child(struct mounting *m, struct error *err)
{
	char *stack = memory_alloc(STACK);
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = spawn_sharing(mount_and_open, stack, STACK,
				  CLONE_FILES | CLONE_VFORK | CLONE_NEWNS |
					  (m->privileged ? 0 : CLONE_NEWUSER),
				  m, NULL);
	int failed = errno;
	while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(stack);
	if (pid < 0)
		return error_errno(err, failed, "make a mount namespace");
	return m->fd < 0 ? error_errno(err, m->failed, "mount the revisions") : 0;
}

static int open_merged(const char *state_dir, const struct chain *chain, int *dirfd,
		       struct error *err)
{
	char folder[PATH_MAX];
	struct mounting m = {
		.folder = folder,
		.newest = chain->ids[0],
		.privileged = idmap_real_root(),
		.fd = -1,
	};
	int len = snprintf(m.options, sizeof(m.options), "userxattr,lowerdir=");

	for (size_t i = 0; i < chain->count; i++)
		len += snprintf(m.options + len, sizeof(m.options) - (size_t)len, "%s%s",
				i ? ":" : "", chain->ids[i]);
	snprintf(folder, sizeof(folder), "%s/revisions", state_dir);
	if (run_child(&m, err))
		return -1;
	*dirfd = m.fd;
	return 0;
}

static int open_empty(const struct chain *chain, int *dirfd, struct error *err)
{
	if (mkdirat(chain->folder, empty, 0555) < 0 && errno != EEXIST)
		return error_errno(err, errno, "make an empty folder");
	*dirfd = openat(chain->folder, empty, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *dirfd < 0 ? error_errno(err, errno, "open the empty folder") : 0;
}

int revisions_view(const char *state_dir, const char *const *revisions, int *dirfd,
		   struct error *err)
{
	struct chain chain;
	int rc = 0;

	if (chain_open(&chain, state_dir, revisions, err))
		return error_wrap(err, "view");
	if (chain.count == 0) {
		rc = open_empty(&chain, dirfd, err);
	} else if (chain.count == 1) {
		/* Nothing lies beneath it, so it holds no whiteout. */
		*dirfd = chain.fds[0];
		chain.count = 0;
	} else {
		rc = open_merged(state_dir, &chain, dirfd, err);
	}
	chain_close(&chain);
	return rc ? error_wrap(err, "view") : 0;
}
