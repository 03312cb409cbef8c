/* Where the writable layers of a run lie. */
#include "runners/namespace/overlay/storage.h"

#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

static enum { UNKNOWN, ON_TMPFS, ON_DISK } known;

bool storage_on_tmpfs(void)
{
	if (known == UNKNOWN) {
		/* Such a file lies on a tmpfs of the kernel's own. */
		int fd = memfd_create("probe", MFD_CLOEXEC);
		known = fd >= 0 && fsetxattr(fd, "user.probe", "1", 1, 0) == 0 ? ON_TMPFS : ON_DISK;
		if (fd >= 0)
			close(fd);
	}
	return known == ON_TMPFS;
}

void storage_pretend_old(bool old)
{
	known = old ? ON_DISK : UNKNOWN;
}
