/*
 * The small process that each sandbox has: it sits in the sandbox's namespaces and file tree, waits
 * for commands and starts them. It dies with the engine, and everything in the sandbox with it.
 */
#ifndef LAUNCHER_LAUNCHER_H
#define LAUNCHER_LAUNCHER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/error.h"
#include "runners/namespace/launcher/tree.h"

/* Who commands are, inside. */
enum { LAUNCHER_UID_INSIDE = 1000, LAUNCHER_GID_INSIDE = 1000 };

/*
 * Who they are on the host when the engine is root: an id that no account has, above the 16-bit ids
 * and away from the ranges that useradd hands out for containers (100000 and up to 0x2faf0800).
 */
enum { LAUNCHER_UID_HOST = 0x3fff0000, LAUNCHER_GID_HOST = 0x3fff0000 };

struct launcher {
	pid_t pid;
	int pidfd;
	int socket; /* non-blocking to read by MSG_DONTWAIT, see message.h */
	int far; /* its other end, until the launcher has it */
};

struct launcher_plan {
	struct tree_plan tree;
	int shared_tree; /* mount namespace with the shared part of the tree, -1: to be built */
	int cgroup; /* of v2, which it is to start in; -1: none */
	struct sock_fprog filter;
};

/* Makes the socket; when the engine is root, the network is begun: first of all, for it takes longest. */
int launcher_begin(struct launcher *launcher, bool privileged, struct error *err);

/* Instead of launcher_start. */
void launcher_forget(struct launcher *launcher);

/*
 * Starts the launcher; it sends MESSAGE_TREE, and MESSAGE_READY once it got MESSAGE_GO; or
 * MESSAGE_FAILED. plan is copied by the fork. When this fails the launcher is forgotten.
 */
int launcher_start(struct launcher *launcher, const struct launcher_plan *plan, struct error *err);

/*
 * For an engine that will open many sandboxes, at its start: forks the process that launchers are
 * forked from (launcher_start.c) while that is cheap. Without it they are forked from the engine itself.
 */
int launcher_prepare(struct error *err);

/* Ends that process. */
void launcher_retire(void);

/* The launcher's life, in a process of its own; engine is its parent. */
_Noreturn void launcher_main(struct launcher_plan *plan, int socket, pid_t engine, uid_t uid,
			     gid_t gid);

#endif
