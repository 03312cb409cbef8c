/*
 * Dependency layers: <state>/layers/<key>/{workspace,deps,bytes}, made in <state>/building/<owner>-<n>
 * by commands that see only the manifests, and renamed into place when they are whole.
 *
 * A layer has no seal as a revision has (overlay/seal.h): no command can write to it once it has its name,
 * for every tree has it read-only; and its key is the digest of all that an install depends on, so whoever
 * would plant something for others has to plant it in the packages themselves.
 *
 * A layer that is used has its folder `workspace` locked (flock, shared): that keeps evict.c away, in
 * whatever engine, and ends with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/evict.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/overlay/put.h"
#include "runners/namespace/owner.h"

enum { KEY_MAX = 128, RENAMES = 1000, RENAME_AGAIN_NS = 10 * 1000 * 1000 };

/* A key becomes a file name and a word of mount options. */
static int check_key(const char *key, struct error *err)
{
	size_t len = strspn(key,
			    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

	if (len == 0 || len > KEY_MAX || key[len])
		return error_set(err, ERROR_INTERNAL, "layer key %.40s is not a hash", key);
	return 0;
}

static int open_folder(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_errno(err, errno, "%s", path) : fd;
}

bool layers_known(const char *state_dir, const char *key)
{
	char path[PATH_MAX];

	int len = snprintf(path, sizeof(path), "%s/layers/%s", state_dir, key);
	return len > 0 && (size_t)len < sizeof(path) && !check_key(key, NULL) && file_exists(path);
}

/* Whether path still leads to what fd is: it may have been evicted between open and lock. */
static bool is_still(const char *path, int fd)
{
	struct stat named, opened;

	return stat(path, &named) == 0 && fstat(fd, &opened) == 0 &&
	       named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static void stack_layer(struct sandbox *sandbox, const char *key, int fd)
{
	if (sandbox->stack.deps >= 0)
		close(sandbox->stack.deps);
	sandbox->stack.deps = fd;
	free(sandbox->layer_key);
	sandbox->layer_key = memory_string(key);
}

int layers_use(struct sandbox *sandbox, const char *key, bool *found, struct error *err)
{
	char path[PATH_MAX];

	*found = false;
	if (check_key(key, err))
		return -1;
	snprintf(path, sizeof(path), "%s/%s/workspace", sandbox->layers, key);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "use layer %s", key);
	/* Who holds it alone is about to evict it. */
	if (flock(fd, LOCK_SH | LOCK_NB) < 0 || !is_still(path, fd)) {
		close(fd);
		return 0;
	}
	snprintf(path, sizeof(path), "%s/%s", sandbox->layers, key);
	if (utimensat(AT_FDCWD, path, NULL, 0) < 0) { /* the last use, for evict.c */
		close(fd);
		return error_errno(err, errno, "use layer %s", key);
	}
	stack_layer(sandbox, key, fd);
	*found = true;
	return 0;
}

/* ---- making one ---- */

static int make_owned(struct sandbox *sandbox, const char *name, struct error *err)
{
	int folder = sandbox->build_folder;

	if (mkdirat(folder, name, 0755) < 0 || fchmodat(folder, name, 0755, 0) < 0 ||
	    fchownat(folder, name, sandbox->stack.owner, sandbox->stack.group,
		     AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, errno, "make layer folder %s", name);
	return 0;
}

static int fill_building(struct sandbox *sandbox, const struct file *files, size_t count,
			 struct error *err)
{
	static const char *const names[] = {"workspace", "deps", "work", "files"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (make_owned(sandbox, names[i], err))
			return -1;
	}
	int fd = openat(sandbox->build_folder, "files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "open layer folder");
	int rc = put_into(fd, sandbox->stack.owner, sandbox->stack.group, files, count, err);
	close(fd);
	return rc;
}

void layers_forget(struct sandbox *sandbox)
{
	if (sandbox->build_name) {
		int building = open(sandbox->building, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* What resists is tried again by the next start. */
		if (building < 0 || file_remove_tree(building, sandbox->build_name, NULL))
			owner_leave_marks();
		if (building >= 0)
			close(building);
	}
	if (sandbox->build_folder >= 0)
		close(sandbox->build_folder);
	sandbox->build_folder = -1;
	free(sandbox->build_name);
	free(sandbox->build_key);
	sandbox->build_name = sandbox->build_key = NULL;
}

int layers_begin(struct sandbox *sandbox, const char *key, const struct file *files, size_t count,
		 struct error *err)
{
	static unsigned made;
	char path[PATH_MAX], name[96];

	if (sandbox->build_name || sandbox->done || !sandbox->ready)
		return error_set(err, ERROR_INTERNAL, "a layer cannot be begun now");
	if (check_key(key, err))
		return -1;
	snprintf(name, sizeof(name), "%s-%u", sandbox->owner, ++made);
	snprintf(path, sizeof(path), "%s/%s", sandbox->building, name);
	if (mkdir(path, 0755) < 0 || chmod(path, 0755) < 0)
		return error_errno(err, errno, "make %s", path);
	sandbox->build_name = memory_string(name);
	sandbox->build_key = memory_string(key);
	sandbox->build_folder = open_folder(path, err);
	if (sandbox->build_folder < 0 || fill_building(sandbox, files, count, err)) {
		layers_forget(sandbox);
		return error_wrap(err, "begin layer");
	}
	room_bounds(sandbox->build_folder, sandbox->build_disk, &sandbox->build_bounds);
	return 0;
}

/* An install may have closed its own folders to whoever looks; the size saves a walk later. */
static int finish_folders(struct sandbox *sandbox, struct error *err)
{
	int folder = sandbox->build_folder;
	char bytes[32];
	int len = snprintf(bytes, sizeof(bytes), "%" PRIu64 "\n", sandbox->build_bytes);

	if (file_remove_tree(folder, "files", err) || file_remove_tree(folder, "work", err))
		return -1;
	if (fchmodat(folder, "workspace", 0755, 0) < 0 || fchmodat(folder, "deps", 0755, 0) < 0)
		return error_errno(err, errno, "open the layer to all");
	int fd = openat(folder, "bytes", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(err, errno, "write the layer's size");
	int rc = file_write_fd(fd, bytes, (size_t)len, err);
	close(fd);
	return rc;
}

/*
 * Somebody may have made the same in the meantime: theirs is as good, unless it is evicted now. Who evicts it holds
 * it alone for a moment, which lasts on a busy machine.
 */
static int keep(struct sandbox *sandbox, int building, int layers, int *own, struct error *err)
{
	const struct timespec pause = {.tv_nsec = RENAME_AGAIN_NS};
	bool found = false;

	for (int i = 0; i < RENAMES && !found; i++) {
		if (renameat(building, sandbox->build_name, layers, sandbox->build_key) == 0) {
			stack_layer(sandbox, sandbox->build_key, *own);
			*own = -1;
			found = true;
		} else if (errno != EEXIST && errno != ENOTEMPTY) {
			return error_errno(err, errno, "keep the layer");
		} else if (layers_use(sandbox, sandbox->build_key, &found, err)) {
			return -1;
		} else if (!found) {
			nanosleep(&pause, NULL);
		}
	}
	if (!found)
		return error_set(err, ERROR_BUSY, "other engines make and evict the same layer");
	return fsync(layers) < 0 ? error_errno(err, errno, "keep the layer") : 0;
}

/*
 * What is renamed must be on the disk whole, or a power cut leaves an empty layer under a good
 * name; and locked, or another engine evicts it before it was used.
 */
static int seal(struct sandbox *sandbox, int building, int layers, struct error *err)
{
	if (finish_folders(sandbox, err))
		return -1;
	if (syncfs(sandbox->build_folder) < 0)
		return error_errno(err, errno, "write the layer to disk");
	int own = openat(sandbox->build_folder, "workspace", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (own < 0 || flock(own, LOCK_SH | LOCK_NB) < 0)
		error_errno(err, errno, "lock the layer");
	int rc = error_is_set(err) ? -1 : keep(sandbox, building, layers, &own, err);
	file_close(own);
	return rc;
}

static int seal_run(struct sandbox *sandbox, void *arg, struct error *err)
{
	(void)arg;
	int building = open_folder(sandbox->building, err);
	int layers = building < 0 ? -1 : open_folder(sandbox->layers, err);
	int rc = layers < 0 ? -1 : seal(sandbox, building, layers, err);
	file_close(building);
	file_close(layers);
	layers_forget(sandbox);
	if (rc)
		return error_wrap(err, "end layer");
	sandbox->oversized = sandbox->layers_disk && sandbox->build_bytes > sandbox->layers_disk;
	evict_start(sandbox->state_dir, sandbox->layers_disk);
	return 0;
}

void layers_leave(struct sandbox *sandbox)
{
	layers_forget(sandbox);
	if (!sandbox->oversized)
		return;
	sandbox->oversized = false;
	close(sandbox->stack.deps);
	sandbox->stack.deps = -1;
	evict_layers(sandbox->state_dir, sandbox->layers_disk, NULL, NULL);
}

static int drop_run(struct sandbox *sandbox, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	layers_forget(sandbox);
	return 0;
}

int layers_end(struct sandbox *sandbox, bool good, sandbox_done_fn done, void *ctx,
	       struct error *err)
{
	if (!sandbox->build_name)
		return error_set(err, ERROR_INTERNAL, "no layer has been begun");
	if (instance_begin(sandbox, done, ctx, err))
		return -1;
	return instance_work(sandbox, good ? seal_run : drop_run, NULL, err);
}
