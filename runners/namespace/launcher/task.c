/*
 * One command in a sandbox: an init that is pid 1 of a fresh pid namespace prepares mounts, gives
 * up all rights, starts the command, reaps what it leaves behind and tells how it ended.
 *
 * The init is a clone that shares the launcher's memory, which is what makes it cheap (a fork
 * copies page tables, an exec builds new ones). So it may not allocate, and the launcher sits in
 * poll(2) meanwhile.
 */
#include "runners/namespace/launcher/task.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/namespace/launcher/seccomp.h"
#include "runners/namespace/launcher/spawn.h"
#include "runners/namespace/launcher/survivors.h"
#include "runners/namespace/launcher/tree.h"
#include "runners/sandbox.h"

enum {
	INIT_STACK = 256 * 1024,
	COMMAND_STACK = 64 * 1024,
	PENDING_SIGNALS = 4096, /* timers, too */
	QUEUE_BYTES = 256 * 1024, /* three POSIX message queues of the usual size */
};

static char init_stack[INIT_STACK] __attribute__((aligned(64)));
static char command_stack[COMMAND_STACK] __attribute__((aligned(64)));

/* ---- who is ended where memory runs out ---- */

/*
 * The command, not the launcher, which has the engine's size. A score is inherited, and one that is written
 * counts for all who share the memory, but not for a child of vfork(2) (__set_oom_adj in the kernel's
 * fs/proc/base.c): so the init takes the worst, and the command, which keeps it, puts the launcher's and
 * the init's back before it executes anything. Where it is refused the biggest is taken.
 */
static void mark_as_victim(struct task *task)
{
	ssize_t len = pread(task->oom_score, task->own_score, sizeof(task->own_score), 0);

	task->own_score_len = len > 0 && pwrite(task->oom_score, "1000", 4, 0) > 0 ? len : 0;
}

static bool spare_launcher(const struct task *task)
{
	return task->own_score_len > 0 &&
	       pwrite(task->oom_score, task->own_score, (size_t)task->own_score_len, 0) > 0;
}

/* ---- the command's child: from here to execve ---- */

static void execute(const struct task *task, const char *path)
{
	execve(path, (char *const *)task->argv, (char *const *)task->env);
	if (errno != ENOEXEC)
		return;
	/* A script without #! is the shell's, as execvp(3) has it. */
	const char *argv[66] = {"/bin/sh", path};
	size_t i = 1;
	for (; i < 64 && task->argv[i]; i++)
		argv[i + 1] = task->argv[i];
	argv[i + 1] = NULL;
	execve("/bin/sh", (char *const *)argv, (char *const *)task->env);
}

static const char *search_path(const struct task *task)
{
	for (const char *const *it = task->env; *it; it++) {
		if (strncmp(*it, "PATH=", 5) == 0)
			return *it + 5;
	}
	return "/usr/local/bin:/usr/bin:/bin";
}

/* Looks argv[0] up on the command's own PATH; returns only when nothing could be executed. */
static int execute_on_path(const struct task *task)
{
	const char *name = task->argv[0];
	char path[4096];
	int seen = ENOENT;

	if (strchr(name, '/')) {
		execute(task, name);
		return errno;
	}
	for (const char *at = search_path(task);;) {
		const char *end = strchrnul(at, ':');
		int len = snprintf(path, sizeof(path), "%.*s/%s", (int)(end - at), at, name);
		if (len > 0 && (size_t)len < sizeof(path)) {
			execute(task, path);
			if (errno != ENOENT && errno != ENOTDIR)
				seen = errno;
		}
		if (!*end)
			return seen;
		at = end + 1;
	}
}

static int command_main(void *arg)
{
	const struct task *task = arg;
	char text[256];

	spare_launcher(task);
	setsid();
	umask(022);
	int null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0 || dup2(task->out, 1) < 0 || dup2(task->err, 2) < 0)
		return 126;
	close_range(3, ~0U, 0);
	int failed = execute_on_path(task);
	int len = snprintf(text, sizeof(text), "%.160s: %s\n", task->argv[0],
			   failed == ENOENT ? "command not found" : strerror(failed));
	if (write(2, text, (size_t)len) < 0)
		return 126;
	return failed == ENOENT ? 127 : 126;
}

/* ---- the init ---- */

