/* The folders in the state folder, and names in them that a dead engine's are told by. */
#include "runners/namespace/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/owner.h"

int state_make(const char *path, struct error *err)
{
	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ? 0 : error_errno(err, errno, "make %s", path);
	return chmod(path, 0755) < 0 ? error_errno(err, errno, "%s", path) : 0;
}

int state_open(const char *state_dir, const char *kind, int *fd, struct error *err)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%s", state_dir, kind);

	if (len < 0 || (size_t)len >= sizeof(path))
		return error_set(err, ERROR_TOO_LARGE, "the state folder's name is too long");
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT) {
		if (file_make_dirs(state_dir, 0700, err) || state_make(path, err))
			return -1;
		*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return *fd < 0 ? error_errno(err, errno, "%s", path) : 0;
}

int state_name(const char *state_dir, char name[STATE_NAME], struct error *err)
{
	static atomic_uint made;
	const char *owner;

	if (owner_mark(state_dir, &owner, err))
		return -1;
	snprintf(name, STATE_NAME, "%s-r%u", owner, atomic_fetch_add(&made, 1) + 1);
	return 0;
}
