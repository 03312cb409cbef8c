/*
 * The file tree of a sandbox: binds are taken from the host first, then placed, then the host goes.
 */
#include "runners/namespace/launcher/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runners/sandbox.h"

/* glibc declares the call from 2.36 on, the flag (with its value) is the kernel's. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

enum { MOUNTS_MAX = 96, INODE = 1024, INODES_LEAST = 1024 };

/* One piece of the host on its way into the tree. */
struct bind {
	int fd; /* a detached copy of the mount */
	bool folder;
	const char *target; /* "/root" + path, or an outer path */
	const char *prefix;
};

struct tree {
	const struct tree_plan *plan;
	struct bind binds[MOUNTS_MAX];
	size_t count;
	struct error *err;
};

static const uint64_t locked_down = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

/* ---- taking ---- */

static int restrict_mount(int fd, uint64_t attributes, int idmap, bool recursive)
{
	struct mount_attr attr = {.attr_set = attributes};

	if (idmap >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t)idmap;
	}
	return mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
			     sizeof(attr));
}

static int take(struct tree *tree, const char *source, const char *prefix, const char *target,
		uint64_t attributes, bool optional)
{
	struct stat st;

	if (tree->count == MOUNTS_MAX)
		return error_set(tree->err, ERROR_TOO_LARGE, "more than %d mounts", MOUNTS_MAX);
	int fd = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE);
	if (fd < 0 && optional && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(tree->err, errno, "mount %s", source);
	if (attributes && restrict_mount(fd, attributes, -1, true) < 0)
		return error_errno(tree->err, errno, "restrict mount %s", source);
	tree->binds[tree->count++] = (struct bind){fd, S_ISDIR(st.st_mode), target, prefix};
	return 0;
}

static bool beneath(const char *path, const char *folder)
{
	size_t len = strlen(folder);
	return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static const char *const host_links[] = {"/bin",   "/sbin",  "/lib",
					 "/lib32", "/lib64", "/etc/localtime"};

/* What an earlier mount or a link into /usr holds already needs no mount of its own. */
static bool taken(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < sizeof(host_links) / sizeof(host_links[0]); i++) {
		if (beneath(path, host_links[i]))
			return true;
	}
	for (size_t i = 0; i < tree->count; i++) {
		const struct bind *bind = &tree->binds[i];
		if (bind->prefix[0] && beneath(path, bind->target))
			return true;
	}
	return false;
}

static const char *const etc[] = {
	"/etc/alternatives",    "/etc/ssl",         "/etc/pki",
	"/etc/ca-certificates", "/etc/ld.so.cache", "/etc/mime.types",
};

static const char *const devices[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
};

static int take_all(struct tree *tree)
{
	const struct tree_plan *plan = tree->plan;

	/* Must stay writable: a read-only proc in sight allows only read-only ones. */
	if (take(tree, "/proc", "", "/proc", 0, false) ||
	    take(tree, "/usr", TREE_ROOT, "/usr", locked_down, false))
		return -1;
	for (size_t i = 0; i < sizeof(etc) / sizeof(etc[0]); i++) {
		if (take(tree, etc[i], TREE_ROOT, etc[i], locked_down, true))
			return -1;
	}
	for (const char *const *it = plan->mounts; it && *it; it++) {
		if (!taken(tree, *it) && take(tree, *it, TREE_ROOT, *it, locked_down, false))
			return -1;
	}
	for (size_t i = 0; !plan->privileged && i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (take(tree, devices[i], TREE_ROOT, devices[i], MOUNT_ATTR_NOSUID, true))
			return -1;
	}
	if (take(tree, plan->layers, "", TREE_LAYERS, locked_down, false) ||
	    take(tree, plan->revisions, "", TREE_REVISIONS, locked_down, false) ||
	    take(tree, plan->building, "", TREE_BUILDING, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
		 false))
		return -1;
	return 0;
}

/* ---- placing ---- */

/* mkdir -p; a folder that a mount brought along is as good. */
static int make_folders(char *path, bool last)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int rc = mkdir(path, 0755);
		*slash = '/';
		if (rc < 0 && errno != EEXIST)
			return -1;
	}
	return last && mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

