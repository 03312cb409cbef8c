/* The control group of one sandbox: limits that hold for all its processes together. */
#include "runners/namespace/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/cgroup_place.h"

/* The same wishes under the names of cgroup v1 and v2 (kernel Documentation/admin-guide). */
static const struct {
	const char *memory_max, *swap_max, *memory_peak, *oom, *cpu_max;
} files[2] = {
	{"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max_usage_in_bytes",
	 "memory.oom_control", "cpu.cfs_quota_us"},
	{"memory.max", "memory.swap.max", "memory.peak", "memory.events", "cpu.max"},
};

/* CLOSE: the engine's loop waits. SWEEP: an engine that was just killed may take its time to end. */
enum {
	CPU_PERIOD_US = 100 * 1000,
	CPU_QUOTA_MIN_US = 1000,
	CLOSE_PATIENCE_US = 120 * 1000,
	SWEEP_PATIENCE_US = 10 * 1000 * 1000,
	PAUSE_MOST_US = 100 * 1000,
};

/* ---- single files ---- */

static int put(int dir, const char *file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int put(int dir, const char *file, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, text, (size_t)len);
	file_close(fd);
	return written < 0 ? -1 : 0;
}

/* The number in an open file, or after a word in it ("oom_kill 3"); otherwise when there is none. */
static uint64_t get_open(int fd, const char *word, uint64_t otherwise)
{
	char text[512];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return otherwise;
	text[len] = '\0';
	const char *at = text;
	if (word) {
		at = strstr(text, word);
		if (!at)
			return otherwise;
		at += strlen(word);
	}
	char *end;
	uint64_t value = strtoull(at, &end, 10);
	return end == at ? otherwise : value;
}

static uint64_t get(int dir, const char *file, const char *word, uint64_t otherwise)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return otherwise;
	uint64_t value = get_open(fd, word, otherwise);
	close(fd);
	return value;
}

/* ---- limits ---- */

/*
 * Memory and swap together may never be less than memory, so the order depends on the direction:
 * the one that fails first is tried again.
 */
static int set_memory_v1(int dir, uint64_t bytes)
{
	int failed = put(dir, files[0].memory_max, "%" PRIu64, bytes);
	int swap = put(dir, files[0].swap_max, "%" PRIu64, bytes);

	if (failed)
		failed = put(dir, files[0].memory_max, "%" PRIu64, bytes);
	/* A kernel may be built or booted without swap accounting; then there is no such file. */
	return failed || (swap && errno != ENOENT) ? -1 : 0;
}

static int set_memory(int dir, bool v2, uint64_t bytes)
{
	if (!v2)
		return set_memory_v1(dir, bytes);
	put(dir, files[1].swap_max, "0");
	return put(dir, files[1].memory_max, "%" PRIu64, bytes);
}

static int set_cpus(int dir, bool v2, double cpus)
{
	long quota = cpus > 0 ? (long)(cpus * CPU_PERIOD_US) : -1;

	if (quota >= 0 && quota < CPU_QUOTA_MIN_US)
		quota = CPU_QUOTA_MIN_US;
	if (!v2)
		return put(dir, files[0].cpu_max, "%ld", quota);
	return quota > 0 ? put(dir, files[1].cpu_max, "%ld %d", quota, CPU_PERIOD_US)
			 : put(dir, files[1].cpu_max, "max");
}

/* ---- removing ---- */

static void kill_all(int dir)
{
	if (put(dir, "cgroup.kill", "1") == 0) /* v2 */
		return;
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *procs = fd < 0 ? NULL : fdopen(fd, "r");
	int pid;

	if (!procs)
		return;
	while (fscanf(procs, "%d", &pid) == 1) {
		if (pid > 1)
			kill(pid, SIGKILL);
	}
	fclose(procs);
}

/*
 * Dying processes leave a group a little later than they stop existing for others: it is looked at again
 * until patience is used up, which is less of it for the next group.
 */
static int remove_group(int parent, const char *name, long *patience_us)
{
	for (long pause_us = 100;; pause_us += pause_us < PAUSE_MOST_US ? pause_us / 2 : 0) {
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0) {
			kill_all(dir);
			close(dir);
		}
		if (*patience_us <= 0)
			break;
		nanosleep(&(struct timespec){.tv_nsec = pause_us * 1000}, NULL);
		*patience_us -= pause_us;
	}
	errno = EBUSY;
	return -1;
}

/* Gives up one controller; the group goes with the last one that it has, or stays behind: -1. */
static int drop(struct cgroup *cgroup, int controller)
{
	const char *place = cgroup_place(controller)->dir;
	long patience_us = CLOSE_PATIENCE_US;

	close(cgroup->dirs[controller]);
	cgroup->dirs[controller] = -1;
	if (controller == CGROUP_MEMORY) {
		file_close(cgroup->peak);
		cgroup->peak = -1;
	}
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (cgroup->dirs[i] >= 0 && strcmp(cgroup_place(i)->dir, place) == 0)
			return 0;
	}
	int parent = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = parent < 0 ? -1 : remove_group(parent, cgroup->name, &patience_us);
	file_close(parent);
	return rc;
}

/* Writes only what differs from what is in force; what failed is tried again the next time. */
static int set_limit(struct cgroup *cgroup, enum cgroup_controller controller,
		     const struct limits *limits)
{
	int dir = cgroup->dirs[controller];
	bool v2 = cgroup->v2[controller];
	int rc = 0;

	if (dir < 0)
		return 0;
	if (controller == CGROUP_MEMORY && limits->memory && limits->memory != cgroup->memory) {
		rc = set_memory(dir, v2, limits->memory);
		cgroup->memory = rc ? 0 : limits->memory;
	}
	if (controller == CGROUP_PIDS && limits->processes &&
	    limits->processes != cgroup->processes) {
		rc = put(dir, "pids.max", "%u", limits->processes + CGROUP_OWN_PROCESSES);
		cgroup->processes = rc ? 0 : limits->processes;
	}
	if (controller == CGROUP_CPU && limits->cpus > 0 && limits->cpus != cgroup->cpus) {
		rc = set_cpus(dir, v2, limits->cpus);
		cgroup->cpus = rc ? 0 : limits->cpus;
	}
	return rc;
}

