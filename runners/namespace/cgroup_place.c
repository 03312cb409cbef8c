/*
 * The folders in which this process makes control groups; in v2, how one becomes fit for that.
 *
 * A group of v2 gives its children limits only if it holds no process itself (kernel
 * Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint"). So an engine that is alone
 * in its group, as a service or a delegated scope is, moves into a leaf of it, and what it makes stays
 * within the limits that its group was given. One that shares its group, with a shell for instance,
 * leaves the others where they are: the nearest group above that will do is taken.
 */
#include "runners/namespace/cgroup_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/file.h"

#define LEAF "assay"
#define SUBTREE "cgroup.subtree_control"

enum { PROCESSES_MAX = 64, ANCESTORS_MAX = 64 };

static struct cgroup_place places[CGROUP_CONTROLLERS];
static char left[PATH_MAX]; /* the group that was left for its leaf */
static pid_t left_by; /* a child that was forked did not */

/* ---- files of a group ---- */

static void read_file(const char *dir, const char *file, struct buf *out)
{
	char path[PATH_MAX + 64];

	buf_init(out, 1 << 16);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	file_read(path, out, NULL);
}

static int write_file(const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, text, strlen(text));
	file_close(fd);
	return written < 0 ? -1 : 0;
}

/* Which of the controllers that we want a file lists: "cpuset cpu memory\n". */
static unsigned listed(const char *dir, const char *file, unsigned wanted)
{
	struct buf text;
	unsigned found = 0;
	char *rest;

	read_file(dir, file, &text);
	for (char *word = strtok_r(text.data, " \n", &rest); word;
	     word = strtok_r(NULL, " \n", &rest)) {
		for (unsigned i = 0; i < CGROUP_CONTROLLERS; i++) {
			if (strcmp(word, cgroup_controller_names[i]) == 0)
				found |= 1U << i;
		}
	}
	buf_done(&text);
	return found & wanted;
}

static int switch_all(const char *dir, char sign, unsigned controllers)
{
	char text[64] = "";
	size_t len = 0;

	for (unsigned i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (controllers & 1U << i)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%c%s ", sign,
						cgroup_controller_names[i]);
	}
	return write_file(dir, SUBTREE, text);
}

/*
 * Whether groups made here can be limited. Controllers that are missing are switched on in one write:
 * pids alone would succeed beside processes, and make of this a group that only threads can use.
 */
static bool offers(const char *dir, unsigned wanted, unsigned *got)
{
	unsigned needed = wanted & ~(1U << CGROUP_CPU), have = listed(dir, SUBTREE, wanted);
	unsigned missing = listed(dir, "cgroup.controllers", wanted) & ~have;

	if (access(dir, W_OK) != 0 || ((have | missing) & needed) != needed)
		return false;
	/* The kernel refuses cpu where processes with real-time priority are. */
	if (missing && switch_all(dir, '+', missing) != 0 && missing & needed)
		switch_all(dir, '+', missing & needed);
	*got = listed(dir, SUBTREE, wanted);
	return (*got & needed) == needed;
}

/* ---- stepping aside ---- */

/* Field 4 of /proc/<pid>/stat (proc(5)); 0 when there is none. */
static pid_t parent_of(pid_t pid)
{
	char folder[32];
	struct buf stat;
	int parent = 0;

	snprintf(folder, sizeof(folder), "/proc/%d", (int)pid);
	read_file(folder, "stat", &stat);
	const char *name_end = strrchr(stat.data, ')');
	if (!name_end || sscanf(name_end + 1, " %*c %d", &parent) != 1)
		parent = 0;
	buf_done(&stat);
	return parent;
}

static bool is_ours(pid_t pid)
{
	for (int i = 0; i < ANCESTORS_MAX && pid > 0; i++, pid = parent_of(pid)) {
		if (pid == getpid())
			return true;
	}
	return false;
}

/* The processes of a group; -1 when they are too many, or not all ours. */
static int our_processes(const char *dir, pid_t pids[PROCESSES_MAX])
{
	struct buf text;
	int count = 0;

	read_file(dir, "cgroup.procs", &text);
	for (char *at = text.data, *end; count >= 0; at = end) {
		pid_t pid = (pid_t)strtol(at, &end, 10);
		if (end == at)
			break;
		/* 0 is one that our pid namespace does not show. */
		if (count == PROCESSES_MAX || !is_ours(pid))
			count = -1;
		else
			pids[count++] = pid;
	}
	buf_done(&text);
	return count;
}