static int place(struct tree *tree, const struct bind *bind)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), ".%s%s", bind->prefix, bind->target);

	if (len < 0 || (size_t)len >= sizeof(path))
		return error_set(tree->err, ERROR_TOO_LARGE, "mount path %s is too long",
				 bind->target);
	if (make_folders(path, bind->folder) < 0)
		return error_errno(tree->err, errno, "make mount point %s", bind->target);
	if (!bind->folder) {
		int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0)
			return error_errno(tree->err, errno, "make mount point %s", bind->target);
		close(fd);
	}
	if (move_mount(bind->fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(tree->err, errno, "mount %s", bind->target);
	close(bind->fd);
	return 0;
}

static int write_file(struct tree *tree, const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(tree->err, errno, "make %s", path);
	ssize_t written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? error_errno(tree->err, errno, "write %s", path) : 0;
}

/* The same link as on the host: /bin -> usr/bin, /etc/localtime -> /usr/share/zoneinfo/... */
static int copy_link(struct tree *tree, const char *source)
{
	char link[PATH_MAX], path[64];
	ssize_t len = readlink(source, link, sizeof(link) - 1);

	if (len < 0 && errno == EINVAL)
		return take(tree, source, TREE_ROOT, source, locked_down, true);
	if (len < 0)
		return 0;
	link[len] = '\0';
	snprintf(path, sizeof(path), "." TREE_ROOT "%s", source);
	if (symlink(link, path) < 0)
		return error_errno(tree->err, errno, "link %s", source);
	return 0;
}

static int make_devices(struct tree *tree)
{
	static const struct {
		const char *path;
		unsigned major, minor;
	} nodes[] = {
		{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
		{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
	};
	static const char *const links[][2] = {
		{"/proc/self/fd", "fd"},
		{"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"},
	};
	char path[64];

	for (size_t i = 0; tree->plan->privileged && i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(path, sizeof(path), "." TREE_ROOT "/dev/%s", nodes[i].path);
		if (mknod(path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) < 0)
			return error_errno(tree->err, errno, "make /dev/%s", nodes[i].path);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "." TREE_ROOT "/dev/%s", links[i][1]);
		if (symlink(links[i][0], path) < 0)
			return error_errno(tree->err, errno, "make /dev/%s", links[i][1]);
	}
	return 0;
}

static int fill_root(struct tree *tree)
{
	static const char *const folders[] = {
		"/etc",       "/dev",      "/dev/shm",    "/proc",
		"/tmp",       "/var",      "/run",        SANDBOX_WORKSPACE,
		SANDBOX_DEPS, SANDBOX_OUT, SANDBOX_CACHE,
	};
	char path[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "." TREE_ROOT "%s", folders[i]);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return error_errno(tree->err, errno, "make %s", folders[i]);
	}
	if (write_file(tree, "." TREE_ROOT "/etc/passwd",
		       "root:x:0:0:root:/:/bin/sh\n"
		       "sandbox:x:1000:1000:sandbox:/tmp:/bin/sh\n"
		       "nobody:x:65534:65534:nobody:/:/bin/false\n") ||
	    write_file(tree, "." TREE_ROOT "/etc/group",
		       "root:x:0:\nsandbox:x:1000:\nnogroup:x:65534:\n") ||
	    write_file(tree, "." TREE_ROOT "/etc/hosts",
		       "127.0.0.1 localhost sandbox\n::1 localhost\n") ||
	    write_file(tree, "." TREE_ROOT "/etc/nsswitch.conf",
		       "passwd: files\ngroup: files\nhosts: files dns\n"))
		return -1;
	if (symlink("/tmp", "." TREE_ROOT "/var/tmp") < 0)
		return error_errno(tree->err, errno, "link /var/tmp");
	return make_devices(tree);
}

/* pivot_root(".", ".") leaves the old root on top of the new one, where it can be taken off. */
static int leave_host(struct tree *tree)
{
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return error_errno(tree->err, errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return error_errno(tree->err, errno, "leave the host's root");
	return 0;
}

int tree_build(const struct tree_plan *plan, struct error *err)
{
	struct tree tree = {.plan = plan, .err = err};
	struct mount_attr fixed = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(err, errno, "make mounts private");
	if (take_all(&tree))
		return -1;
	/* Any folder will do as a mount point: the host's view of it ends with pivot_root. */
	if (mount("assay", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m") < 0 ||
	    chdir("/tmp") < 0 || mkdir("." TREE_ROOT, 0755) < 0 ||
	    mkdir("." TREE_LOWER, 0755) < 0 || mkdir("." TREE_WRITABLE, 0755) < 0 ||
	    mount("assay-root", "." TREE_ROOT, "tmpfs", MS_NOSUID, "mode=755,size=1m") < 0)
		return error_errno(err, errno, "mount the sandbox's tmpfs");
	if (fill_root(&tree))
		return -1;
	for (size_t i = 0; i < sizeof(host_links) / sizeof(host_links[0]); i++) {
		if (copy_link(&tree, host_links[i]))
			return -1;
	}
	for (size_t i = 0; i < tree.count; i++) {
		if (place(&tree, &tree.binds[i]))
			return -1;
	}
	if (mount_setattr(AT_FDCWD, "." TREE_ROOT, 0, &fixed, sizeof(fixed)) < 0)
		return error_errno(err, errno, "make the root read-only");
	return leave_host(&tree);
}

/* ---- one sandbox's own part ---- */

/*
 * A privileged engine maps the owner's files to the sandbox's uid, for neither the sandbox nor its
 * copy-up may touch files of a uid that its user namespace does not know.
 */
static int take_workspace(const struct tree_plan *plan, int *fd, struct error *err)
{
	/* A plain user may not leave out what is mounted beneath a mount that is not his own. */
	unsigned recursive = plan->idmap < 0 ? AT_RECURSIVE : 0;

	*fd = open_tree(AT_FDCWD, plan->workspace, OPEN_TREE_CLONE | O_CLOEXEC | recursive);
	if (*fd < 0)
		return error_errno(err, errno, "mount %s", plan->workspace);
	if (restrict_mount(*fd, locked_down, plan->idmap, recursive) == 0)
		return 0;
	if (plan->idmap < 0)
		return error_errno(err, errno, "restrict mount %s", plan->workspace);
	return error_set(err, ERROR_UNAVAILABLE,
			 "the file system of %s cannot be mounted with mapped owners (%s); use a "
			 "workspace on another file system, or run as its owner",
			 plan->workspace, strerror(errno));
}

int tree_take_own(const struct tree_plan *plan, struct tree_own *own, struct error *err)
{
	*own = (struct tree_own){-1, -1};
	if (plan->workspace && take_workspace(plan, &own->workspace, err))
		return -1;
	if (!plan->writable)
		return 0;
	own->writable = open_tree(AT_FDCWD, plan->writable, OPEN_TREE_CLONE | O_CLOEXEC);
	if (own->writable < 0 ||
	    restrict_mount(own->writable, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, -1, false) < 0)
		return error_errno(err, errno, "mount %s", plan->writable);
	return 0;
}

static int attach(int fd, const char *target, struct error *err)
{
	if (move_mount(fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, errno, "mount %s", target);
	close(fd);
	return 0;
}

void tree_tmpfs_options(char out[TREE_TMPFS_OPTIONS], const char *mode, uint64_t bytes)
{
	snprintf(out, TREE_TMPFS_OPTIONS, "mode=%s,size=%" PRIu64 ",nr_inodes=%" PRIu64, mode,
		 bytes, bytes / INODE + INODES_LEAST);
}

static int mount_writable(const struct tree_plan *plan, struct error *err)
{
	char options[TREE_TMPFS_OPTIONS];

	tree_tmpfs_options(options, "755", plan->disk);
	if (mount("assay-rw", TREE_WRITABLE, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return error_errno(err, errno, "mount the writable tmpfs");
	return 0;
}

/* A folder that commands may write, shown inside under the same name. */
static int share_folder(const struct tree_plan *plan, const char *outer, const char *inner,
			struct error *err)
{
	if (mkdir(outer, 0755) < 0 || chown(outer, plan->owner, plan->group) < 0 ||
	    mount(outer, inner, NULL, MS_BIND, NULL) < 0)
		return error_errno(err, errno, "share %s", outer);
	return 0;
}

int tree_furnish(const struct tree_plan *plan, const struct tree_own *own, struct error *err)
{
	int rc = own->writable >= 0 ? attach(own->writable, TREE_WRITABLE, err)
				    : mount_writable(plan, err);

	if (rc || share_folder(plan, TREE_WRITABLE SANDBOX_OUT, TREE_ROOT SANDBOX_OUT, err) ||
	    share_folder(plan, TREE_WRITABLE SANDBOX_CACHE, TREE_ROOT SANDBOX_CACHE, err))
		return -1;
	return own->workspace < 0 ? 0 : attach(own->workspace, TREE_LOWER, err);
}
