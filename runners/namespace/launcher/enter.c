/* How a process becomes the launcher of a sandbox: namespaces, groups, file tree, rights. */
#include "runners/namespace/launcher/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/namespace/launcher/message.h"
#include "runners/namespace/launcher/network.h"
#include "runners/sandbox.h"

void enter_reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void enter_reset_priority(void)
{
	const struct sched_param none = {0};
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;

	if (policy == SCHED_FIFO || policy == SCHED_RR)
		sched_setscheduler(0, SCHED_OTHER, &none);
}

int enter_keep_descriptors(int socket, struct launcher_plan *plan, struct error *err)
{
	int *kept[] = {&socket, &plan->tree.idmap, &plan->shared_tree};
	int next = FD_SOCKET;

	/* First out of the way. */
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (*kept[i] >= 0)
			*kept[i] = fcntl(*kept[i], F_DUPFD_CLOEXEC, 16);
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (*kept[i] < 0)
			continue;
		if (dup3(*kept[i], next, O_CLOEXEC) < 0)
			return error_errno(err, errno, "keep descriptors");
		*kept[i] = next++;
	}
	return close_range((unsigned)next, ~0U, 0) < 0
		       ? error_errno(err, errno, "close descriptors")
		       : 0;
}

static int write_proc(const char *name, const char *text, struct error *err)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	int rc = fd < 0 || write(fd, text, strlen(text)) < 0
			 ? error_errno(err, errno, "write %s", name)
			 : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

/*
 * The kernel counts these for each user, and all sandboxes of a host are one: without a share of its
 * own each could leave the others none. Where /proc/sys may not be written it stays so.
 */
static void limit_watches(void)
{
	struct error ignored;

	write_proc("/proc/sys/user/max_inotify_instances", "32", &ignored);
	write_proc("/proc/sys/user/max_inotify_watches", "16384", &ignored);
}

/* A process may map its own ids into a new user namespace without anybody's help. */
static int map_ids(uid_t uid, gid_t gid, struct error *err)
{
	char text[64];

	if (write_proc("/proc/self/setgroups", "deny", err))
		return -1;
	snprintf(text, sizeof(text), "%d %u 1", LAUNCHER_UID_INSIDE, uid);
	if (write_proc("/proc/self/uid_map", text, err))
		return -1;
	snprintf(text, sizeof(text), "%d %u 1", LAUNCHER_GID_INSIDE, gid);
	if (write_proc("/proc/self/gid_map", text, err))
		return -1;
	limit_watches();
	return 0;
}

/*
 * From real root to a uid that is nobody's, in a user namespace that knows no other. The bare
 * system calls: the C library's wrappers would wait for the engine's other threads, which it still
 * lists here although they are not in this process (nptl(7), "NPTL and process credential
 * changes").
 */
static int drop_root(struct error *err)
{
	if (syscall(SYS_setgroups, 0, NULL) < 0 ||
	    syscall(SYS_setresgid, LAUNCHER_GID_HOST, LAUNCHER_GID_HOST, LAUNCHER_GID_HOST) < 0 ||
	    syscall(SYS_setresuid, LAUNCHER_UID_HOST, LAUNCHER_UID_HOST, LAUNCHER_UID_HOST) < 0)
		return error_errno(err, errno, "drop root");
	/* Changing ids takes the right to write one's own /proc files away. */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER) < 0)
		return error_errno(err, errno, "make a user namespace");
	return map_ids(LAUNCHER_UID_HOST, LAUNCHER_GID_HOST, err);
}

/* One thread moves itself: see cgroup_open_tasks. */
static int join_group(int tasks, struct error *err)
{
	int rc = write(tasks, "0", 1) == 1 ? 0 : error_errno(err, errno, "join the control group");

	close(tasks);
	return rc;
}

static int join_groups(const int fds[MESSAGE_FDS], struct error *err)
{
	for (size_t i = 0; i < MESSAGE_FDS && fds[i] >= 0; i++) {
		if (join_group(fds[i], err))
			return -1;
	}
	/* Now that the control group is the right one, it becomes the root of what is seen. */
	if (unshare(CLONE_NEWCGROUP) < 0)
		return error_errno(err, errno, "make a cgroup namespace");
	return 0;
}

static int join_network(int network, struct error *err)
{
	if (setns(network, CLONE_NEWNET) < 0)
		return error_errno(err, errno, "enter the network namespace");
	close(network);
	return 0;
}

/* What the engine has made meanwhile, in either order. */
static int await_rest(bool network, struct error *err)
{
	bool groups = true;
	struct message message;
	int fds[MESSAGE_FDS];

	while (groups || network) {
		int rc;
		if (message_receive(FD_SOCKET, &message, NULL, 0, fds, 0) <= 0)
			_exit(0);
		if (message.type == MESSAGE_GO && groups) {
			groups = false;
			rc = join_groups(fds, err);
		} else if (message.type == MESSAGE_NETWORK && network) {
			network = false;
			rc = join_network(fds[0], err);
		} else if (message.type == MESSAGE_FAILED) {
			*err = message.error;
			rc = -1;
		} else {
			rc = error_set(err, ERROR_INTERNAL, "unexpected message %u", message.type);
		}
		if (rc)
			return rc;
	}
	return 0;
}

static int enter_tree(const struct launcher_plan *plan, struct error *err)
{
	struct tree_own own;

	if (tree_take_own(&plan->tree, &own, err))
		return -1;
	if (plan->shared_tree < 0) {
		if (tree_build(&plan->tree, err))
			return -1;
	} else if (setns(plan->shared_tree, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0) {
		return error_errno(err, errno, "copy the file tree");
	}
	return tree_furnish(&plan->tree, &own, err);
}

static int send_tree(struct error *err)
{
	struct message message = {.type = MESSAGE_TREE};
	int fds[2] = {
		open(TREE_WRITABLE, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		open(TREE_WRITABLE SANDBOX_OUT, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};

	if (fds[0] < 0 || fds[1] < 0)
		return error_errno(err, errno, "open the sandbox's folders");
	if (message_send(FD_SOCKET, &message, NULL, fds, 2) < 0)
		_exit(0);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

int enter_sandbox(struct launcher_plan *plan, uid_t uid, gid_t gid, int *oom_score,
		  struct error *err)
{
	bool privileged = plan->tree.privileged;

	if (!privileged && map_ids(uid, gid, err))
		return -1;
	if ((!privileged && network_up(err)) || enter_tree(plan, err))
		return -1;
	if (sethostname("sandbox", 7) < 0)
		return error_errno(err, errno, "set the host name");
	if (send_tree(err) || await_rest(privileged, err) || (privileged && drop_root(err)))
		return -1;
	*oom_score = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	/* The memory here is a copy of the engine's or its stem's: nobody may look into it. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_errno(err, errno, "guard the launcher's memory");
	return 0;
}

void enter_bound_capabilities(void)
{
	/* Ends at the first number that this kernel does not know. */
	for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
}
