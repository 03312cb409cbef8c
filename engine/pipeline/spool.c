/* The folder of whole outputs: made before the first command, kept only where something was cut. */
#include "engine/pipeline/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"

enum { KEPT_FOLDERS = 50, EXECUTION_BYTES = 512 << 20 };

struct aged {
	const char *name;
	struct timespec at;
};

static int newest_first(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	if (x->at.tv_sec != y->at.tv_sec)
		return x->at.tv_sec < y->at.tv_sec ? 1 : -1;
	return (x->at.tv_nsec < y->at.tv_nsec) - (x->at.tv_nsec > y->at.tv_nsec);
}

void spool_make_room(struct arena *arena, const char *log_dir)
{
	struct aged *folders = NULL;
	struct dirent *entry;
	size_t count = 0;
	DIR *dir = opendir(log_dir);

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		struct stat info;
		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		struct aged *slot = arena_grow(arena, &folders, count, sizeof(*slot));
		*slot = (struct aged){arena_string(arena, entry->d_name), info.st_mtim};
		count++;
	}
	if (count >= KEPT_FOLDERS) {
		qsort(folders, count, sizeof(*folders), newest_first);
		for (size_t i = KEPT_FOLDERS - 1; i < count; i++)
			file_remove_tree(dirfd(dir), folders[i].name, NULL);
	}
	closedir(dir);
}

int spool_open(struct arena *arena, const char *log_dir, const char *id, const char **folder,
	       struct error *err)
{
	const char *path = arena_printf(arena, "%s/%s", log_dir, id);

	if (file_make_dirs(path, 0700, err) != 0)
		return -1;
	*folder = path;
	return 0;
}

bool spool_has_room(const struct execution *execution)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < execution->output_count; i++)
		bytes += execution->outputs[i].out.bytes + execution->outputs[i].err.bytes;
	return bytes < EXECUTION_BYTES;
}

/* At least 1, so that a folder that is there is never taken for none. */
static uint64_t size_of(const char *folder)
{
	uint64_t bytes = 1;
	struct dirent *entry;
	struct stat info;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		if (fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(info.st_mode))
			bytes += (uint64_t)info.st_size;
	}
	if (dir)
		closedir(dir);
	return bytes;
}

uint64_t spool_close(const char *folder, const struct execution *execution)
{
	for (size_t i = 0; i < execution->output_count; i++)
		if (execution->outputs[i].out.dropped || execution->outputs[i].err.dropped)
			return size_of(folder);
	file_remove_tree(AT_FDCWD, folder, NULL);
	return 0;
}
