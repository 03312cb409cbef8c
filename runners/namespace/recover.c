/* What engines that died left behind: found by the owner's mark in the names. */
#include "runners/namespace/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/cgroup.h"
#include "runners/namespace/evict.h"
#include "runners/namespace/owner.h"
#include "runners/namespace/record.h"

typedef int (*item_fn)(int folder, const char *name, struct error *err);

/* Every entry of state_dir/kind whose name starts with "<id>-". */
static int each_item(const char *state_dir, const char *kind, const char *id, item_fn fn,
		     struct error *err)
{
	char path[PATH_MAX];
	struct dirent *entry;
	size_t len = strlen(id);
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s", state_dir, kind);
	DIR *folder = opendir(path);
	if (!folder)
		return errno == ENOENT ? 0 : error_errno(err, errno, "read %s", path);
	while (!rc && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, id, len) == 0 && entry->d_name[len] == '-')
			rc = fn(dirfd(folder), entry->d_name, err);
	}
	closedir(folder);
	return rc;
}

static int finish_commit(int folder, const char *name, struct error *err)
{
	int record = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (record < 0)
		return error_errno(err, errno, "open commit %s", name);
	int rc = record_apply(record, err);
	if (!rc && unlinkat(record, "record", 0) < 0 && errno != ENOENT)
		rc = error_errno(err, errno, "close commit %s", name);
	close(record);
	return rc ? error_wrap(err, "finish commit %s", name) : file_remove_tree(folder, name, err);
}

/* The control groups' folders, a line each, as cgroup_describe wrote them. */
static int sweep_groups(const char *id, const char *text, struct error *err)
{
	char prefix[OWNER_ID + 16], dir[PATH_MAX];

	snprintf(prefix, sizeof(prefix), "assay-%s-", id);
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		snprintf(dir, sizeof(dir), "%.*s", (int)(end - line), line);
		if (dir[0] == '/' && cgroup_sweep(dir, prefix))
			return error_errno(err, errno, "remove control groups in %s", dir);
		line = *end ? end + 1 : end;
	}
	return 0;
}

static int recover_engine(void *ctx, const char *id, const char *text, struct error *err)
{
	const char *state_dir = ctx;

	/* Groups first: what still runs in one could write. */
	if (sweep_groups(id, text, err) ||
	    each_item(state_dir, "building", id, file_remove_tree, err) ||
	    each_item(state_dir, "runs", id, file_remove_tree, err))
		return -1;
	return each_item(state_dir, "commits", id, finish_commit, err);
}

int recover_state(const char *state_dir, struct error *err)
{
	if (owner_each_dead(state_dir, recover_engine, (void *)state_dir, err))
		return error_wrap(err, "recover %s", state_dir);
	evict_leftovers(state_dir);
	return 0;
}
