/* What an agent names a file by, and what lies there. */
#include "engine/tools/tool_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/sandbox.h"

enum { PATH_BYTES = 1024, RACES_MAX = 16 };

/* ---- words ---- */

/* What stands behind the workspace's own place, which agents see inside a sandbox. */
static const char *without_place(const char *text)
{
	size_t len = strlen(SANDBOX_WORKSPACE);
	if (strncmp(text, SANDBOX_WORKSPACE, len) != 0 || (text[len] && text[len] != '/'))
		return text;
	return text + len + (text[len] == '/');
}

static int check_part(const char *text, const char *part, size_t len, struct error *err)
{
	if (len == 2 && memcmp(part, "..", 2) == 0)
		return error_set(err, ERROR_INPUT,
				 "\"%s\" climbs with ..; name paths from the workspace downwards",
				 text);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)part[i] < ' ' || part[i] == 0x7f)
			return error_set(err, ERROR_INPUT, "a path holds a control character");
	return 0;
}

int tool_path(const struct tool_call *call, const char *key, const char *otherwise,
	      const char **out, struct error *err)
{
	const char *text = json_string(json_get(call->arguments, key), otherwise);
	if (!text)
		return error_set(err, ERROR_INPUT, "\"%s\" is missing", key);
	if (strlen(text) > PATH_BYTES)
		return error_set(err, ERROR_INPUT, "\"%s\" is longer than %d bytes", key,
				 PATH_BYTES);
	const char *from = without_place(text);
	if (*from == '/')
		return error_set(err, ERROR_INPUT,
				 "\"%s\" is absolute; name paths relative to the workspace", text);
	char *path = arena_alloc(call->arena, strlen(from) + 2), *to = path;
	while (*from) {
		size_t len = strcspn(from, "/");
		if (check_part(text, from, len, err) != 0)
			return -1;
		if (len > 0 && !(len == 1 && *from == '.')) {
			if (to > path)
				*to++ = '/';
			memcpy(to, from, len);
			to += len;
		}
		from += len;
		from += *from == '/';
	}
	if (to == path)
		*path = '.';
	*out = path;
	return 0;
}

static bool in_git_folder(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncasecmp(part, ".git", 4) == 0 && (part[4] == '/' || !part[4]))
			return true;
	}
	return false;
}

int tool_path_to_change(const struct tool_call *call, const char *key, const char **out,
			struct error *err)
{
	if (tool_path(call, key, NULL, out, err) != 0)
		return -1;
	if (strcmp(*out, ".") == 0)
		return error_set(err, ERROR_INPUT, "\"%s\" names the workspace, not a file", key);
	if (in_git_folder(*out))
		return error_set(err, ERROR_DENIED,
				 "%s lies in .git, where files are run as hooks; leave version "
				 "control to the user",
				 *out);
	return 0;
}

/* ---- files ---- */

/* In the kernel one look decides, so that no link can be swapped between a check and its use. */
static int open_beneath(int workspace, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;
	/* EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether it stayed inside */
	for (int i = 0; i < RACES_MAX; i++) {
		fd = (int)syscall(SYS_openat2, workspace, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

static int explain(const char *path, struct error *err)
{
	switch (errno) {
	case ENOENT:
		return error_set(err, ERROR_NOT_FOUND, "there is no %s in the workspace", path);
	case ENOTDIR:
		return error_set(err, ERROR_INPUT, "there can be no %s: a part of it is a file",
				 path);
	case EXDEV: return error_set(err, ERROR_DENIED, "%s leads out of the workspace", path);
	case ELOOP:
		return error_set(err, ERROR_INPUT, "%s runs in a circle of symbolic links", path);
	case EAGAIN: return error_set(err, ERROR_BUSY, "%s changes while it is looked at", path);
	default: return error_errno(err, errno, "%s", path);
	}
}

int tool_look(int workspace, const char *path, struct stat *status, struct error *err)
{
	int fd = open_beneath(workspace, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return explain(path, err);
	int result = fstat(fd, status) == 0 ? 0 : error_errno(err, errno, "%s", path);
	close(fd);
	return result;
}

/* O_PATH opens nothing yet; what it found is opened only when its kind is the wanted one. */
static int open_kind(int workspace, const char *path, mode_t kind, struct stat *status,
		     struct error *err)
{
	char place[64];
	int found = open_beneath(workspace, path, O_PATH);
	if (found < 0)
		return explain(path, err);
	int fd = -1;
	if (fstat(found, status) != 0) {
		error_errno(err, errno, "%s", path);
	} else if ((status->st_mode & S_IFMT) != kind) {
		error_set(err, ERROR_INPUT, "%s is %s", path,
			  S_ISDIR(status->st_mode)   ? "a folder, not a file"
			  : S_ISREG(status->st_mode) ? "a file, not a folder"
						     : "neither a file nor a folder");
	} else {
		snprintf(place, sizeof(place), "/proc/self/fd/%d", found);
		fd = open(place, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			error_errno(err, errno, "%s", path);
	}
	close(found);
	return fd;
}

int tool_open_file(int workspace, const char *path, struct stat *status, struct error *err)
{
	return open_kind(workspace, path, S_IFREG, status, err);
}

int tool_open_folder(int workspace, const char *path, struct error *err)
{
	struct stat status;
	return open_kind(workspace, path, S_IFDIR, &status, err);
}
