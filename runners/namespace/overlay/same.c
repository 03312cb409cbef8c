/* Whether two files are the same to whoever uses a workspace: kind, mode, content. */
#include "runners/namespace/overlay/same.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"

enum { PART = 64 * 1024 };

mode_t same_mode(mode_t mode)
{
	return (mode & 0777) | (S_ISDIR(mode) ? 0700 : 0400);
}

/* Up to PART bytes; fewer only at the end. */
static ssize_t read_part(int fd, char *data, off_t at)
{
	size_t len = 0;

	while (len < PART) {
		ssize_t got = pread(fd, data + len, PART - len, at + (off_t)len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

int same_content(int a, int b)
{
	char data_a[PART], data_b[PART];

	for (off_t at = 0;; at += PART) {
		ssize_t len_a = read_part(a, data_a, at);
		ssize_t len_b = len_a < 0 ? -1 : read_part(b, data_b, at);
		if (len_b < 0)
			return -1;
		if (len_a != len_b || memcmp(data_a, data_b, (size_t)len_a) != 0)
			return 0;
		if (len_a < PART)
			return 1;
	}
}

static int same_link(int folder_a, int folder_b, const char *name)
{
	char a[PATH_MAX], b[PATH_MAX];
	ssize_t len_a = readlinkat(folder_a, name, a, sizeof(a));
	ssize_t len_b = len_a < 0 ? -1 : readlinkat(folder_b, name, b, sizeof(b));

	if (len_b < 0)
		return -1;
	return len_a == len_b && memcmp(a, b, (size_t)len_a) == 0;
}

static int same_file(int folder_a, int folder_b, const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int a = openat(folder_a, name, flags);
	int b = a < 0 ? -1 : openat(folder_b, name, flags);
	int same = b < 0 ? -1 : same_content(a, b);

	file_close(a);
	file_close(b);
	return same;
}

int same_entry(int folder_a, const struct stat *a, int folder_b, const struct stat *b,
	       const char *name, struct error *err)
{
	if (a->st_dev == b->st_dev && a->st_ino == b->st_ino)
		return 1;
	if ((a->st_mode & S_IFMT) != (b->st_mode & S_IFMT) || a->st_size != b->st_size)
		return 0;
	bool link = S_ISLNK(a->st_mode);
	if (!link && same_mode(a->st_mode) != same_mode(b->st_mode))
		return 0;
	int same = link ? same_link(folder_a, folder_b, name) : same_file(folder_a, folder_b, name);
	return same < 0 ? error_errno(err, errno, "compare %s", name) : same;
}
