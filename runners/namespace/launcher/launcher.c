/* The small process that each sandbox has: becomes one (enter.c), then waits for commands. */
#include "runners/namespace/launcher/launcher.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/namespace/launcher/enter.h"
#include "runners/namespace/launcher/message.h"
#include "runners/namespace/launcher/task.h"
#include "runners/namespace/launcher/title.h"
#include "runners/sandbox.h"

enum { POINTERS_MAX = 16384 };

static char strings[MESSAGE_STRINGS];
static const char *pointers[POINTERS_MAX];
static int oom_score = -1, self = -1;

static void fail(const struct error *err)
{
	struct message message = {.type = MESSAGE_FAILED, .error = *err};
	message_send(FD_SOCKET, &message, NULL, NULL, 0);
}

/* Splits the packet's strings into overlay, deps, argv and env. */
static int take_strings(struct task *task, const struct message *message)
{
	const struct message_run *run = &message->run;
	size_t wanted = 2 + (size_t)run->argc + run->envc, count = 0;
	const char *at = strings, *end = strings + message->string_bytes;
	const char *fixed[2] = {"", ""};

	if (run->argc == 0 || wanted + 2 > POINTERS_MAX || at == end || end[-1] != '\0')
		return error_set(&task->error, ERROR_TOO_LARGE,
				 "the command has too many arguments and variables");
	for (; at < end && count < wanted; count++, at += strlen(at) + 1) {
		if (count < 2)
			fixed[count] = at;
		else if (count < 2 + run->argc)
			pointers[count - 2] = at;
		else
			pointers[count - 1] = at; /* past the NULL of argv */
	}
	if (count != wanted)
		return error_set(&task->error, ERROR_INTERNAL, "the command arrived cut");
	pointers[run->argc] = NULL;
	pointers[run->argc + 1 + run->envc] = NULL;
	task->overlay = fixed[0];
	task->deps = fixed[1];
	task->argv = pointers;
	task->env = pointers + run->argc + 1;
	return 0;
}

/*
 * The task shares our memory, errno included, so between its start and its end only calls that
 * succeed are made here.
 */
static void await_end(const struct task *task)
{
	struct pollfd polled[2] = {
		{.fd = FD_SOCKET, .events = POLLIN},
		{.fd = task->pidfd, .events = POLLIN},
	};

	for (;;) {
		poll(polled, 2, -1);
		if (polled[1].revents)
			return;
		if (task->reported) {
			/* What comes now is the next command, for serve(). */
			polled[0].fd = -1;
			continue;
		}
		struct message message;
		int fds[MESSAGE_FDS];
		if (message_receive(FD_SOCKET, &message, NULL, 0, fds, 0) <= 0)
			_exit(0); /* the engine is gone; the init's death signal does the rest */
		if (message.type == MESSAGE_KILL)
			kill(task->init, SIGKILL);
	}
}

static void run(const struct message *message, const int fds[MESSAGE_FDS],
		const struct sock_fprog *filter)
{
	static struct task task;

	task = (struct task){
		.run = &message->run,
		.out = fds[0],
		.err = fds[1],
		.filter = filter,
		.socket = FD_SOCKET,
		.oom_score = oom_score,
		.launcher = self,
	};
	if (take_strings(&task, message)) {
		close(task.out);
		close(task.err);
	} else if (task_start(&task) == 0) {
		await_end(&task);
		task_end(&task);
	}
	if (error_is_set(&task.error)) {
		fail(&task.error);
		return;
	}
	if (task.reported)
		return;
	struct message ended = {.type = MESSAGE_ENDED, .result = task.result};
	message_send(FD_SOCKET, &ended, NULL, NULL, 0);
}

static void listen_for_proxy(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(SANDBOX_PROXY_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct message answer = {.type = MESSAGE_SOCKET};
	struct error err = {0};
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0) {
		error_errno(&err, errno, "listen on port %d", SANDBOX_PROXY_PORT);
		fail(&err);
	} else {
		message_send(FD_SOCKET, &answer, NULL, &fd, 1);
	}
	if (fd >= 0)
		close(fd);
}

static _Noreturn void serve(const struct sock_fprog *filter)
{
	static struct message message;
	int fds[MESSAGE_FDS];

	while (message_receive(FD_SOCKET, &message, strings, sizeof(strings), fds, 0) > 0) {
		if (message.type == MESSAGE_RUN)
			run(&message, fds, filter);
		else if (message.type == MESSAGE_EGRESS)
			listen_for_proxy();
		/* MESSAGE_KILL for a task that has just ended by itself needs nothing. */
	}
	_exit(0);
}

_Noreturn void launcher_main(struct launcher_plan *plan, int socket, pid_t engine, uid_t uid,
			     gid_t gid)
{
	const struct message ready = {.type = MESSAGE_READY};
	struct error err = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != engine)
		_exit(0);
	title_set("assay-sandbox");
	enter_reset_signals();
	enter_reset_priority();
	umask(0); /* modes are meant as written; commands get one of their own */
	if (enter_keep_descriptors(socket, plan, &err))
		_exit(1);
	if (enter_sandbox(plan, uid, gid, &oom_score, &err)) {
		fail(&err);
		_exit(1);
	}
	self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (self < 0) {
		error_errno(&err, errno, "hold the launcher");
		fail(&err);
		_exit(1);
	}
	if (message_send(FD_SOCKET, &ready, NULL, NULL, 0) < 0)
		_exit(0);
	/* While the engine reads that. */
	enter_bound_capabilities();
	/* Once more, for a change of ids clears it; the socket's end covers the time between. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	serve(&plan->filter);
}
