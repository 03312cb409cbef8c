/* What the engine, its stem and the launchers say to each other: packets with descriptors. */
#ifndef LAUNCHER_MESSAGE_H
#define LAUNCHER_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/error.h"
#include "engine/model.h"

enum message_type {
	MESSAGE_FAILED, /* launcher: what was asked went wrong; error says how */
	MESSAGE_TREE, /* launcher: has its tree; descriptors: the writable root, the out folder */
	MESSAGE_NETWORK, /* engine, when it is root: descriptor: the network to enter */
	MESSAGE_GO, /* engine: descriptors: v1 groups to join */
	MESSAGE_READY, /* launcher: open */
	MESSAGE_RUN, /* engine: a task, strings follow; descriptors: stdout, stderr */
	MESSAGE_KILL, /* engine: end the task under way, if any */
	MESSAGE_ENDED, /* launcher: result of the task */
	MESSAGE_EGRESS, /* engine: asks for the listening socket */
	MESSAGE_SOCKET, /* launcher: descriptor: the socket */
	MESSAGE_LAUNCH, /* engine to its stem (launcher_start.c): a launcher's plan follows */
	MESSAGE_LAUNCHED, /* stem: descriptor: its pidfd */
};

/* All strings of a task together; they travel in one packet. */
enum { MESSAGE_STRINGS = 128 * 1024, MESSAGE_FDS = 4 };

struct message_run {
	struct limits limits;
	uint32_t argc; /* the strings are: overlay options, deps source or "", argv, env */
	uint32_t envc;
	uint32_t limit_processes; /* for the rlimit, when no control group does it; 0: none */
	uint32_t limit_memory; /* whether limits.memory is for the rlimit, too */
};

struct message_result {
	int exit_code; /* -1: did not exit */
	int signal;
	unsigned survivors; /* processes that were still alive when the command had ended */
	unsigned pipe_kept;
	unsigned no_room; /* it was never started: the writable layers have none for the mount */
	uint64_t cpu_us;
	uint64_t max_rss; /* of the biggest process, bytes */
};

struct message_launched {
	pid_t pid; /* -1: it could not be made */
	int failed; /* why, an errno */
};

struct message {
	uint32_t type;
	uint32_t string_bytes; /* that follow in the same packet */
	union {
		struct error error;
		struct message_run run;
		struct message_result result;
		struct message_launched launched;
	};
};

/* Sends one packet; fds are duplicated into it. Safe in a forked child. */
int message_send(int socket, const struct message *message, const char *strings, const int *fds,
		 size_t fd_count);

/*
 * Receives one packet into message and up to max bytes into strings (may be NULL). fds[] not sent
 * are -1. Returns 1, 0 at the end of the conversation, -1 with errno (EAGAIN when flags has
 * MSG_DONTWAIT and there is none).
 */
int message_receive(int socket, struct message *message, char *strings, size_t max,
		    int fds[MESSAGE_FDS], int flags);

#endif
