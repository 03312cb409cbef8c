/* One command in a sandbox, from the engine's side: its streams, its time, and how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/memory.h"
#include "runners/capture.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/launcher/network.h"
#include "runners/namespace/watch.h"

enum {
	READ_SIZE = 64 * 1024,
	READS_A_TURN = 16, /* so that one noisy stream does not hold up the loop */
	DRAIN_MS = 500, /* for a pipe that somebody still holds when all is over */
	KILL_GRACE_MS = 10000, /* from the kill to the end; then the launcher is ended as well */
};

struct stream_state {
	struct exec *exec;
	int number; /* 1 or 2 */
	int fd;
	bool open;
	uv_poll_t poll;
	struct capture capture;
};

struct exec {
	struct sandbox *sandbox;
	const struct sandbox_exec *spec;
	struct arena *arena;
	struct output *out;
	struct stream_state streams[2];
	uv_timer_t timer;
	struct watch watch;
	struct room room;
	unsigned handles;
	bool killed; /* by us, for why */
	enum ended_by why;
	unsigned alive_at_kill;
	bool answered;
	bool drained_late;
	bool closing;
	struct message_result result;
	struct cgroup_usage usage;
	struct error error;
	double started, wall_ms;
};

/* ---- the end ---- */

static enum ended_by ended_by(const struct exec *exec)
{
	if (exec->killed)
		return exec->why;
	if (exec->result.no_room || exec->room.exceeded) /* which only its last look saw */
		return ENDED_DISK;
	if (exec->usage.oom)
		return ENDED_MEMORY;
	return exec->result.exit_code < 0 ? ENDED_SIGNAL : ENDED_EXIT;
}

static void fill_output(struct exec *exec)
{
	const struct message_result *result = &exec->result;
	struct sandbox *sandbox = exec->sandbox;
	struct output *out = exec->out;

	out->exit_code = result->exit_code;
	out->signal = result->signal;
	out->ended_by = ended_by(exec);
	if (result->no_room) {
		out->exceeded = "earlier commands have used up the run's disk limit";
	} else if (out->ended_by == ENDED_DISK) {
		char why[ROOM_WHY];
		room_why(&exec->room, why);
		out->exceeded = arena_string(exec->arena, why);
	}
	if (sandbox->build_name)
		sandbox->build_bytes = exec->room.look.bytes;
	out->wall_ms = exec->wall_ms;
	out->cpu_ms = (double)result->cpu_us / 1000;
	out->peak_memory = exec->usage.peak_memory;
	if (!out->peak_memory)
		out->peak_memory = result->max_rss > exec->watch.peak_memory
					   ? result->max_rss
					   : exec->watch.peak_memory;
	out->processes = exec->usage.processes ? exec->usage.processes : exec->watch.processes;
	out->pipe_kept = result->pipe_kept || exec->drained_late;
	capture_finish(&exec->streams[0].capture, exec->arena, &out->out);
	capture_finish(&exec->streams[1].capture, exec->arena, &out->err);
	sandbox->killed += exec->killed ? exec->alive_at_kill : result->survivors;
}

static void release(struct exec *exec)
{
	for (int i = 0; i < 2; i++) {
		capture_done(&exec->streams[i].capture);
		if (exec->streams[i].fd >= 0)
			close(exec->streams[i].fd);
	}
	free(exec);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct exec *exec = handle->data;
	struct sandbox *sandbox = exec->sandbox;

	if (--exec->handles > 0)
		return;
	struct error err = exec->error;
	if (!error_is_set(&err))
		fill_output(exec);
	sandbox->exec = NULL;
	release(exec);
	instance_finish(sandbox, error_is_set(&err) ? &err : NULL);
}

static void close_all(struct exec *exec)
{
	if (exec->closing)
		return;
	exec->closing = true;
	for (int i = 0; i < 2; i++) {
		exec->streams[i].poll.data = exec;
		uv_close((uv_handle_t *)&exec->streams[i].poll, on_handle_closed);
	}
	uv_close((uv_handle_t *)&exec->timer, on_handle_closed);
	watch_stop(&exec->watch, on_handle_closed);
	room_stop(&exec->room, on_handle_closed);
}

static void settle(struct exec *exec)
{
	if (exec->answered && !exec->streams[0].open && !exec->streams[1].open)
		close_all(exec);
}

/* ---- ending it early ---- */

