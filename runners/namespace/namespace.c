/*
 * The namespace backend: `struct sandbox_ops` on user, mount, pid, net, ipc, uts and cgroup
 * namespaces, overlayfs layers, control groups and a system call filter. Start reading at open.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/evict.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/launcher/launcher.h"
#include "runners/namespace/overlay/put.h"
#include "runners/namespace/overlay/revisions.h"
#include "runners/namespace/probe.h"
#include "runners/namespace/recover.h"

enum { EGRESS_WAIT_MS = 5000 };

static int snapshot_run(struct sandbox *sandbox, void *arg, struct error *err)
{
	return stack_freeze(&sandbox->stack, arg, err) ? error_wrap(err, "snapshot") : 0;
}

static int snapshot_start(struct sandbox *sandbox, const char *name, sandbox_done_fn done,
			  void *ctx, struct error *err)
{
	if (instance_begin(sandbox, done, ctx, err))
		return -1;
	return instance_work(sandbox, snapshot_run, (void *)name, err);
}

static int put_run(struct sandbox *sandbox, void *arg, struct error *err)
{
	return put_files(&sandbox->stack, arg, sandbox->put_count, err);
}

static int put_start(struct sandbox *sandbox, const struct file *files, size_t count,
		     sandbox_done_fn done, void *ctx, struct error *err)
{
	if (instance_begin(sandbox, done, ctx, err))
		return -1;
	sandbox->put_count = count;
	return instance_work(sandbox, put_run, (void *)files, err);
}

/* The launcher is idle, so its answer is a matter of microseconds. */
static int egress(struct sandbox *sandbox, int *fd, struct error *err)
{
	struct message message = {.type = MESSAGE_EGRESS};
	struct pollfd polled = {.fd = sandbox->launcher.socket, .events = POLLIN};
	int fds[MESSAGE_FDS];

	if (sandbox->done || sandbox->dead || !sandbox->ready)
		return error_set(err, ERROR_INTERNAL, "egress: the sandbox is busy or has ended");
	if (message_send(sandbox->launcher.socket, &message, NULL, NULL, 0) < 0 ||
	    poll(&polled, 1, EGRESS_WAIT_MS) != 1 ||
	    message_receive(sandbox->launcher.socket, &message, NULL, 0, fds, MSG_DONTWAIT) != 1)
		return error_set(err, ERROR_INTERNAL, "egress: the sandbox does not answer");
	if (message.type == MESSAGE_FAILED) {
		*err = message.error;
		return error_wrap(err, "egress");
	}
	if (fds[0] < 0)
		return error_set(err, ERROR_INTERNAL, "egress: the sandbox answers something else");
	*fd = fds[0];
	return 0;
}

static int fetch(struct sandbox *sandbox, const char *name, struct buf *out, struct error *err)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	struct stat st;
	int fd = (int)syscall(SYS_openat2, sandbox->out, name, &how, sizeof(how));

	if (fd < 0 && errno == ENOENT)
		return error_set(err, ERROR_NOT_FOUND, "the command left no %s", name);
	if (fd < 0)
		return error_errno(err, errno, "fetch %s", name);
	int rc = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)
			 ? error_set(err, ERROR_NOT_FOUND, "%s is not a regular file", name)
			 : file_read_fd(fd, name, out, err);
	close(fd);
	return rc;
}

static void kill_operation(struct sandbox *sandbox)
{
	if (sandbox->exec)
		exec_cancel(sandbox->exec);
	else if (sandbox->done && !sandbox->ready)
		instance_shoot(sandbox); /* while it opens */
}

static void isolation(const struct sandbox *sandbox, struct isolation *out)
{
	*out = (struct isolation){
		.backend = "namespace",
		.uid = sandbox->privileged ? LAUNCHER_UID_HOST : geteuid(),
		.cgroup = cgroup_version(&sandbox->cgroup),
		.seccomp = true,
		.network = "none",
	};
}

static const struct sandbox_ops namespace_ops = {
	.name = "namespace",
	.probe = probe_host,
	.recover = recover_state,
	.prepare = launcher_prepare,
	.retire = launcher_retire,
	.open = open_start,
	.snapshot = snapshot_start,
	.put = put_start,
	.exec = exec_start,
	.rollback = rollback_start,
	.commit = commit_start,
	.layer_known = layers_known,
	.layer_use = layers_use,
	.layer_begin = layers_begin,
	.layer_end = layers_end,
	.layers_trim = evict_layers,
	.egress = egress,
	.view = revisions_view,
	.compare = revisions_compare,
	.forget = revisions_forget,
	.keep_only = revisions_keep_only,
	.fetch = fetch,
	.kill = kill_operation,
	.close = close_start,
	.isolation = isolation,
};
REGISTER(sandboxes, struct sandbox_ops, namespace_ops);
