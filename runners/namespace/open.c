/* How a sandbox comes to be, and what its launcher answers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/launcher/idmap.h"
#include "runners/namespace/launcher/seccomp.h"
#include "runners/namespace/launcher/tree_shared.h"
#include "runners/namespace/overlay/storage.h"
#include "runners/namespace/owner.h"
#include "runners/namespace/state.h"

enum { INIT_PATIENCE_MS = 5000 }; /* with a command's init, once its launcher is dead */

static char *join(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *out = memory_alloc(size);

	snprintf(out, size, "%s/%s", folder, name);
	return out;
}

/* ---- the launcher's answers ---- */

static void fail_operation(struct sandbox *sandbox, const struct error *err)
{
	if (sandbox->exec)
		exec_answered(sandbox->exec, NULL, err);
	else if (sandbox->done && !sandbox->working)
		instance_finish(sandbox, err);
}

static void on_tree(struct sandbox *sandbox, int root, int out)
{
	struct error err = {0};
	int workspace = -1;
	uid_t owner = sandbox->privileged ? LAUNCHER_UID_HOST : geteuid();
	gid_t group = sandbox->privileged ? LAUNCHER_GID_HOST : getegid();

	sandbox->out = out;
	if (sandbox->workspace)
		workspace = open(sandbox->workspace, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (stack_init(&sandbox->stack, root, workspace, owner, group, &err)) {
		fail_operation(sandbox, &err);
		return;
	}
	if (sandbox->chained)
		sandbox->stack.chain = &sandbox->chain;
}

static void on_ready(struct sandbox *sandbox)
{
	if (!sandbox->done)
		return; /* its tree could not be used, which has been told */
	sandbox->ready = true;
	instance_finish(sandbox, NULL);
}

static void close_fds(const int fds[MESSAGE_FDS])
{
	for (size_t i = 0; i < MESSAGE_FDS; i++)
		file_close(fds[i]);
}

static void on_message(struct sandbox *sandbox, const struct message *message,
		       const int fds[MESSAGE_FDS])
{
	switch ((enum message_type)message->type) {
	case MESSAGE_TREE: on_tree(sandbox, fds[0], fds[1]); break;
	case MESSAGE_READY: on_ready(sandbox); break;
	case MESSAGE_FAILED: fail_operation(sandbox, &message->error); break;
	case MESSAGE_ENDED:
		if (sandbox->exec)
			exec_answered(sandbox->exec, &message->result, NULL);
		break;
	default: close_fds(fds); break; /* an answer that came too late */
	}
}

static void on_end(struct sandbox *sandbox)
{
	struct error err;
	siginfo_t info;

	uv_timer_stop(&sandbox->patience);
	waitid(P_PIDFD, (id_t)sandbox->launcher.pidfd, &info, WEXITED);
	sandbox->dead = true;
	sandbox->launched = false;
	error_set(&err, sandbox->closing ? ERROR_CANCELLED : ERROR_INTERNAL,
		  "the sandbox ended unexpectedly");
	fail_operation(sandbox, &err);
	close_step(sandbox);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct sandbox *sandbox = poll->data;
	struct message message;
	int fds[MESSAGE_FDS];

	(void)status;
	(void)events;
	int got = message_receive(sandbox->launcher.socket, &message, NULL, 0, fds, MSG_DONTWAIT);
	if (got > 0) {
		on_message(sandbox, &message, fds);
	} else if (got == 0 || errno != EAGAIN) {
		uv_poll_stop(poll);
		if (sandbox->gone)
			on_end(sandbox);
	}
}

/* The kernel keeps the init. Nobody is told of its end but the next engine, which finds the groups. */
static void on_gone_for_long(uv_timer_t *timer)
{
	struct sandbox *sandbox = timer->data;

	uv_poll_stop(&sandbox->socket_poll);
	on_end(sandbox);
}

/* Its last words first: they come before the socket's end, which a command's dying init may delay. */
static void on_launcher_gone(uv_poll_t *poll, int status, int events)
{
	struct sandbox *sandbox = poll->data;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	sandbox->gone = true;
	if (uv_is_active((uv_handle_t *)&sandbox->socket_poll))
		uv_timer_start(&sandbox->patience, on_gone_for_long, INIT_PATIENCE_MS, 0);
	else
		on_end(sandbox);
}

/* ---- the start ---- */

static int plan_workspace(struct sandbox *sandbox, struct tree_plan *plan, struct error *err)
{
	struct stat st;

	plan->idmap = -1;
	if (!sandbox->workspace)
		return 0;
	if (stat(sandbox->workspace, &st) < 0) {
		/* Made on commit. */
		return errno == ENOENT ? 0 : error_errno(err, errno, "%s", sandbox->workspace);
	}
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_USAGE, "%s is not a folder", sandbox->workspace);
	plan->workspace = sandbox->workspace;
	if (!sandbox->privileged)
		return 0;
	return idmap_get(st.st_uid, st.st_gid, LAUNCHER_UID_HOST, LAUNCHER_GID_HOST, &plan->idmap,
			 err);
}

