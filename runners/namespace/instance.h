/* struct sandbox as this backend has it, shared by the files that fill in its operations. */
#ifndef NAMESPACE_INSTANCE_H
#define NAMESPACE_INSTANCE_H

#include <stdbool.h>
#include <uv.h>

#include "runners/namespace/cgroup.h"
#include "runners/namespace/launcher/launcher.h"
#include "runners/namespace/launcher/message.h"
#include "runners/namespace/overlay/stack.h"
#include "runners/namespace/room.h"
#include "runners/sandbox.h"

struct exec;

struct sandbox {
	uv_loop_t *loop;
	char *state_dir;
	char *workspace; /* NULL: forgotten at the end */
	char *layers; /* host folders of dependency layers */
	char *revisions; /* and of revisions */
	char *building;
	char *commits;
	char *runs; /* where writable layers lie when they are not on a tmpfs */
	char *run; /* ours in it, NULL: on a tmpfs */
	bool chained; /* it stands on revisions, not on a workspace */
	struct chain chain;
	char *revision; /* that a commit makes, NULL: none */
	bool flatten;
	struct limits limits;
	struct allowance *allowance; /* held; NULL: none */
	bool privileged; /* the engine is root */
	const char *owner; /* id of this engine, owner.h */
	unsigned number;

	struct launcher launcher;
	bool launched, ready;
	bool gone; /* the launcher has ended; not yet all that it said is read */
	bool dead; /* it is waited for, and its socket at its end or given up */
	bool has_handles; /* the three below are on the loop */
	uv_poll_t socket_poll, pidfd_poll;
	uv_timer_t patience; /* with a launcher that was asked to end, or what it left */
	unsigned handles; /* still closing */
	struct cgroup cgroup;
	struct stack stack;
	int out; /* folder SANDBOX_OUT */

	char *layer_key; /* of the dependency layer in use */
	char *build_key; /* of the one being made */
	char *build_name; /* its folder in building */
	int build_folder; /* the same, open; -1: none */
	struct room_bounds build_bounds;
	uint64_t build_bytes; /* that it takes, as of its last command's end */
	uint64_t build_disk; /* the run's own limit for it */
	uint64_t layers_disk; /* for all that are kept, 0: any */
	bool oversized; /* the layer in use is ours and larger than that */
	size_t killed; /* survivors since the last rollback */

	/* the operation under way */
	sandbox_done_fn done;
	void *done_ctx;
	struct exec *exec;
	uv_work_t work;
	int (*work_run)(struct sandbox *sandbox, void *arg, struct error *err);
	void *work_arg;
	bool working; /* a thread is at it */
	int work_result;
	struct error work_error;
	uv_work_t sweep;
	bool sweeping; /* a thread removes dropped layers */
	sandbox_done_fn rollback_done; /* called once the sweep has been started */
	void *rollback_ctx;
	size_t put_count;
	struct changes *changes; /* of rollback and commit */
	struct arena *arena;

	sandbox_closed_fn closed;
	void *closed_ctx;
	bool closing;
};

/* Refuses what cannot start now; on success done will be called by instance_finish. */
int instance_begin(struct sandbox *sandbox, sandbox_done_fn done, void *ctx, struct error *err);

/* Ends the operation under way; err NULL: it succeeded. */
void instance_finish(struct sandbox *sandbox, const struct error *err);

/* Goes on with closing, as far as what is still under way allows. */
void close_step(struct sandbox *sandbox);

/* Frees a sandbox that has no launcher and no handles, and removes what it has on the disk. */
void close_now(struct sandbox *sandbox);

/*
 * Runs run(sandbox, arg) on a thread as the operation under way, which ends with its result. It may
 * touch the layers and the fields of the operation, nothing of the loop.
 */
int instance_work(struct sandbox *sandbox,
		  int (*run)(struct sandbox *sandbox, void *arg, struct error *err), void *arg,
		  struct error *err);

/* Ends the launcher and what it started, whatever it does. */
void instance_shoot(struct sandbox *sandbox);

/* exec.c: the launcher's answer to a task. result NULL: it failed with err. */
void exec_answered(struct exec *exec, const struct message_result *result, const struct error *err);
void exec_cancel(struct exec *exec);

/* The operations, each in the file that its name says. */
int open_start(struct sandbox **out, uv_loop_t *loop, const struct sandbox_spec *spec,
	       sandbox_done_fn done, void *ctx, struct error *err);
void close_start(struct sandbox *sandbox, sandbox_closed_fn closed, void *ctx);

int exec_start(struct sandbox *sandbox, const struct sandbox_exec *spec, struct arena *arena,
	       struct output *out, sandbox_done_fn done, void *ctx, struct error *err);

int rollback_start(struct sandbox *sandbox, const char *name, struct arena *arena,
		   struct changes *changes, sandbox_done_fn done, void *ctx, struct error *err);

int commit_start(struct sandbox *sandbox, struct arena *arena, struct changes *changes,
		 sandbox_done_fn done, void *ctx, struct error *err);

/* The part of commit for a sandbox on revisions; on a thread. */
int revise(struct sandbox *sandbox, struct error *err);

bool layers_known(const char *state_dir, const char *key);
int layers_use(struct sandbox *sandbox, const char *key, bool *found, struct error *err);
int layers_begin(struct sandbox *sandbox, const char *key, const struct file *files, size_t count,
		 struct error *err);
int layers_end(struct sandbox *sandbox, bool keep, sandbox_done_fn done, void *ctx,
	       struct error *err);
/* Removes the unfinished layer, whatever is in it. Any thread, as long as nothing else is under way. */
void layers_forget(struct sandbox *sandbox);

/* At the end, on a thread: the same, and a layer that was only for this sandbox. */
void layers_leave(struct sandbox *sandbox);

#endif
