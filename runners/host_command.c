/* Runs a tool of the host to its end or its deadline, with both pipes drained. */
#include "runners/host_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"

enum { STDERR_MAX = 4096, GRACE_MS = 100 };

struct child {
	pid_t pid;
	int fds[2]; /* its stdout and stderr, -1 once ended */
	struct buf *texts[2];
};

static int spawn(const char *const *argv, const int writers[2], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, writers[0], 1);
	posix_spawn_file_actions_adddup2(&actions, writers[1], 2);
	/* Not in the caller's folder: a project's own .npmrc or .python-version is the reply's. */
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	int rc = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return rc;
}

static int start(struct child *child, const char *const *argv, struct error *err)
{
	int out[2], errors[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return error_errno(err, errno, "start %s", argv[0]);
	if (pipe2(errors, O_CLOEXEC) < 0) {
		int why = errno;
		close(out[0]);
		close(out[1]);
		return error_errno(err, why, "start %s", argv[0]);
	}
	int rc = spawn(argv, (const int[]){out[1], errors[1]}, &child->pid);
	close(out[1]);
	close(errors[1]);
	child->fds[0] = out[0];
	child->fds[1] = errors[0];
	if (rc == 0)
		return 0;
	close(out[0]);
	close(errors[0]);
	return error_set(err, ERROR_UNAVAILABLE, "cannot run %s: %s", argv[0], strerror(rc));
}

static void drain_one(struct child *child, int i)
{
	char chunk[16384];
	ssize_t n = read(child->fds[i], chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(child->fds[i]);
		child->fds[i] = -1;
		return;
	}
	buf_append(child->texts[i], chunk, (size_t)n);
}

/* Until both pipes have ended or the deadline is there. */
static void drain(struct child *child, double deadline)
{
	while (child->fds[0] >= 0 || child->fds[1] >= 0) {
		struct pollfd polls[2] = {{.fd = child->fds[0], .events = POLLIN},
					  {.fd = child->fds[1], .events = POLLIN}};
		double left = deadline - clock_ms();
		if (left <= 0)
			return;
		if (poll(polls, 2, (int)left + 1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++) {
			if (child->fds[i] >= 0 && polls[i].revents)
				drain_one(child, i);
		}
	}
}

/* Its exit status, or -1 when it was still there at the deadline; it is gone in either case. */
static int finish(struct child *child, double deadline)
{
	siginfo_t info = {0};
	int status = -1;

	while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0 && clock_ms() < deadline)
		poll(NULL, 0, 1);
	/* Before it is reaped, while its group cannot be another's: also what it left behind. */
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	for (int i = 0; i < 2; i++) {
		if (child->fds[i] >= 0)
			close(child->fds[i]);
	}
	return info.si_pid ? status : -1;
}

int host_command(const char *const *argv, unsigned deadline_ms, struct buf *out, struct error *err)
{
	struct child child = {.texts = {out}};
	double deadline = clock_ms() + deadline_ms;
	struct buf errors;
	int rc = 0;

	if (start(&child, argv, err) != 0)
		return -1;
	buf_init(&errors, STDERR_MAX);
	child.texts[1] = &errors;
	drain(&child, deadline);
	int status = finish(&child, deadline + GRACE_MS);
	if (errors.len) /* an empty buffer's text is everybody's */
		errors.data[strcspn(errors.data, "\r\n")] = '\0';
	if (status == -1)
		rc = error_set(err, ERROR_UNAVAILABLE, "%s did not answer within %u ms", argv[0],
			       deadline_ms);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		rc = error_set(err, ERROR_UNAVAILABLE, "%s failed: %.200s", argv[0],
			       errors.len ? errors.data : "it said nothing");
	buf_done(&errors);
	return rc;
}
