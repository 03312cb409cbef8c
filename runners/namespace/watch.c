/* The memory limit where no control group can be had: looks at the processes now and then. */
#include "runners/namespace/watch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EVERY_MS = 50, DEPTH_MAX = 64 };

struct sum {
	uint64_t memory;
	unsigned processes;
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

static void add_children(struct sum *sum, pid_t pid, int depth);

/* Each thread has a list of its own (proc(5), "children"). */
static void add_thread(struct sum *sum, pid_t pid, const char *thread, int depth)
{
	char path[128];
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%.32s/children", pid, thread);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%d", &child) == 1) {
		sum->memory += resident(child);
		sum->processes++;
		add_children(sum, child, depth + 1);
	}
	fclose(file);
}

static void add_children(struct sum *sum, pid_t pid, int depth)
{
	char path[64];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *threads = depth < DEPTH_MAX ? opendir(path) : NULL;
	if (!threads)
		return;
	while ((entry = readdir(threads))) {
		if (entry->d_name[0] != '.')
			add_thread(sum, pid, entry->d_name, depth);
	}
	closedir(threads);
}

static void on_look(uv_timer_t *timer)
{
	struct watch *watch = timer->data;
	struct sum sum = {0};

	add_children(&sum, watch->root, 0);
	if (sum.memory > watch->peak_memory)
		watch->peak_memory = sum.memory;
	/* The first is the init. */
	if (sum.processes > watch->processes + 1)
		watch->processes = sum.processes - 1;
	if (sum.memory > watch->limit)
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
