/* Whole files and the folders above them, with errors that name the path. */
#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/digest.h"
#include "engine/base/quantity.h"

/*
 * Whether a call that failed is to be made again: at once, or when a pipe that somebody else made
 * non-blocking is ready. Files are never unready.
 */
static bool try_again(int fd, short events)
{
	struct pollfd ready = {.fd = fd, .events = events};

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	while (poll(&ready, 1, -1) < 0) {
		if (errno != EINTR)
			return false;
	}
	return true;
}

int file_read_fd(int fd, const char *name, struct buf *out, struct error *err)
{
	char chunk[65536], most[QUANTITY_TEXT];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && try_again(fd, POLLIN))
			continue;
		if (n < 0)
			return error_errno(err, errno, "cannot read %s", name);
		if (n == 0)
			return 0;
		buf_append(out, chunk, (size_t)n);
		if (out->truncated)
			return error_set(err, ERROR_TOO_LARGE, "%s is larger than %s", name,
					 quantity_text(out->max, most));
	}
}

int file_read(const char *path, struct buf *out, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", path);
	int rc = file_read_fd(fd, path, out, err);
	close(fd);
	return rc;
}

int file_write_fd(int fd, const char *data, size_t len, struct error *err)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && try_again(fd, POLLOUT))
			continue;
		if (n < 0) {
			int why = errno;
			error_errno(err, why, "cannot write");
			errno = why;
			return -1;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool all_zero(const char *data, size_t len)
{
	return data[0] == '\0' && memcmp(data, data + 1, len - 1) == 0;
}

int file_copy(int from, int to, struct digest *digest)
{
	char data[65536];
	ssize_t got;

	while ((got = read(from, data, sizeof(data))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (digest)
			digest_add(digest, data, (size_t)got);
		if (to < 0)
			continue;
		if (all_zero(data, (size_t)got) ? lseek(to, got, SEEK_CUR) < 0
						: file_write_fd(to, data, (size_t)got, NULL))
			return -1;
	}
	/* A hole at the end is none until the length says so. */
	off_t end = to < 0 ? 0 : lseek(to, 0, SEEK_CUR);
	return end < 0 || (to >= 0 && ftruncate(to, end) < 0) ? -1 : 0;
}

int file_write(const char *path, const char *data, size_t len, mode_t mode, struct error *err)
{
	char temporary[PATH_MAX];

	int n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return error_set(err, ERROR_INPUT, "%s: the path is too long", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "cannot create %s", path);
	if (file_write_fd(fd, data, len, err) != 0) {
		error_wrap(err, "%s", path);
	} else if (fchmod(fd, mode) != 0 || rename(temporary, path) != 0) {
		error_errno(err, errno, "cannot create %s", path);
	} else {
		close(fd);
		return 0;
	}
	close(fd);
	unlink(temporary);
	return -1;
}

int file_make_dirs(const char *path, mode_t mode, struct error *err)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return error_set(err, ERROR_INPUT, "%s: the path is too long", path);
	memcpy(part, path, len + 1);
	for (char *at = part + 1;; at++) {
		if (*at != '/' && *at != '\0')
			continue;
		bool last = *at == '\0';
		*at = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			return error_errno(err, errno, "cannot create the folder %s", part);
		if (last)
			break;
		*at = '/';
	}
	struct stat info;
	if (stat(path, &info) != 0)
		return error_errno(err, errno, "cannot create the folder %s", path);
	if (!S_ISDIR(info.st_mode))
		return error_set(err, ERROR_IO, "%s is not a folder", path);
	return 0;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

void file_close(int fd)
{
	int before = errno;

	if (fd >= 0)
		close(fd);
	errno = before;
}
