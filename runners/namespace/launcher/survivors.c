/* Looks at the processes that outlived their command. */
#include "runners/namespace/launcher/survivors.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors looked at in one process: where a daemon's inherited streams are. */
enum { FDS_LOOKED_AT = 64 };

static bool process_holds(const char *pid, const struct stat *out, const struct stat *err)
{
	char path[64];
	struct stat st;

	for (int fd = 0; fd < FDS_LOOKED_AT; fd++) {
		snprintf(path, sizeof(path), "/proc/%.16s/fd/%d", pid, fd);
		if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode) && st.st_dev == out->st_dev &&
		    (st.st_ino == out->st_ino || st.st_ino == err->st_ino))
			return true;
	}
	return false;
}

bool survivors_hold(int out, int err)
{
	static char entries[32 * 1024]; /* opendir(3) would allocate */
	struct stat out_stat, err_stat;
	bool held = false;
	ssize_t got;

	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || fstat(out, &out_stat) < 0 || fstat(err, &err_stat) < 0)
		return false;
	while (!held && (got = syscall(SYS_getdents64, proc, entries, sizeof(entries))) > 0) {
		for (ssize_t at = 0; !held && at < got;) {
			const struct dirent64 *entry = (const void *)(entries + at);
			at += entry->d_reclen;
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			    strcmp(entry->d_name, "1") != 0)
				held = process_holds(entry->d_name, &out_stat, &err_stat);
		}
	}
	close(proc);
	return held;
}
