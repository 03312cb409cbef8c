/*
 * Room for dependency layers: what was not used for the longest time goes.
 *
 * A layer is evicted by one rename, from <state>/layers to <state>/evicted, under a lock that nobody who
 * uses it leaves us (layers.c). So a crash leaves it whole or out of sight, never half; and what lies in
 * `evicted` is for anybody to remove, at any time.
 */
#include "runners/namespace/evict.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/measure.h"
#include "runners/namespace/state.h"

enum {
	TRIES = 100, /* for the lock of all evictions, which is held for milliseconds */
	TRY_NS = 10 * 1000 * 1000,
};

struct layer {
	char *key;
	uint64_t bytes;
	struct timespec used;
	bool oversized; /* larger than all may be together */
};

struct layers {
	int folder, evicted;
	const char *state_dir;
	uint64_t most;
	struct layer *items;
	size_t count, room;
};

/* ---- what there is ---- */

/* Written when it was sealed; what is from before that is measured once. */
static int read_bytes(int layer, uint64_t *out)
{
	char text[32] = "", *end;
	int fd = openat(layer, "bytes", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t got = read(fd, text, sizeof(text) - 1);
	close(fd);
	*out = strtoull(text, &end, 10);
	return got > 1 && *end == '\n' ? 0 : -1;
}

/* The time of the last use stays: this is none. */
static void write_bytes(int layer, uint64_t *out, const struct timespec *used)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, *used};
	struct measure measure = {0};

	measure_add(layer, ".", 0, &measure);
	*out = measure.bytes;
	int fd = openat(layer, "bytes", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	dprintf(fd, "%" PRIu64 "\n", measure.bytes);
	close(fd);
	futimens(layer, times);
}

