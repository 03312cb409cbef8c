/*
 * Starts launchers: forked from the engine itself, or from its stem.
 *
 * A fork copies the page tables of whoever forks: 0.3 ms for an engine at its start, 5 ms for one with
 * 10,000 connections, and as long again for the pages that it writes next. So an engine that opens many
 * sandboxes keeps a small process from its first moments, the stem, that forks in its place: the launcher
 * is the engine's child all the same. It has the merit, too, that a launcher's memory holds nothing that
 * came in later.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/namespace/launcher/launcher.h"
#include "runners/namespace/launcher/message.h"
#include "runners/namespace/launcher/network.h"
#include "runners/namespace/launcher/seccomp.h"
#include "runners/namespace/launcher/title.h"

enum { MOUNTS_MAX = 1024, STEM_FD = 3, STEM_WAIT_MS = 5000, STEM_GONE = -2 };

/* A plan on its way to the stem: the strings of the tree, then its mounts, "" for NULL. */
struct packed {
	struct launcher_plan plan;
	unsigned mounts;
	char text[64 * 1024];
};

static struct {
	pid_t engine; /* whose it is: a child that was forked has none */
	pid_t pid;
	int socket;
} stem;

static struct packed packed;

/* Returns in the new process as well, with 0. */
static pid_t make_process(const struct launcher_plan *plan, uint64_t flags, int *pidfd)
{
	flags |= CLONE_NEWUTS | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
	if (!plan->tree.privileged)
		flags |= CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS;
	if (plan->cgroup >= 0)
		flags |= CLONE_INTO_CGROUP;
	struct clone_args args = {
		.flags = flags,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.cgroup = plan->cgroup >= 0 ? (uint64_t)plan->cgroup : 0,
		.exit_signal = flags & CLONE_PARENT ? 0
						    : SIGCHLD, /* the stem's own, which is that */
	};
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* ---- the stem ---- */

static const char **tree_string(struct tree_plan *tree, size_t index)
{
	const char **all[] = {&tree->workspace, &tree->layers, &tree->revisions, &tree->building,
			      &tree->writable};
	return index < sizeof(all) / sizeof(all[0]) ? all[index] : NULL;
}

static void unpack(const struct sock_fprog *filter, const int fds[MESSAGE_FDS],
		   struct launcher_plan *plan)
{
	static const char *mounts[MOUNTS_MAX + 1];
	const char *at = packed.text, **string;

	*plan = packed.plan;
	plan->filter = *filter; /* compiled before the fork, so it is here as well */
	for (size_t i = 0; (string = tree_string(&plan->tree, i)); i++) {
		*string = *at ? at : NULL;
		at += strlen(at) + 1;
	}
	for (unsigned i = 0; i < packed.mounts; i++) {
		mounts[i] = at;
		at += strlen(at) + 1;
	}
	mounts[packed.mounts] = NULL;
	plan->tree.mounts = mounts;
	size_t next = 1;
	if (plan->tree.idmap >= 0)
		plan->tree.idmap = fds[next++];
	if (plan->shared_tree >= 0)
		plan->shared_tree = fds[next++];
	if (plan->cgroup >= 0)
		plan->cgroup = fds[next];
}

static _Noreturn void stem_main(int socket, pid_t engine, const struct sock_fprog *filter)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
	static struct message message;
	struct launcher_plan plan;
	int fds[MESSAGE_FDS];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != engine)
		_exit(0);
	title_set("assay-stem");
	/* A signal to the whole group is for the engine, which ends in order. */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	if ((socket != STEM_FD && dup3(socket, STEM_FD, O_CLOEXEC) < 0) ||
	    close_range(STEM_FD + 1, ~0U, 0) < 0)
		_exit(1);
	while (message_receive(STEM_FD, &message, (char *)&packed, sizeof(packed), fds, 0) > 0) {
		int pidfd = -1;
		unpack(filter, fds, &plan);
		pid_t pid = make_process(&plan, CLONE_PARENT, &pidfd);
		int failed = errno;
		if (pid == 0)
			launcher_main(&plan, fds[0], engine, uid, gid);
		close_all(fds, MESSAGE_FDS);
		message = (struct message){.type = MESSAGE_LAUNCHED,
					   .launched = {.pid = pid, .failed = failed}};
		message_send(STEM_FD, &message, NULL, &pidfd, pid > 0);
		if (pid > 0)
			close(pidfd);
	}
	_exit(0);
}

int launcher_prepare(struct error *err)
{
	struct sock_fprog filter;
	int sockets[2];
	pid_t engine = getpid();

	if (stem.engine == engine)
		return 0;
	if (seccomp_filter(&filter, err))
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, errno, "make a socket pair");
	pid_t pid = fork();
	if (pid == 0)
		stem_main(sockets[1], engine, &filter);
	int failed = errno;
	close(sockets[1]);
	if (pid < 0) {
		close(sockets[0]);
		return error_errno(err, failed, "fork");
	}
	stem.engine = engine;
	stem.pid = pid;
	stem.socket = sockets[0];
	return 0;
}

