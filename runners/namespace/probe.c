/* What this host offers the namespace backend, and what it lacks: each thing is tried. */
#include "runners/namespace/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/cgroup.h"
#include "runners/namespace/launcher/idmap.h"
#include "runners/namespace/launcher/launcher.h"
#include "runners/namespace/launcher/seccomp.h"
#include "runners/namespace/overlay/storage.h"

enum { CHECKS_MAX = 8, DISK_WANTED_MB = 1024 };

struct probe {
	struct arena *arena;
	const char *state_dir;
	struct host_check *checks;
	size_t count;
};

static struct host_check *add(struct probe *probe, const char *what, bool required)
{
	struct host_check *check = &probe->checks[probe->count++];

	check->what = what;
	check->required = required;
	return check;
}

/* ---- in a child: what a plain user's sandbox is made of ---- */

enum { STEP_FINE, STEP_MAP, STEP_TMPFS, STEP_OVERLAY };

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, text, strlen(text));
	if (fd >= 0)
		close(fd);
	return written < 0 ? -1 : 0;
}

static int map_self(uid_t uid, gid_t gid)
{
	char text[64];

	snprintf(text, sizeof(text), "1000 %u 1", uid);
	if (write_text("/proc/self/setgroups", "deny") || write_text("/proc/self/uid_map", text))
		return -1;
	snprintf(text, sizeof(text), "1000 %u 1", gid);
	return write_text("/proc/self/gid_map", text);
}

/* Exit status: the step that failed, and errno above it. */
static int try_mounts(uid_t uid, gid_t gid)
{
	if (map_self(uid, gid))
		return STEP_MAP;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("probe", "/tmp", "tmpfs", 0, NULL) < 0 || mkdir("/tmp/l", 0755) < 0 ||
	    mkdir("/tmp/l/d", 0755) < 0 || mkdir("/tmp/u", 0755) < 0 || mkdir("/tmp/w", 0755) < 0 ||
	    mkdir("/tmp/m", 0755) < 0)
		return STEP_TMPFS;
	if (mount("overlay", "/tmp/m", "overlay", 0,
		  "userxattr,lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w") < 0 ||
	    mkdir("/tmp/m/d/x", 0755) < 0)
		return STEP_OVERLAY;
	return STEP_FINE;
}

/* Returns the step, or -1 with errno when the namespaces themselves are refused. */
static int run_child(void)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC |
			 CLONE_NEWUTS,
		.exit_signal = SIGCHLD,
	};
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status;
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(try_mounts(uid, gid));
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STEP_TMPFS;
}

/* What the common distributions do to forbid it, and how it is allowed again. */
static const char *namespaces_remedy(struct arena *arena, int failed)
{
	static const char *const switches[][2] = {
		{"/proc/sys/kernel/unprivileged_userns_clone", "0"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"},
		{"/proc/sys/user/max_user_namespaces", "0"},
	};
	static const char *const commands[] = {
		"sudo sysctl kernel.unprivileged_userns_clone=1",
		"sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
		"sudo sysctl user.max_user_namespaces=10000",
	};
	struct buf text;
	const char *remedy = "run on the host itself, or allow this container to make namespaces "
			     "(docker run --security-opt seccomp=unconfined "
			     "--security-opt apparmor=unconfined)";

	if (access("/proc/self/uid_map", F_OK) < 0)
		return "mount the process file system: mount -t proc proc /proc";
	if (failed == ENOSPC) /* the kernel's word for: there are as many as there may be */
		return "allow more of them: sudo sysctl user.max_user_namespaces=10000 (likewise "
		       "max_pid_namespaces and the others in /proc/sys/user)";
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		buf_init(&text, 64);
		if (file_read(switches[i][0], &text, NULL) == 0 &&
		    strcspn(text.data, "\n") == strlen(switches[i][1]) &&
		    text.data[0] == switches[i][1][0])
			remedy = arena_printf(arena, "allow them: %s", commands[i]);
		buf_done(&text);
	}
	return remedy;
}

static void check_namespaces(struct probe *probe)
{
	int step = run_child();
	int failed = errno;
	struct host_check *spaces = add(probe, "namespaces", true);
	struct host_check *overlay = add(probe, "overlayfs in a user namespace", true);

	spaces->ok = step >= 0 && step != STEP_MAP;
	spaces->found = spaces->ok ? "user, mount, pid, net, ipc, uts"
				   : arena_printf(probe->arena, "refused: %s",
						  step < 0 ? strerror(failed)
							   : "ids cannot be mapped");
	spaces->remedy = spaces->ok ? NULL : namespaces_remedy(probe->arena, step < 0 ? failed : 0);
	overlay->ok = step == STEP_FINE;
	overlay->found = overlay->ok  ? "with the option userxattr"
			 : spaces->ok ? "refused"
				      : "not tried without namespaces";
	overlay->remedy = overlay->ok || !spaces->ok
				  ? NULL
				  : "use Linux 5.12 or newer with overlayfs: sudo modprobe overlay";
}