static void on_grace_over(uv_timer_t *timer)
{
	struct exec *exec = timer->data;

	/* A process that SIGKILL does not end hangs in the kernel: the sandbox is lost. */
	instance_shoot(exec->sandbox);
}

static void kill_for(struct exec *exec, enum ended_by why)
{
	struct message message = {.type = MESSAGE_KILL};

	if (exec->killed || exec->answered)
		return;
	exec->killed = true;
	exec->why = why;
	exec->alive_at_kill = cgroup_population(&exec->sandbox->cgroup);
	if (message_send(exec->sandbox->launcher.socket, &message, NULL, NULL, 0) < 0)
		instance_shoot(exec->sandbox);
	uv_timer_start(&exec->timer, on_grace_over, KILL_GRACE_MS, 0);
}

static void on_time_up(uv_timer_t *timer)
{
	kill_for(timer->data, ENDED_TIMEOUT);
}

static void on_too_much_memory(void *ctx)
{
	kill_for(ctx, ENDED_MEMORY);
}

static void on_too_much_disk(void *ctx)
{
	kill_for(ctx, ENDED_DISK);
}

void exec_cancel(struct exec *exec)
{
	kill_for(exec, ENDED_CANCEL);
}

/* ---- streams ---- */

static void end_stream(struct stream_state *stream)
{
	uv_poll_stop(&stream->poll);
	stream->open = false;
	settle(stream->exec);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	static char data[READ_SIZE];
	struct stream_state *stream = poll->data;
	struct exec *exec = stream->exec;

	(void)events;
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t got = status < 0 ? 0 : read(stream->fd, data, sizeof(data));
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			end_stream(stream);
			return;
		}
		if (!capture_add(&stream->capture, data, (size_t)got))
			kill_for(exec, ENDED_OUTPUT);
		if (exec->spec->on_output)
			exec->spec->on_output(exec->spec->on_output_ctx, stream->number, data,
					      (size_t)got);
	}
}

static void on_drain_over(uv_timer_t *timer)
{
	struct exec *exec = timer->data;

	exec->drained_late = true;
	close_all(exec);
}

/* Whose room is the run's own limit, not the host's disk. */
static bool on_tmpfs(const struct sandbox *sandbox)
{
	return !sandbox->run && !sandbox->build_name;
}

void exec_answered(struct exec *exec, const struct message_result *result, const struct error *err)
{
	if (exec->answered)
		return;
	exec->answered = true;
	exec->wall_ms = clock_ms() - exec->started;
	cgroup_usage(&exec->sandbox->cgroup, &exec->usage);
	if (result && result->no_room && !on_tmpfs(exec->sandbox))
		error_errno(&exec->error, ENOSPC, "mount overlay");
	else if (result)
		exec->result = *result;
	else if (exec->sandbox->dead && exec->usage.oom) /* the launcher was the victim */
		exec->result = (struct message_result){.exit_code = -1, .signal = SIGKILL};
	else
		exec->error = *err;
	uv_timer_start(&exec->timer, on_drain_over, DRAIN_MS, 0);
	settle(exec);
}

/* ---- the start ---- */

static int add_strings(struct buf *out, const char *const *strings, uint32_t *count)
{
	for (*count = 0; strings && strings[*count]; (*count)++)
		buf_append(out, strings[*count], strlen(strings[*count]) + 1);
	return out->truncated ? -1 : 0;
}

static int describe_mounts(struct sandbox *sandbox, struct buf *out, struct error *err)
{
	if (sandbox->build_name) {
		buf_printf(out,
			   "userxattr,upperdir=" TREE_BUILDING
			   "/%s/workspace,workdir=" TREE_BUILDING "/%s/work,lowerdir=" TREE_BUILDING
			   "/%s/files",
			   sandbox->build_name, sandbox->build_name, sandbox->build_name);
		buf_append(out, "", 1);
		buf_printf(out, TREE_BUILDING "/%s/deps", sandbox->build_name);
	} else {
		if (stack_options(&sandbox->stack, sandbox->layer_key, out, err))
			return -1;
		buf_append(out, "", 1);
		if (sandbox->layer_key)
			buf_printf(out, TREE_LAYERS "/%s/deps", sandbox->layer_key);
	}
	buf_append(out, "", 1);
	return 0;
}

static int send_task(struct sandbox *sandbox, const struct sandbox_exec *spec, int out, int err_fd,
		     struct error *err)
{
	struct message message = {.type = MESSAGE_RUN};
	struct message_run *run = &message.run;
	const int fds[2] = {out, err_fd};
	struct buf strings;