static int mount_task(struct task *task)
{
	const struct message_run *run = task->run;
	struct error *err = &task->error;
	char size[TREE_TMPFS_OPTIONS];

	if (mount("overlay", TREE_ROOT SANDBOX_WORKSPACE, "overlay", MS_NOSUID | MS_NODEV,
		  task->overlay) < 0) {
		task->result.no_room = errno == ENOSPC || errno == EDQUOT;
		return task->result.no_room ? -1 : error_errno(err, errno, "mount overlay");
	}
	if (mount("proc", TREE_ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return error_errno(err, errno, "mount proc");
	tree_tmpfs_options(size, "1777", run->limits.disk);
	if (mount("tmp", TREE_ROOT "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, size) < 0 ||
	    mount("shm", TREE_ROOT "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, size) < 0)
		return error_errno(err, errno, "mount tmpfs");
	/* Under /layers it is read-only already, under /building it is not: a bind keeps that. */
	if (task->deps[0] && mount(task->deps, TREE_ROOT SANDBOX_DEPS, NULL, MS_BIND, NULL) < 0)
		return error_errno(err, errno, "mount " SANDBOX_DEPS);
	return 0;
}

/*
 * The launcher's root is a tmpfs of our own with nothing of the host in it, so chroot is no wall
 * but the cheap way to keep the other layers out of sight; leaving it takes a capability or a
 * descriptor from outside, and a command has neither. It also makes the kernel refuse new user
 * namespaces.
 */
static int enter_root(struct task *task)
{
	if (chroot(TREE_ROOT) < 0 || chdir(SANDBOX_WORKSPACE) < 0)
		return error_errno(&task->error, errno, "enter the sandbox's root");
	return 0;
}

/* At most what the engine has itself: raising a hard limit takes a capability over the host. */
static int limit(int what, uint64_t value)
{
	struct rlimit both;

	if (getrlimit((__rlimit_resource_t)what, &both) < 0)
		return -1;
	if (value < both.rlim_max)
		both.rlim_max = value;
	both.rlim_cur = both.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &both);
}

static int set_limits(struct task *task)
{
	const struct message_run *run = task->run;
	const struct limits *limits = &run->limits;
	int rc = limit(RLIMIT_CORE, 0);

	/* Of what all sandboxes of a host have together. */
	if (!rc)
		rc = limit(RLIMIT_SIGPENDING, PENDING_SIGNALS) ||
		     limit(RLIMIT_MSGQUEUE, QUEUE_BYTES);
	if (!rc && limits->file_size)
		rc = limit(RLIMIT_FSIZE, limits->file_size);
	if (!rc && limits->open_files)
		rc = limit(RLIMIT_NOFILE, limits->open_files);
	if (!rc && run->limit_processes)
		rc = limit(RLIMIT_NPROC, run->limit_processes);
	if (!rc && run->limit_memory)
		rc = limit(RLIMIT_DATA, limits->memory);
	return rc ? error_errno(&task->error, errno, "set resource limits") : 0;
}

static int give_up_rights(struct task *task)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	if (syscall(SYS_capset, &header, none) < 0)
		return error_errno(&task->error, errno, "drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(&task->error, errno, "set no_new_privs");
	if (seccomp_enter(task->filter) < 0)
		return error_errno(&task->error, errno, "load the system call filter");
	return 0;
}

static pid_t start_command(struct task *task)
{
	mark_as_victim(task);
	pid_t command = spawn_sharing(command_main, command_stack, sizeof(command_stack),
				      CLONE_VFORK, task, NULL);

	if (command < 0) {
		error_errno(&task->error, errno, "start the command");
		spare_launcher(task);
	}
	return command;
}

/* Waits for the command while reaping what it orphans, then ends all that is left and counts it. */
static void supervise(struct task *task, pid_t command)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(-1, &status, __WALL);
	while (pid > 0 && pid != command);
	task->result.exit_code = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	task->result.signal = pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	/* Usually nothing is left but us. */
	if (waitpid(-1, &status, __WALL | WNOHANG) >= 0) {
		task->result.pipe_kept = survivors_hold(task->out, task->err);
		kill(-1, SIGKILL);
		while (waitpid(-1, &status, __WALL) > 0)
			task->result.survivors++;
	}
}

static void add_usage(struct message_result *result, const struct rusage *usage)
{
	result->cpu_us = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
			 (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
	result->max_rss = (uint64_t)usage->ru_maxrss * 1024;
}

/*
 * All processes are dead; what is still to come, the end of our namespaces and their mounts, takes
 * as long again as a short command, and nobody needs to wait for it.
 */
static void report(struct task *task)
{
	struct message message = {.type = MESSAGE_ENDED};
	struct rusage usage = {0};

	close(task->out);
	close(task->err);
	getrusage(RUSAGE_CHILDREN, &usage);
	add_usage(&task->result, &usage);
	message.result = task->result;
	/* Before, for the answer may be here sooner than we are back. */
	task->reported = true;
	if (message_send(task->socket, &message, NULL, NULL, 0) < 0)
		task->reported = false;
}

/* One that is dead by then takes nobody with it: without a control group we would never be found. */
static bool die_with_launcher(const struct task *task)
{
	struct pollfd launcher = {.fd = task->launcher, .events = POLLIN};

	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && poll(&launcher, 1, 0) == 0;
}

static int init_main(void *arg)
{
	struct task *task = arg;

	if (!die_with_launcher(task))
		return 1;
	if (mount_task(task) || enter_root(task) || set_limits(task) || give_up_rights(task))
		return 1;
	pid_t command = start_command(task);
	if (command < 0)
		return 1;
	supervise(task, command);
	report(task);
	return 0;
}

/* ---- the launcher ---- */

int task_start(struct task *task)
{
	memset(&task->result, 0, sizeof(task->result));
	task->result.exit_code = -1;
	task->error.code = ERROR_NONE;
	task->reported = false;
	task->init = spawn_sharing(init_main, init_stack, sizeof(init_stack),
				   CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_PIDFD, task,
				   &task->pidfd);
	int failed = errno;
	close(task->out);
	close(task->err);
	return task->init < 0 ? error_errno(&task->error, failed, "make the task's namespaces") : 0;
}

void task_end(struct task *task)
{
	struct rusage usage = {0};
	int status;

	while (wait4(task->init, &status, __WALL, &usage) < 0 && errno == EINTR)
		;
	close(task->pidfd);
	/* Killed from outside, and the command with it. */
	if (WIFSIGNALED(status) && task->result.exit_code < 0 && !task->result.signal)
		task->result.signal = WTERMSIG(status);
	if (!task->reported)
		add_usage(&task->result, &usage);
}
