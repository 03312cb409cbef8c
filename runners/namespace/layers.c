/*
 * Dependency layers: <state>/layers/<key>/{workspace,deps}, made in <state>/building/<owner>-<n> by
 * commands that see only the manifests, and renamed into place when they are whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/overlay/put.h"

enum { KEY_MAX = 128 };

static char *copy(const char *string)
{
	size_t size = strlen(string) + 1;
	return memcpy(memory_alloc(size), string, size);
}

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

int layers_use(struct sandbox *sandbox, const char *key, bool *found, struct error *err)
{
	char path[PATH_MAX];

	*found = false;
	if (check_key(key, err))
		return -1;
	snprintf(path, sizeof(path), "%s/%s", sandbox->layers, key);
	/* The time of the last use, for whoever makes room. */
	if (utimensat(AT_FDCWD, path, NULL, 0) < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "use layer %s", key);
	snprintf(path, sizeof(path), "%s/%s/workspace", sandbox->layers, key);
	int fd = open_folder(path, err);
	if (fd < 0)
		return -1;
	if (sandbox->stack.deps >= 0)
		close(sandbox->stack.deps);
	sandbox->stack.deps = fd;
	free(sandbox->layer_key);
	sandbox->layer_key = copy(key);
	*found = true;
	return 0;
}

static int make_owned(struct sandbox *sandbox, int folder, const char *name, struct error *err)
{
	if (mkdirat(folder, name, 0755) < 0 || fchmodat(folder, name, 0755, 0) < 0 ||
	    fchownat(folder, name, sandbox->stack.owner, sandbox->stack.group,
		     AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, errno, "make layer folder %s", name);
	return 0;
}

static int fill_building(struct sandbox *sandbox, int folder, const struct file *files,
			 size_t count, struct error *err)
{
	static const char *const names[] = {"workspace", "deps", "work", "files"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (make_owned(sandbox, folder, names[i], err))
			return -1;
	}
	int fd = openat(folder, "files", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "open layer folder");
	int rc = put_into(fd, sandbox->stack.owner, sandbox->stack.group, files, count, err);
	close(fd);
	return rc;
}

/* Removes the unfinished layer, whatever is in it. */
void layers_forget(struct sandbox *sandbox)
{
	if (sandbox->build_name) {
		int building = open(sandbox->building, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (building >= 0) {
			file_remove_tree(building, sandbox->build_name, NULL);
			close(building);
		}
	}
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
	sandbox->build_name = copy(name);
	sandbox->build_key = copy(key);
	int folder = open_folder(path, err);
	int rc = folder < 0 ? -1 : fill_building(sandbox, folder, files, count, err);
	if (folder >= 0)
		close(folder);
	if (rc)
		layers_forget(sandbox);
	return rc ? error_wrap(err, "begin layer") : 0;
}

/*
 * What is renamed must be on the disk whole, or a power cut leaves an empty layer under a good
 * name.
 */
static int seal(struct sandbox *sandbox, int building, int layers, struct error *err)
{
	int folder = openat(building, sandbox->build_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return error_errno(err, errno, "open the layer");
	int rc = file_remove_tree(folder, "files", err) || file_remove_tree(folder, "work", err);
	if (!rc && syncfs(folder) < 0)
		rc = error_errno(err, errno, "write the layer to disk");
	close(folder);
	if (rc)
		return -1;
	if (renameat(building, sandbox->build_name, layers, sandbox->build_key) < 0) {
		/* Somebody else made the same in the meantime: theirs is as good. */
		if (errno != EEXIST && errno != ENOTEMPTY)
			return error_errno(err, errno, "keep the layer");
	}
	fsync(layers);
	return 0;
}

int layers_end(struct sandbox *sandbox, bool keep, struct error *err)
{
	bool found = false;
	int rc = 0;

	if (!sandbox->build_name || sandbox->done)
		return error_set(err, ERROR_INTERNAL, "no layer has been begun");
	if (keep) {
		char *key = copy(sandbox->build_key);
		int building = open_folder(sandbox->building, err);
		int layers = open_folder(sandbox->layers, err);
		rc = building < 0 || layers < 0 ? -1 : seal(sandbox, building, layers, err);
		if (building >= 0)
			close(building);
		if (layers >= 0)
			close(layers);
		if (!rc)
			rc = layers_use(sandbox, key, &found, err);
		if (!rc && !found)
			rc = error_set(err, ERROR_INTERNAL, "the layer is gone");
		free(key);
	}
	layers_forget(sandbox);
	return rc ? error_wrap(err, "end layer") : 0;
}
