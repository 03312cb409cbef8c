/* How a sandbox ends: its processes, its handles, its groups and its folders, in this order. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/owner.h"

enum { PATIENCE_MS = 10000 };

void close_now(struct sandbox *sandbox)
{
	bool all_gone = cgroup_remove(&sandbox->cgroup) == 0;
	allowance_release(sandbox->allowance);
	if (sandbox->stack.root >= 0)
		stack_done(&sandbox->stack);
	if (sandbox->out >= 0)
		close(sandbox->out);
	layers_forget(sandbox);
	if (sandbox->run && file_remove_tree(AT_FDCWD, sandbox->run, NULL))
		all_gone = false;
	if (!all_gone)
		owner_leave_marks(); /* the next start tries again */
	free(sandbox->workspace);
	chain_close(&sandbox->chain);
	free(sandbox->revision);
	free(sandbox->layers);
	free(sandbox->revisions);
	free(sandbox->building);
	free(sandbox->commits);
	free(sandbox->runs);
	free(sandbox->run);
	free(sandbox->layer_key);
	free(sandbox->state_dir);
	free(sandbox);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct sandbox *sandbox = handle->data;

	if (--sandbox->handles > 0)
		return;
	close(sandbox->launcher.pidfd);
	close(sandbox->launcher.socket);
	sandbox_closed_fn closed = sandbox->closed;
	void *ctx = sandbox->closed_ctx;
	close_now(sandbox);
	closed(ctx);
}

static void on_leave(uv_work_t *work)
{
	layers_leave(work->data);
}

static void on_left(uv_work_t *work, int status)
{
	struct sandbox *sandbox = work->data;

	(void)status;
	sandbox->sweeping = false;
	close_step(sandbox);
}

/* There may be much of what an install wrote. */
static int leave_layers(struct sandbox *sandbox)
{
	sandbox->sweep.data = sandbox;
	if (uv_queue_work(sandbox->loop, &sandbox->sweep, on_leave, on_left) != 0)
		return -1;
	sandbox->sweeping = true;
	return 0;
}

static void on_patience_over(uv_timer_t *timer)
{
	instance_shoot(timer->data);
}

/*
 * The launcher of a sandbox that has opened is asked: only it can wait for the last command's init. Shot
 * before that is gone it would leave it to the host's process 1, which in a container often waits for
 * nobody.
 */
static void end_launcher(struct sandbox *sandbox)
{
	if (!sandbox->ready || shutdown(sandbox->launcher.socket, SHUT_WR) < 0)
		instance_shoot(sandbox);
	else
		uv_timer_start(&sandbox->patience, on_patience_over, PATIENCE_MS, 0);
}

void close_step(struct sandbox *sandbox)
{
	if (!sandbox->closing || sandbox->done || sandbox->sweeping || !sandbox->has_handles)
		return;
	if (!sandbox->dead) {
		if (!sandbox->gone)
			end_launcher(sandbox);
		return;
	}
	if ((sandbox->build_name || sandbox->oversized) && leave_layers(sandbox) == 0)
		return;
	sandbox->has_handles = false;
	sandbox->handles = 3;
	uv_close((uv_handle_t *)&sandbox->socket_poll, on_handle_closed);
	uv_close((uv_handle_t *)&sandbox->pidfd_poll, on_handle_closed);
	uv_close((uv_handle_t *)&sandbox->patience, on_handle_closed);
}

void close_start(struct sandbox *sandbox, sandbox_closed_fn closed, void *ctx)
{
	sandbox->closing = true;
	sandbox->closed = closed;
	sandbox->closed_ctx = ctx;
	if (sandbox->exec)
		exec_cancel(sandbox->exec);
	else if (sandbox->done && !sandbox->working)
		instance_shoot(sandbox); /* while it opens */
	close_step(sandbox);
}
