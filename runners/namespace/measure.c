/* What a folder takes on the disk. */
#include "runners/namespace/measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Even an empty file takes an inode, of which a disk has one for every 16 KiB or so; and its name has
 * to stand somewhere.
 */
enum { LEAST = 4096, BLOCK = 512 };

static uint64_t bytes_of(const struct stat *st)
{
	uint64_t bytes = (uint64_t)st->st_blocks * BLOCK;
	uint64_t names = S_ISDIR(st->st_mode) || st->st_nlink == 0 ? 1 : st->st_nlink;

	return (bytes > LEAST ? bytes : LEAST) / names;
}

static bool is_enough(const struct measure *measure, uint64_t most)
{
	return measure->hidden || (most && measure->bytes > most);
}

static void measure_inside(int fd, unsigned depth, uint64_t most, struct measure *out);

static void measure_folder(int parent, const char *name, unsigned depth, uint64_t most,
			   struct measure *out)
{
	int fd = depth == MEASURE_DEPTH
			 ? -1
			 : openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		measure_inside(fd, depth, most, out);
	else if (depth == MEASURE_DEPTH || (errno != ENOENT && errno != ENOTDIR))
		out->hidden = true;
}

/* Consumes fd. */
static void measure_inside(int fd, unsigned depth, uint64_t most, struct measure *out)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	if (!folder) {
		close(fd);
		out->hidden = true;
		return;
	}
	while (!is_enough(out, most) && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' &&
		    (!entry->d_name[1] || (entry->d_name[1] == '.' && !entry->d_name[2])))
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue; /* gone just now */
		out->bytes += bytes_of(&st);
		if (S_ISDIR(st.st_mode))
			measure_folder(fd, entry->d_name, depth + 1, most, out);
	}
	closedir(folder);
}

void measure_add(int parent, const char *name, uint64_t most, struct measure *out)
{
	measure_folder(parent, name, 0, most, out);
}