bool cgroup_is_v2(void)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (cgroup_place(i)->found && cgroup_place(i)->v2)
			return true;
	}
	return false;
}

void cgroup_make(struct cgroup *cgroup, const char *name, const struct limits *limits)
{
	char path[PATH_MAX + 128];

	*cgroup = (struct cgroup){.dirs = {-1, -1, -1}, .peak = -1};
	snprintf(cgroup->name, sizeof(cgroup->name), "%s", name);
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		const struct cgroup_place *place = cgroup_place(i);
		if (!place->found)
			continue;
		snprintf(path, sizeof(path), "%s/%s", place->dir, name);
		/* In v2, and in a v1 hierarchy of several controllers, it is there already. */
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			continue;
		cgroup->dirs[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cgroup->v2[i] = place->v2;
	}
	/* A limit that cannot be set is not claimed. */
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (set_limit(cgroup, (enum cgroup_controller)i, limits))
			drop(cgroup, i);
	}
}

int cgroup_target(const struct cgroup *cgroup)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (cgroup->v2[i] && cgroup->dirs[i] >= 0)
			return cgroup->dirs[i];
	}
	return -1;
}

size_t cgroup_open_tasks(struct cgroup *cgroup, int fds[CGROUP_CONTROLLERS])
{
	size_t count = 0;

	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (cgroup->dirs[i] < 0 || cgroup->v2[i])
			continue;
		int fd = openat(cgroup->dirs[i], "tasks", O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			drop(cgroup, i);
		else
			fds[count++] = fd;
	}
	return count;
}

/*
 * v1: any write starts it anew. v2: so from Linux 6.12 on, and for the descriptor that wrote; before, only a
 * peak above those of earlier commands is known to be this one's.
 */
static void restart_peak(struct cgroup *cgroup)
{
	int memory = cgroup->dirs[CGROUP_MEMORY];

	if (memory < 0)
		return;
	if (!cgroup->v2[CGROUP_MEMORY]) {
		put(memory, files[0].memory_peak, "0");
		return;
	}
	if (cgroup->peak < 0)
		cgroup->peak = openat(memory, files[1].memory_peak, O_RDWR | O_CLOEXEC);
	bool anew = cgroup->peak >= 0 && pwrite(cgroup->peak, "0", 1, 0) == 1;
	cgroup->peak_before = anew ? 0 : get(memory, files[1].memory_peak, NULL, 0);
}

int cgroup_prepare(struct cgroup *cgroup, const struct limits *limits)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (set_limit(cgroup, (enum cgroup_controller)i, limits))
			return -1;
	}
	restart_peak(cgroup);
	return 0;
}

void cgroup_usage(struct cgroup *cgroup, struct cgroup_usage *out)
{
	int memory = cgroup->dirs[CGROUP_MEMORY];

	*out = (struct cgroup_usage){0};
	if (memory >= 0) {
		int v = cgroup->v2[CGROUP_MEMORY];
		uint64_t kills = get(memory, files[v].oom, "oom_kill ", cgroup->oom_kills);
		uint64_t peak = cgroup->peak >= 0 ? get_open(cgroup->peak, NULL, 0)
						  : get(memory, files[v].memory_peak, NULL, 0);
		out->oom = kills > cgroup->oom_kills;
		cgroup->oom_kills = kills;
		out->peak_memory = peak > cgroup->peak_before ? peak : 0;
	}
	if (cgroup->dirs[CGROUP_PIDS] >= 0) {
		uint64_t peak = get(cgroup->dirs[CGROUP_PIDS], "pids.peak", NULL, 0);
		out->processes = peak > CGROUP_OWN_PROCESSES ? (unsigned)peak - CGROUP_OWN_PROCESSES
							     : 0;
	}
}

unsigned cgroup_population(const struct cgroup *cgroup)
{
	if (cgroup->dirs[CGROUP_PIDS] < 0)
		return 0;
	uint64_t now = get(cgroup->dirs[CGROUP_PIDS], "pids.current", NULL, 0);
	return now > CGROUP_OWN_PROCESSES ? (unsigned)now - CGROUP_OWN_PROCESSES : 0;
}

int cgroup_remove(struct cgroup *cgroup)
{
	int rc = 0;

	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (cgroup->dirs[i] >= 0 && drop(cgroup, i))
			rc = -1;
	}
	return rc;
}

const char *cgroup_version(const struct cgroup *cgroup)
{
	if (cgroup->dirs[CGROUP_MEMORY] < 0)
		return "none";
	return cgroup->v2[CGROUP_MEMORY] ? "v2" : "v1";
}

/* ---- what dead engines left ---- */

void cgroup_describe(struct buf *out)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (cgroup_place(i)->found)
			buf_printf(out, "%s\n", cgroup_place(i)->dir);
	}
}

int cgroup_sweep(const char *dir, const char *prefix)
{
	DIR *groups = opendir(dir);
	long patience_us = SWEEP_PATIENCE_US;
	struct dirent *entry;
	int failed = 0;

	if (!groups)
		return errno == ENOENT ? 0 : -1;
	while ((entry = readdir(groups))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		    remove_group(dirfd(groups), entry->d_name, &patience_us))
			failed = errno;
	}
	closedir(groups);
	errno = failed;
	return failed ? -1 : 0;
}