/* ---- the rest ---- */

static void check_seccomp(struct probe *probe)
{
	struct host_check *check = add(probe, "system call filter", true);
	unsigned action = SECCOMP_RET_ERRNO;
	struct sock_fprog filter;
	struct error err = {0};

	check->ok = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 &&
		    seccomp_filter(&filter, &err) == 0;
	check->found = check->ok            ? "seccomp"
		       : error_is_set(&err) ? arena_string(probe->arena, err.text)
					    : "no seccomp";
	check->remedy = check->ok ? NULL : "use a kernel with CONFIG_SECCOMP_FILTER";
}

static void check_cgroup(struct probe *probe)
{
	struct host_check *check = add(probe, "control groups", false);
	struct limits limits = {.memory = 64 << 20, .processes = 16, .cpus = 1};
	struct cgroup cgroup;
	struct buf found;
	char name[64];

	snprintf(name, sizeof(name), "assay-probe-%d", (int)getpid());
	cgroup_make(&cgroup, name, &limits);
	buf_init(&found, 256);
	buf_printf(&found, "cgroup %s:", cgroup_version(&cgroup));
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (cgroup.dirs[i] >= 0)
			buf_printf(&found, " %s", cgroup_controller_names[i]);
	}
	check->ok = cgroup.dirs[CGROUP_MEMORY] >= 0 && cgroup.dirs[CGROUP_PIDS] >= 0;
	check->found = check->ok ? arena_string(probe->arena, found.data)
				 : "none that may be used: memory is watched, not limited";
	check->remedy = check->ok        ? NULL
			: geteuid() == 0 ? "make /sys/fs/cgroup writable: mount -t cgroup2 none "
					   "/sys/fs/cgroup; a systemd service needs Delegate=yes"
					 : "run as root, or in a delegated group: "
					   "systemd-run --user --scope -p Delegate=yes assay ...";
	buf_done(&found);
	cgroup_remove(&cgroup);
}

/* Only root needs it: a plain user's sandbox has the uid of the files. */
static void check_idmap(struct probe *probe)
{
	struct host_check *check = add(probe, "mounts with mapped owners", false);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	struct error err = {0};
	int idmap;

	if (!idmap_real_root()) {
		check->ok = true;
		check->found = "not needed by a plain user";
		return;
	}
	int fd = open_tree(AT_FDCWD, probe->state_dir, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
	if (fd >= 0 && idmap_get(0, 0, LAUNCHER_UID_HOST, LAUNCHER_GID_HOST, &idmap, &err) == 0) {
		attr.userns_fd = (uint64_t)idmap;
		check->ok = mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
	}
	check->found = check->ok ? arena_printf(probe->arena, "on %s", probe->state_dir)
				 : arena_printf(probe->arena, "refused on %s: %s", probe->state_dir,
						strerror(errno));
	check->remedy =
		check->ok ? NULL
			  : "keep workspaces on ext4, xfs or btrfs with Linux 5.12 or newer, or "
			    "run as a plain user";
	if (fd >= 0)
		close(fd);
}

static void check_storage(struct probe *probe)
{
	struct host_check *check = add(probe, "limit on what a run writes", false);

	check->ok = storage_on_tmpfs();
	check->found = check->ok
			       ? "by a tmpfs with user attributes"
			       : "none: this tmpfs has no user attributes, so a run writes to disk";
	check->remedy = check->ok ? NULL : "use Linux 6.6 or newer";
}

static void check_disk(struct probe *probe)
{
	struct host_check *check = add(probe, "room for dependency layers", false);
	struct statvfs st;

	if (statvfs(probe->state_dir, &st) < 0) {
		check->found = arena_printf(probe->arena, "%s: %s", probe->state_dir,
					    strerror(errno));
	} else {
		unsigned long long mb = (unsigned long long)st.f_bavail * st.f_frsize >> 20;
		check->ok = mb >= DISK_WANTED_MB;
		check->found = arena_printf(probe->arena, "%llu MiB free in %s", mb,
					    probe->state_dir);
	}
	check->remedy = check->ok ? NULL
				  : "free some space, or name another folder: ASSAY_STATE_DIR=...";
}

int probe_host(struct arena *arena, const char *state_dir, struct host_check **out, size_t *count,
	       struct error *err)
{
	struct probe probe = {
		.arena = arena,
		.state_dir = state_dir,
		.checks = arena_array(arena, CHECKS_MAX, sizeof(struct host_check)),
	};

	if (file_make_dirs(state_dir, 0700, err))
		return error_wrap(err, "state folder");
	check_namespaces(&probe);
	check_seccomp(&probe);
	check_cgroup(&probe);
	check_idmap(&probe);
	check_storage(&probe);
	check_disk(&probe);
	*out = probe.checks;
	*count = probe.count;
	return 0;
}