static int add(struct layers *layers, const char *name, struct error *err)
{
	struct layer layer = {0};
	struct stat st;
	int fd = openat(layers->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0
							   : error_errno(err, errno, "%s", name);
	if (fstat(fd, &st) < 0) {
		close(fd);
		return error_errno(err, errno, "%s", name);
	}
	layer.used = st.st_mtim;
	if (read_bytes(fd, &layer.bytes))
		write_bytes(fd, &layer.bytes, &layer.used);
	close(fd);
	if (layers->count == layers->room) {
		layers->room = layers->room ? 2 * layers->room : 64;
		layers->items = memory_resize(layers->items, layers->room * sizeof(layer));
	}
	layer.key = memory_string(name);
	layer.oversized = layers->most && layer.bytes > layers->most;
	layers->items[layers->count++] = layer;
	return 0;
}

static int list(struct layers *layers, struct error *err)
{
	int copy = openat(layers->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int rc = 0;

	if (!folder) {
		error_errno(err, errno, "read the layers");
		if (copy >= 0)
			close(copy);
		return -1;
	}
	while ((entry = readdir(folder))) {
		/* One that cannot be read does not keep the others. */
		if (entry->d_name[0] != '.' && add(layers, entry->d_name, rc ? NULL : err))
			rc = -1;
	}
	closedir(folder);
	return rc;
}

/* ---- what goes ---- */

/* What is larger than the bound must not push out all others, so it is the first. */
static int by_turn(const void *left, const void *right)
{
	const struct layer *a = left, *b = right;

	if (a->oversized != b->oversized)
		return a->oversized ? -1 : 1;
	if (a->used.tv_sec != b->used.tv_sec)
		return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
	if (a->used.tv_nsec != b->used.tv_nsec)
		return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
	return 0;
}

static bool was_used(const struct layers *layers, const struct layer *layer)
{
	struct stat st;

	return fstatat(layers->folder, layer->key, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	       st.st_mtim.tv_sec != layer->used.tv_sec || st.st_mtim.tv_nsec != layer->used.tv_nsec;
}

/* *gone: false where somebody uses it. */
static int evict(const struct layers *layers, const struct layer *layer, bool *gone,
		 struct error *err)
{
	char path[PATH_MAX], name[STATE_NAME];
	int rc = 0;

	*gone = false;
	snprintf(path, sizeof(path), "%s/workspace", layer->key);
	int fd = openat(layers->folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* One that has no such folder is of no use to anybody. */
	bool ours = fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) == 0 && !was_used(layers, layer));
	if (ours && state_name(layers->state_dir, name, err))
		rc = -1;
	else if (ours && renameat(layers->folder, layer->key, layers->evicted, name) < 0 &&
		 errno != ENOENT)
		rc = error_errno(err, errno, "evict layer %s", layer->key);
	else
		*gone = ours;
	file_close(fd);
	return rc;
}

static int make_room(struct layers *layers, struct layers_kept *kept, struct error *err)
{
	int rc = 0;

	kept->count = layers->count;
	for (size_t i = 0; i < layers->count; i++)
		kept->bytes += layers->items[i].bytes;
	if (layers->count)
		qsort(layers->items, layers->count, sizeof(*layers->items), by_turn);
	uint64_t total = kept->bytes;
	for (size_t i = 0; i < layers->count && layers->most && total > layers->most; i++) {
		const struct layer *layer = &layers->items[i];
		bool gone;
		if (evict(layers, layer, &gone, rc ? NULL : err))
			rc = -1;
		if (gone) {
			kept->count--;
			kept->bytes -= layer->bytes;
		}
		if (gone || layer->oversized) /* which others cannot make up for */
			total -= layer->bytes;
	}
	return rc;
}

/* Two engines at once would each make the room that one has to. */
static int lock(int folder, struct error *err)
{
	const struct timespec pause = {.tv_nsec = TRY_NS};

	for (int i = 0; i < TRIES; i++) {
		if (flock(folder, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, errno, "lock the layers");
		nanosleep(&pause, NULL);
	}
	return error_set(err, ERROR_BUSY, "another engine makes room all the time");
}

static int trim(const char *state_dir, uint64_t most, struct layers_kept *kept, struct error *err)
{
	struct layers layers = {.state_dir = state_dir, .most = most, .evicted = -1};
	struct layers_kept found = {0};

	if (state_open(state_dir, "layers", &layers.folder, err))
		return -1;
	int rc = state_open(state_dir, "evicted", &layers.evicted, err) || lock(layers.folder, err)
			 ? -1
			 : 0;
	if (!rc && list(&layers, err))
		rc = -1;
	if (layers.count && make_room(&layers, &found, rc ? NULL : err))
		rc = -1;
	for (size_t i = 0; i < layers.count; i++)
		free(layers.items[i].key);
	free(layers.items);
	file_close(layers.evicted);
	close(layers.folder);
	if (kept)
		*kept = found;
	return rc;
}

/* ---- what is out of sight ---- */

/* Who is at it holds its lock; whoever is killed at it leaves the rest to us. */
static void remove_evicted(int evicted, const char *name)
{
	int fd = openat(evicted, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		file_remove_tree(evicted, name, NULL);
	file_close(fd);
}

static void remove_all(const char *state_dir)
{
	struct dirent *entry;
	int evicted;

	if (state_open(state_dir, "evicted", &evicted, NULL))
		return;
	DIR *folder = fdopendir(evicted);
	if (!folder) {
		close(evicted);
		return;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] != '.')
			remove_evicted(evicted, entry->d_name);
	}
	closedir(folder);
}

/* ---- a thread ---- */

struct order {
	bool trim;
	uint64_t most;
	char state_dir[];
};

static void *follow(void *arg)
{
	struct order *order = arg;

	if (order->trim)
		trim(order->state_dir, order->most, NULL, NULL);
	remove_all(order->state_dir);
	free(order);
	return NULL;
}

/* Not one of libuv's: a loop that ends, and a process with it, would wait for those. */
static void start(const char *state_dir, bool trims, uint64_t most)
{
	size_t size = strlen(state_dir) + 1;
	struct order *order = memory_alloc(sizeof(*order) + size);
	sigset_t all, before;
	pthread_t thread;

	*order = (struct order){.trim = trims, .most = most};
	memcpy(order->state_dir, state_dir, size);
	sigfillset(&all); /* signals are for the loop's thread */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, follow, order) == 0)
		pthread_detach(thread);
	else
		free(order); /* the next start tries again */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void evict_start(const char *state_dir, uint64_t most)
{
	start(state_dir, true, most);
}

void evict_leftovers(const char *state_dir)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/evicted", state_dir);
	/* A folder has a link from each folder in it; some file systems count none and say 1. */
	if (stat(path, &st) == 0 && st.st_nlink != 2)
		start(state_dir, false, 0);
}

int evict_layers(const char *state_dir, uint64_t most, struct layers_kept *kept, struct error *err)
{
	int rc = trim(state_dir, most, kept, err);

	evict_leftovers(state_dir);
	return rc ? error_wrap(err, "make room for dependency layers") : 0;
}