/* What a run writes lies in memory, so half of that is the most that it may have. */
static uint64_t disk_limit(const struct limits *limits)
{
	struct sysinfo info;
	uint64_t half = 1ULL << 30;

	if (sysinfo(&info) == 0)
		half = (uint64_t)info.totalram * info.mem_unit / 2;
	return limits->disk && limits->disk < half ? limits->disk : half;
}

static int prepare_state(struct sandbox *sandbox, const char *state_dir, struct error *err)
{
	sandbox->state_dir = memory_string(state_dir);
	sandbox->layers = join(state_dir, "layers");
	sandbox->revisions = join(state_dir, "revisions");
	sandbox->building = join(state_dir, "building");
	sandbox->commits = join(state_dir, "commits");
	sandbox->runs = join(state_dir, "runs");
	if (file_make_dirs(state_dir, 0700, err) || state_make(sandbox->layers, err) ||
	    state_make(sandbox->revisions, err) || state_make(sandbox->building, err) ||
	    file_make_dirs(sandbox->commits, 0700, err) ||
	    owner_mark(state_dir, &sandbox->owner, err))
		return error_wrap(err, "state folder");
	return 0;
}

/* What a commit is sure to refuse is refused before anything has run. */
static int prepare_chain(struct sandbox *sandbox, const struct sandbox_spec *spec,
			 struct error *err)
{
	if (chain_open(&sandbox->chain, spec->state_dir, spec->revisions, err))
		return -1;
	if (!spec->revision)
		return 0;
	if (chain_check_id(spec->revision, err))
		return -1;
	if (faccessat(sandbox->chain.folder, spec->revision, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(err, ERROR_CONFLICT, "there is a revision %s already",
				 spec->revision);
	if (sandbox->chain.count == SANDBOX_CHAIN_MAX && !spec->flatten)
		return error_set(err, ERROR_TOO_LARGE,
				 "%d revisions are the most that one may stand on: the next must "
				 "hold everything (flatten)",
				 SANDBOX_CHAIN_MAX);
	sandbox->revision = memory_string(spec->revision);
	sandbox->flatten = spec->flatten;
	return 0;
}

static int make_run(struct sandbox *sandbox, struct error *err)
{
	char name[96];

	if (storage_on_tmpfs())
		return 0;
	snprintf(name, sizeof(name), "%s-%u", sandbox->owner, sandbox->number);
	sandbox->run = join(sandbox->runs, name);
	if (state_make(sandbox->runs, err) || state_make(sandbox->run, err))
		return error_wrap(err, "writable layers");
	return 0;
}

static int make_plan(struct sandbox *sandbox, const struct sandbox_spec *spec,
		     struct launcher_plan *plan, struct error *err)
{
	if (prepare_state(sandbox, spec->state_dir, err) ||
	    (sandbox->chained && prepare_chain(sandbox, spec, err)) || make_run(sandbox, err))
		return -1;
	*plan = (struct launcher_plan){
		.shared_tree = -1,
		.tree = {
			.mounts = spec->mounts,
			.layers = sandbox->layers,
			.revisions = sandbox->revisions,
			.building = sandbox->building,
			.disk = sandbox->limits.disk,
			.writable = sandbox->run,
			.privileged = sandbox->privileged,
			.owner = sandbox->privileged ? LAUNCHER_UID_HOST : LAUNCHER_UID_INSIDE,
			.group = sandbox->privileged ? LAUNCHER_GID_HOST : LAUNCHER_GID_INSIDE,
		}};
	if (plan_workspace(sandbox, &plan->tree, err) || seccomp_filter(&plan->filter, err))
		return -1;
	return sandbox->privileged ? tree_shared_get(&plan->tree, &plan->shared_tree, err) : 0;
}

static void make_groups(struct sandbox *sandbox)
{
	char name[96];

	snprintf(name, sizeof(name), "assay-%s-%u", sandbox->owner, sandbox->number);
	cgroup_make(&sandbox->cgroup, name, &sandbox->limits);
}

/* One that died already is noticed on its pidfd. */
static void send_groups(struct sandbox *sandbox)
{
	struct message go = {.type = MESSAGE_GO};
	int fds[CGROUP_CONTROLLERS];

	size_t count = cgroup_open_tasks(&sandbox->cgroup, fds);
	message_send(sandbox->launcher.socket, &go, NULL, fds, count);
	while (count)
		close(fds[--count]);
}

static int launch(struct sandbox *sandbox, const struct sandbox_spec *spec, struct error *err)
{
	struct launcher_plan plan;

	if (launcher_begin(&sandbox->launcher, sandbox->privileged, err))
		return -1;
	if (make_plan(sandbox, spec, &plan, err)) {
		launcher_forget(&sandbox->launcher);
		return -1;
	}
	/* The launcher starts in a group of v2; those of v1 it joins, and they are made while it makes its tree. */
	if (cgroup_is_v2())
		make_groups(sandbox);
	plan.cgroup = cgroup_target(&sandbox->cgroup);
	if (launcher_start(&sandbox->launcher, &plan, err))
		return -1;
	sandbox->launched = true;
	if (!cgroup_is_v2())
		make_groups(sandbox);
	send_groups(sandbox);
	return 0;
}

int open_start(struct sandbox **out, uv_loop_t *loop, const struct sandbox_spec *spec,
	       sandbox_done_fn done, void *ctx, struct error *err)
{
	static unsigned opened;
	struct sandbox *sandbox = memory_zeroed(sizeof(*sandbox));

	sandbox->loop = loop;
	sandbox->number = ++opened;
	sandbox->privileged = idmap_real_root();
	sandbox->chained = spec->revisions != NULL;
	if (!sandbox->chained)
		sandbox->workspace = memory_string(spec->workspace);
	sandbox->limits = spec->limits;
	sandbox->build_disk = spec->limits.disk;
	sandbox->layers_disk = spec->layers_disk;
	sandbox->limits.disk = disk_limit(&spec->limits);
	sandbox->allowance = spec->allowance ? allowance_hold(spec->allowance) : NULL;
	sandbox->stack.root = sandbox->out = sandbox->build_folder = -1;
	sandbox->chain.folder = -1;
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		sandbox->cgroup.dirs[i] = -1;
	if (launch(sandbox, spec, err)) {
		close_now(sandbox);
		return -1;
	}
	sandbox->done = done;
	sandbox->done_ctx = ctx;
	uv_poll_init(loop, &sandbox->socket_poll, sandbox->launcher.socket);
	uv_poll_init(loop, &sandbox->pidfd_poll, sandbox->launcher.pidfd);
	uv_timer_init(loop, &sandbox->patience);
	sandbox->socket_poll.data = sandbox->pidfd_poll.data = sandbox->patience.data = sandbox;
	sandbox->has_handles = true;
	uv_poll_start(&sandbox->socket_poll, UV_READABLE, on_socket);
	uv_poll_start(&sandbox->pidfd_poll, UV_READABLE, on_launcher_gone);
	*out = sandbox;
	return 0;
}
