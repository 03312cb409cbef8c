/*
 * One command in a sandbox, from the launcher's side: fresh pid, mount and ipc namespaces, no
 * rights.
 */
#ifndef LAUNCHER_TASK_H
#define LAUNCHER_TASK_H

#include <linux/filter.h>
#include <stdbool.h>
#include <sys/types.h>

#include "runners/namespace/launcher/message.h"

/*
 * What the launcher, the task's init and the command's child share: all three run in one address
 * space until the command is executed, so the result needs no pipe.
 */
struct task {
	const struct message_run *run;
	const char *overlay; /* mount options */
	const char *deps; /* folder of the outer tree for /deps, "" for none */
	const char *const *argv; /* NULL-terminated */
	const char *const *env;
	int out, err; /* the command's streams; closed by task_start */
	const struct sock_fprog *filter;
	int socket; /* to the engine */
	int oom_score; /* the launcher's /proc/self/oom_score_adj */
	char own_score[8]; /* what it said before */
	ssize_t own_score_len; /* 0: a command's cannot be set */
	int launcher; /* its pidfd */
	struct message_result result;
	_Atomic bool reported; /* the init has sent the result, or is about to */
	struct error error; /* set: the command was never started */
	pid_t init;
	int pidfd;
};

/*
 * Starts the init of the task; its end shows on task->pidfd. One task at a time. -1: task->error.
 */
int task_start(struct task *task);

/* Reaps the init; task->result is complete, and sent unless task->reported. */
void task_end(struct task *task);

#endif
