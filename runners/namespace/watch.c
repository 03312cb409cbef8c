/* The memory limit where no control group can be had: looks at the processes now and then. */
#include "runners/namespace/watch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/memory.h"

/* No more than the kernel's own bound for processes, as it comes. */
enum { EVERY_MS = 50, PROCESSES_MAX = 32768 };

/* All that descend from the first, in the order in which they were found. */
struct family {
	pid_t *pids;
	size_t count, room;
	uint64_t memory; /* of all but the first */
};

static uint64_t resident(pid_t pid)
{
	char path[64];
	unsigned long pages = 0;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void add(struct family *family, pid_t pid)
{
	if (family->count == PROCESSES_MAX)
		return;
	if (family->count == family->room) {
		family->room = family->room ? family->room * 2 : 64;
		family->pids = memory_resize(family->pids, family->room * sizeof(pid_t));
	}
	family->pids[family->count++] = pid;
}

/* Each thread has a list of its own (proc(5), "children"). */
static void add_thread(struct family *family, pid_t pid, const char *thread)
{
	char path[128];
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%.32s/children", pid, thread);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%d", &child) == 1) {
		family->memory += resident(child);
		add(family, child);
	}
	fclose(file);
}

static void add_children(struct family *family, pid_t pid)
{
	char path[64];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *threads = opendir(path);
	if (!threads)
		return;
	while ((entry = readdir(threads))) {
		if (entry->d_name[0] != '.')
			add_thread(family, pid, entry->d_name);
	}
	closedir(threads);
}

static void on_look(uv_timer_t *timer)
{
	struct watch *watch = timer->data;
	struct family family = {0};

	/* One after the other, for a command may nest its processes as deep as it likes. */
	add(&family, watch->root);
	for (size_t i = 0; i < family.count; i++)
		add_children(&family, family.pids[i]);
	size_t processes = family.count - 1;
	free(family.pids);
	if (family.memory > watch->peak_memory)
		watch->peak_memory = family.memory;
	/* The first is the init. */
	if (processes > watch->processes + 1)
		watch->processes = (unsigned)processes - 1;
	if (family.memory > watch->limit)
		watch->over(watch->ctx);
}

void watch_start(struct watch *watch, uv_loop_t *loop, pid_t root, uint64_t limit,
		 void (*over)(void *ctx), void *ctx)
{
	*watch = (struct watch){.root = root, .limit = limit, .over = over, .ctx = ctx};
	if (!limit)
		return;
	watch->active = true;
	uv_timer_init(loop, &watch->timer);
	watch->timer.data = watch;
	uv_timer_start(&watch->timer, on_look, EVERY_MS, EVERY_MS);
}

void watch_stop(struct watch *watch, uv_close_cb closed)
{
	if (!watch->active)
		return;
	watch->active = false;
	watch->timer.data = watch->ctx;
	uv_close((uv_handle_t *)&watch->timer, closed);
}