/* ---- the engine ---- */

static int pack_string(const char *string, size_t *len)
{
	const char *text = string ? string : "";
	size_t size = strlen(text) + 1;

	if (size > sizeof(packed.text) - *len)
		return -1;
	memcpy(packed.text + *len, text, size);
	*len += size;
	return 0;
}

/* -1: it is too long. */
static int pack(struct launcher_plan *plan, size_t *len)
{
	const char **string;

	packed.plan = *plan;
	packed.mounts = 0;
	*len = 0;
	for (size_t i = 0; (string = tree_string(&plan->tree, i)); i++) {
		if (pack_string(*string, len) != 0)
			return -1;
	}
	for (; plan->tree.mounts && plan->tree.mounts[packed.mounts]; packed.mounts++) {
		if (packed.mounts == MOUNTS_MAX ||
		    pack_string(plan->tree.mounts[packed.mounts], len) != 0)
			return -1;
	}
	return 0;
}

void launcher_retire(void)
{
	if (stem.engine != getpid())
		return;
	kill(stem.pid, SIGKILL);
	while (waitpid(stem.pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(stem.socket);
	stem.engine = 0;
}

static int await_stem(struct message *message, int fds[MESSAGE_FDS])
{
	struct pollfd polled = {.fd = stem.socket, .events = POLLIN};
	int rc;

	do
		rc = poll(&polled, 1, STEM_WAIT_MS);
	while (rc < 0 && errno == EINTR);
	return rc == 1 && message_receive(stem.socket, message, NULL, 0, fds, MSG_DONTWAIT) == 1
		       ? 0
		       : -1;
}

/* STEM_GONE: it did not answer. Else as make_process, in the engine. */
static pid_t ask_stem(const struct launcher_plan *plan, size_t len, int socket, int *pidfd)
{
	struct message message = {.type = MESSAGE_LAUNCH};
	int fds[MESSAGE_FDS] = {socket};
	size_t count = 1;

	message.string_bytes = (uint32_t)(offsetof(struct packed, text) + len);
	if (plan->tree.idmap >= 0)
		fds[count++] = plan->tree.idmap;
	if (plan->shared_tree >= 0)
		fds[count++] = plan->shared_tree;
	if (plan->cgroup >= 0)
		fds[count++] = plan->cgroup;
	if (message_send(stem.socket, &message, (const char *)&packed, fds, count) != 0 ||
	    await_stem(&message, fds) != 0) {
		/* It died, or hangs: launchers are forked here from now on. */
		launcher_retire();
		return STEM_GONE;
	}
	*pidfd = fds[0];
	errno = message.launched.failed;
	return message.launched.pid;
}

static pid_t make_launcher(struct launcher_plan *plan, int socket, int *pidfd)
{
	pid_t engine = getpid();
	uid_t uid = geteuid();
	gid_t gid = getegid();
	size_t len;

	if (stem.engine == engine && pack(plan, &len) == 0)
		return ask_stem(plan, len, socket, pidfd);
	pid_t pid = make_process(plan, 0, pidfd);
	if (pid == 0)
		launcher_main(plan, socket, engine, uid, gid);
	return pid;
}

int launcher_begin(struct launcher *launcher, bool privileged, struct error *err)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_errno(err, errno, "make a socket pair");
	*launcher = (struct launcher){.pidfd = -1, .socket = sockets[0], .far = sockets[1]};
	if (!privileged || network_start(launcher->socket, err) == 0)
		return 0;
	launcher_forget(launcher);
	return -1;
}

void launcher_forget(struct launcher *launcher)
{
	close(launcher->socket);
	close(launcher->far);
}

int launcher_start(struct launcher *launcher, const struct launcher_plan *plan, struct error *err)
{
	struct launcher_plan copy = *plan;

	launcher->pid = make_launcher(&copy, launcher->far, &launcher->pidfd);
	if (launcher->pid == STEM_GONE) {
		/* What it may have made on its last breath has the old socket. */
		launcher_forget(launcher);
		if (launcher_begin(launcher, plan->tree.privileged, err) != 0)
			return -1;
		copy = *plan;
		launcher->pid = make_launcher(&copy, launcher->far, &launcher->pidfd);
	}
	int failed = errno;
	if (launcher->pid > 0) {
		close(launcher->far);
		return 0;
	}
	launcher_forget(launcher);
	return failed == ENOSPC ? error_set(err, ERROR_UNAVAILABLE,
					    "the host allows no more namespaces; raise "
					    "/proc/sys/user/max_user_namespaces and its neighbours")
				: error_errno(err, failed, "make the sandbox's namespaces");
}
