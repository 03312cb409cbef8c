/* One operation at a time on a sandbox: how it begins, runs on a thread, and ends. */
#include "runners/namespace/instance.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int instance_begin(struct sandbox *sandbox, sandbox_done_fn done, void *ctx, struct error *err)
{
	if (sandbox->closing || sandbox->done)
		return error_set(err, ERROR_INTERNAL, "the sandbox is busy with something else");
	if (sandbox->dead || !sandbox->ready)
		return error_set(err, ERROR_UNAVAILABLE, "the sandbox has ended");
	sandbox->done = done;
	sandbox->done_ctx = ctx;
	return 0;
}

void instance_finish(struct sandbox *sandbox, const struct error *err)
{
	sandbox_done_fn done = sandbox->done;
	bool closing_before = sandbox->closing;

	sandbox->done = NULL;
	if (done)
		done(sandbox->done_ctx, err);
	/* A close that came during the operation has been waiting for its end. */
	if (closing_before)
		close_step(sandbox);
}

static void on_work(uv_work_t *work)
{
	struct sandbox *sandbox = work->data;

	sandbox->work_result = sandbox->work_run(sandbox, sandbox->work_arg, &sandbox->work_error);
}

static void on_worked(uv_work_t *work, int status)
{
	struct sandbox *sandbox = work->data;

	sandbox->working = false;
	if (status < 0)
		sandbox->work_result = error_set(&sandbox->work_error, ERROR_CANCELLED,
						 "the work was cancelled");
	instance_finish(sandbox, sandbox->work_result ? &sandbox->work_error : NULL);
}

int instance_work(struct sandbox *sandbox,
		  int (*run)(struct sandbox *sandbox, void *arg, struct error *err), void *arg,
		  struct error *err)
{
	sandbox->work_run = run;
	sandbox->work_arg = arg;
	sandbox->work_error = (struct error){0};
	sandbox->work.data = sandbox;
	int rc = uv_queue_work(sandbox->loop, &sandbox->work, on_work, on_worked);
	if (rc) {
		sandbox->done = NULL;
		return error_errno(err, -rc, "start a thread");
	}
	sandbox->working = true;
	return 0;
}

void instance_shoot(struct sandbox *sandbox)
{
	if (sandbox->launched)
		syscall(SYS_pidfd_send_signal, sandbox->launcher.pidfd, SIGKILL, NULL, 0);
}