	run->limits = spec->limits;
	if (!run->limits.disk)
		run->limits.disk = sandbox->limits.disk;
	if (sandbox->cgroup.dirs[CGROUP_PIDS] < 0 && spec->limits.processes)
		run->limit_processes = spec->limits.processes + CGROUP_OWN_PROCESSES;
	run->limit_memory = sandbox->cgroup.dirs[CGROUP_MEMORY] < 0 && spec->limits.memory;
	buf_init(&strings, MESSAGE_STRINGS);
	int rc = describe_mounts(sandbox, &strings, err);
	if (rc == 0 && (add_strings(&strings, spec->argv, &run->argc) ||
			add_strings(&strings, spec->env, &run->envc)))
		rc = error_set(err, ERROR_TOO_LARGE,
			       "the command's arguments and variables are longer than %d bytes",
			       MESSAGE_STRINGS);
	message.string_bytes = (uint32_t)strings.len;
	if (!rc && message_send(sandbox->launcher.socket, &message, strings.data, fds, 2) < 0)
		rc = error_errno(err, errno, "reach the sandbox");
	buf_done(&strings);
	return rc;
}

static int open_stream(struct exec *exec, int index, int *write_end, struct error *err)
{
	static const char *const suffixes[] = {".stdout", ".stderr"};
	struct stream_state *stream = &exec->streams[index];
	const struct limits *limits = &exec->spec->limits;
	char path[PATH_MAX] = "";
	int fds[2];

	if (exec->spec->spool)
		snprintf(path, sizeof(path), "%s%s", exec->spec->spool, suffixes[index]);
	if (capture_init(&stream->capture, (size_t)limits->output, limits->output_file,
			 exec->spec->spool ? path : NULL, err))
		return -1;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, errno, "make a pipe");
	stream->fd = fds[0];
	*write_end = fds[1];
	return 0;
}

static void start_handles(struct exec *exec)
{
	uv_loop_t *loop = exec->sandbox->loop;

	for (int i = 0; i < 2; i++) {
		struct stream_state *stream = &exec->streams[i];
		stream->exec = exec;
		stream->number = i + 1;
		stream->open = true;
		uv_poll_init(loop, &stream->poll, stream->fd);
		stream->poll.data = stream;
		uv_poll_start(&stream->poll, UV_READABLE, on_readable);
	}
	uv_timer_init(loop, &exec->timer);
	exec->timer.data = exec;
	if (exec->spec->limits.time_ms)
		uv_timer_start(&exec->timer, on_time_up, exec->spec->limits.time_ms, 0);
	exec->handles = 3;
}

int exec_start(struct sandbox *sandbox, const struct sandbox_exec *spec, struct arena *arena,
	       struct output *out, sandbox_done_fn done, void *ctx, struct error *err)
{
	int ends[2] = {-1, -1};

	if (instance_begin(sandbox, done, ctx, err))
		return -1;
	if (cgroup_prepare(&sandbox->cgroup, &spec->limits)) {
		sandbox->done = NULL;
		return error_errno(err, errno, "set the command's limits");
	}
	struct exec *exec = memory_zeroed(sizeof(*exec));
	*exec = (struct exec){.sandbox = sandbox, .spec = spec, .arena = arena, .out = out};
	exec->streams[0].fd = exec->streams[1].fd = -1;
	exec->streams[0].capture.spool = exec->streams[1].capture.spool = -1;
	exec->started = clock_ms();
	int rc = open_stream(exec, 0, &ends[0], err) || open_stream(exec, 1, &ends[1], err) ||
		 send_task(sandbox, spec, ends[0], ends[1], err);
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
	}
	if (rc) {
		sandbox->done = NULL;
		release(exec);
		return -1;
	}
	sandbox->exec = exec;
	start_handles(exec);
	bool limited = sandbox->cgroup.dirs[CGROUP_MEMORY] >= 0;
	watch_start(&exec->watch, sandbox->loop, sandbox->launcher.pid,
		    limited ? 0 : spec->limits.memory, on_too_much_memory, exec);
	if (sandbox->build_name)
		room_watch(&exec->room, sandbox->loop, sandbox->build_folder,
			   &sandbox->build_bounds, on_too_much_disk, exec);
	exec->handles += exec->watch.active + exec->room.active;
	/* An engine's second sandbox is rarely its last. */
	if (sandbox->privileged && sandbox->number > 1)
		network_prepare();
	return 0;
}