/* One that has ended meanwhile is no failure. */
static int move(const char *to, const pid_t *pids, int count)
{
	char text[16];

	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%d", (int)pids[i]);
		if (write_file(to, "cgroup.procs", text) != 0 && errno != ESRCH)
			return -1;
	}
	return 0;
}

static void step_back(const char *dir)
{
	char leaf[PATH_MAX + 16];
	pid_t pids[PROCESSES_MAX];

	snprintf(leaf, sizeof(leaf), "%s/" LEAF, dir);
	switch_all(dir, '-', listed(dir, SUBTREE, ~0U));
	int count = our_processes(leaf, pids);
	move(dir, pids, count);
	rmdir(leaf);
}

/* Whoever started this engine finds its group as it was, and may start another in it. */
static void at_exit(void)
{
	if (left_by == getpid())
		step_back(left);
}

static bool step_aside(const char *dir, unsigned wanted, unsigned *got)
{
	char leaf[PATH_MAX + 16];
	pid_t pids[PROCESSES_MAX];
	int count = our_processes(dir, pids);

	snprintf(leaf, sizeof(leaf), "%s/" LEAF, dir);
	if (count <= 0 || access(dir, W_OK) != 0 || (mkdir(leaf, 0755) != 0 && errno != EEXIST))
		return false;
	if (move(leaf, pids, count) == 0 && offers(dir, wanted, got)) {
		snprintf(left, sizeof(left), "%s", dir);
		left_by = getpid();
		atexit(at_exit);
		return true;
	}
	step_back(dir);
	return false;
}

/* ---- where ---- */

/* A group that can be made may still let nobody in, where only the folder around it is ours. */
static bool can_be_entered(const char *dir)
{
	char group[PATH_MAX + 32];
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};

	snprintf(group, sizeof(group), "%s/" LEAF "-try-%d", dir, (int)getpid());
	if (mkdir(group, 0755) != 0)
		return false;
	int fd = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	args.cgroup = (uint64_t)fd;
	pid_t pid = fd < 0 ? -1 : (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	file_close(fd);
	rmdir(group);
	return pid > 0;
}

/* A process is in one group of v2 only, so it is the same folder for all controllers. */
static void settle_v2(unsigned wanted)
{
	struct cgroup_place *first = &places[__builtin_ctz(wanted)];
	char dir[PATH_MAX];
	unsigned got = 0;

	snprintf(dir, sizeof(dir), "%s", first->dir);
	bool found = offers(dir, wanted, &got) || step_aside(dir, wanted, &got);
	while (!found && strlen(dir) > strlen(first->mount)) {
		*strrchr(dir, '/') = '\0';
		found = offers(dir, wanted, &got);
	}
	found = found && can_be_entered(dir);
	for (unsigned i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (!(wanted & 1U << i))
			continue;
		places[i].found = found && got & 1U << i;
		snprintf(places[i].dir, sizeof(places[i].dir), "%s", dir);
	}
}

static void look_up(void)
{
	struct buf mountinfo, group;
	unsigned v2 = 0;

	buf_init(&mountinfo, 4 << 20);
	buf_init(&group, 1 << 16);
	if (file_read("/proc/self/mountinfo", &mountinfo, NULL) == 0 &&
	    file_read("/proc/self/cgroup", &group, NULL) == 0) {
		for (unsigned i = 0; i < CGROUP_CONTROLLERS; i++) {
			cgroup_find(mountinfo.data, group.data, (enum cgroup_controller)i,
				    &places[i]);
			if (places[i].found && places[i].v2)
				v2 |= 1U << i;
		}
	}
	buf_done(&mountinfo);
	buf_done(&group);
	if (v2)
		settle_v2(v2);
}

const struct cgroup_place *cgroup_place(enum cgroup_controller controller)
{
	static bool known;

	if (!known)
		look_up();
	known = true;
	return &places[controller];
}
