/* The control group of one sandbox: limits that hold for all its processes together. */
#ifndef NAMESPACE_CGROUP_H
#define NAMESPACE_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/model.h"
#include "runners/namespace/cgroup_find.h"

/* Processes of ours that live in the group beside the command's: launcher and init. */
enum { CGROUP_OWN_PROCESSES = 2 };

struct cgroup {
	int dirs[CGROUP_CONTROLLERS]; /* -1: this host or our rights have none */
	bool v2[CGROUP_CONTROLLERS];
	char name[96];
	uint64_t memory; /* limits in force */
	unsigned processes;
	double cpus;
	uint64_t oom_kills; /* seen so far */
	int peak; /* v2: a descriptor, for its memory of when the command began; -1: none */
	uint64_t peak_before; /* of earlier commands, where it cannot start anew */
};

struct cgroup_usage {
	uint64_t peak_memory; /* 0: unknown */
	unsigned processes; /* the most at once, without ours; 0: unknown */
	bool oom; /* the kernel killed for memory since the last look */
};

/* Whether groups are made in v2. */
bool cgroup_is_v2(void);

/* Makes the groups that can be made; what cannot be is left out, which is no error. */
void cgroup_make(struct cgroup *cgroup, const char *name, const struct limits *limits);

/*
 * The group of v2, for CLONE_INTO_CGROUP: to move a process there would wait for the lock that
 * cgroup_open_tasks speaks of. -1 without one; it stays the group's.
 */
int cgroup_target(const struct cgroup *cgroup);

/*
 * Those of v1: the files into which the process writes "0" to join by itself, which the caller closes.
 * Whoever moves another process waits for the kernel's thread-group lock, some 10 ms when nobody did so
 * lately; a thread that moves itself does not (cgroup_procs_write_start in kernel/cgroup/cgroup.c).
 * Returns how many; a group whose file cannot be opened is dropped.
 */
size_t cgroup_open_tasks(struct cgroup *cgroup, int fds[CGROUP_CONTROLLERS]);

/*
 * Before a command: its limits, and the peaks start anew. -1 with errno where a limit cannot be set: EBUSY
 * when v1's shall be less than what files of earlier commands take.
 */
int cgroup_prepare(struct cgroup *cgroup, const struct limits *limits);

void cgroup_usage(struct cgroup *cgroup, struct cgroup_usage *out);

/* Processes in it now, without ours; 0 when unknown. */
unsigned cgroup_population(const struct cgroup *cgroup);

/* Removes the groups; no process may be left. -1: one stays, for it has one all the same. */
int cgroup_remove(struct cgroup *cgroup);

const char *cgroup_version(const struct cgroup *cgroup); /* "v1", "v2", "none" */

/* One line for each controller: the folder in which groups are made. */
void cgroup_describe(struct buf *out);

/*
 * Kills what is in the groups of dir whose name starts with prefix, and removes them. -1 with errno
 * when one would not go.
 */
int cgroup_sweep(const char *dir, const char *prefix);

#endif
