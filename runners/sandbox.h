/*
 * Where commands run: the interface that every sandbox backend fills in (runners/sandbox_<name>.c or
 * a folder of its own).
 *
 * Every operation but `layer_use`, `layer_begin`, `egress`, `fetch`, `kill` and `isolation` is
 * asynchronous: it either returns -1 with err set and never calls back, or returns 0 and calls done
 * exactly once, later, from the loop. One operation is under way at a time. What an operation is given must live until it is done.
 */
#ifndef RUNNERS_SANDBOX_H
#define RUNNERS_SANDBOX_H

#include <uv.h>

#include "engine/base/allowance.h"
#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/registry.h"
#include "engine/model.h"

struct sandbox;

/* Fixed places inside every sandbox. */
#define SANDBOX_WORKSPACE "/workspace" /* the working folder of every command */
#define SANDBOX_DEPS "/deps" /* dependency layer's own files: a venv, a module cache */
#define SANDBOX_OUT "/out" /* where runners leave their reports; not in the workspace */
#define SANDBOX_CACHE "/cache" /* compiler caches; writable, shared by nobody else, may vanish */
enum { SANDBOX_CHAIN_MAX = 32 }; /* revisions; beyond it a commit must flatten */
#define SANDBOX_PROXY_PORT 3128 /* on 127.0.0.1, only while egress is open */

/* err is NULL on success. */
typedef void (*sandbox_done_fn)(void *ctx, const struct error *err);
typedef void (*sandbox_output_fn)(void *ctx, int fd, const char *data, size_t len); /* fd 1 or 2 */
typedef void (*sandbox_closed_fn)(void *ctx);

struct sandbox_spec {
	const char *workspace; /* absolute folder to start from and commit to; NULL: a new, empty
				      one that is forgotten. One that does not exist is made on commit */
	/*
	 * Instead of a folder: a chain of revisions, newest first, NULL-terminated; an empty chain is
	 * an empty workspace. NULL: workspace says.
	 */
	const char *const *revisions;
	const char *revision; /* with revisions: the id that commit gives to the new one */
	bool flatten; /* the new revision holds everything and stands on no other */
	const char *state_dir; /* where revisions, dependency layers and crash records are kept */
	const char *const *mounts; /* host folders, read-only, at the same path */
	struct limits limits;
	/*
	 * NULL: none. What a revision's own files take: a commit takes it, and where it gets less
	 * than it needs, keeps nothing and fails with ERROR_DENIED. changes->bytes of one that
	 * succeeded are the caller's to give back, once they are counted elsewhere.
	 */
	struct allowance *allowance;
	uint64_t layers_disk; /* bytes for all kept layers: a new one makes room; 0: no bound */
};

/* Dependency layers that are kept. */
struct layers_kept {
	uint64_t bytes;
	size_t count;
};

struct sandbox_exec {
	const char *const *argv;
	const char *const *env; /* the whole environment */
	struct limits limits;
	const char *spool; /* path prefix on the host for whole streams (.stdout, .stderr), or
				       NULL: only head and tail are kept */
	sandbox_output_fn on_output; /* may be NULL; called as output arrives */
	void *on_output_ctx;
};

/* One thing a backend needs of the host, for `assay doctor`. */
struct host_check {
	const char *what; /* "user namespaces" */
	bool ok;
	bool required; /* without it nothing runs; otherwise a wall is lower, found says how */
	const char *found; /* "cgroup v1: memory, pids, cpu" */
	const char *remedy; /* one sentence with the command to type; NULL when ok */
};

struct sandbox_ops {
	const char *name;

	/* What the host offers and lacks; tries things rather than guessing. Leaves nothing behind. */
	int (*probe)(struct arena *arena, const char *state_dir, struct host_check **out,
		     size_t *count, struct error *err);

	/* Removes what engines that died left in state_dir: processes, mounts, cgroups, half layers. */
	int (*recover)(const char *state_dir, struct error *err);

	/*
	 * May be NULL. For a process that will open many: called once, before its memory grows and
	 * its first thread starts. Without it open does the same, only slower.
	 */
	int (*prepare)(struct error *err);

	/* NULL when prepare is. Undoes that, when nothing is open any more. */
	void (*retire)(void);

	/* Once it returned 0, *out is set and close is due, whatever done says. */
	int (*open)(struct sandbox **out, uv_loop_t *loop, const struct sandbox_spec *spec,
		    sandbox_done_fn done, void *ctx, struct error *err);

	/* Freezes what is there under a name; everything after it can be undone. O(1). */
	int (*snapshot)(struct sandbox *sandbox, const char *name, sandbox_done_fn done, void *ctx,
			struct error *err);

	/* Writes files into the workspace. A path that runs through a symbolic link is refused. */
	int (*put)(struct sandbox *sandbox, const struct file *files, size_t count,
		   sandbox_done_fn done, void *ctx, struct error *err);

	/*
	 * Runs one command; out (strings in arena) is complete when done is called without error. A
	 * command that fails, is killed or runs into a limit is no error.
	 */
	int (*exec)(struct sandbox *sandbox, const struct sandbox_exec *exec, struct arena *arena,
		    struct output *out, sandbox_done_fn done, void *ctx, struct error *err);

	/* Back to the named snapshot; changes says what was undone. */
	int (*rollback)(struct sandbox *sandbox, const char *name, struct arena *arena,
			struct changes *changes, sandbox_done_fn done, void *ctx,
			struct error *err);

	/*
	 * Writes what changed since open into spec.workspace: all or, after a crash, at next recover.
	 * With spec.revisions it becomes the revision spec.revision, on the disk when done is called,
	 * or nothing does; where nothing changed none is made. changes->revised says which.
	 */
	int (*commit)(struct sandbox *sandbox, struct arena *arena, struct changes *changes,
		      sandbox_done_fn done, void *ctx, struct error *err);

	/* Whether a layer of that key is kept; a hint, for it may come or go at any time. */
	bool (*layer_known)(const char *state_dir, const char *key);

	/* Stacks a kept dependency layer under the workspace; *found says whether there was one. */
	int (*layer_use)(struct sandbox *sandbox, const char *key, bool *found, struct error *err);

	/*
	 * Between begin and end, exec runs in a scratch workspace that holds only these files and
	 * writes a new layer, which may take spec.limits.disk and at most half of what the disk has
	 * free: more ends the command with ENDED_DISK. end(keep) seals and stacks it, or drops it.
	 */
	int (*layer_begin)(struct sandbox *sandbox, const char *key, const struct file *files,
			   size_t count, struct error *err);
	int (*layer_end)(struct sandbox *sandbox, bool keep, sandbox_done_fn done, void *ctx,
			 struct error *err);

	/*
	 * May be NULL, where none are kept. Removes kept layers, the least recently used first and none that is in use, until they take
	 * at most `most` bytes (0: no bound); one that is larger than that goes before all others. What
	 * goes is out of sight at once, and removed by a thread of the backend's own. Any thread.
	 */
	int (*layers_trim)(const char *state_dir, uint64_t most, struct layers_kept *kept,
			   struct error *err);

	/*
	 * A socket listening on 127.0.0.1:SANDBOX_PROXY_PORT inside the sandbox's network; the caller
	 * owns *fd and closes it when the network must end.
	 */
	int (*egress)(struct sandbox *sandbox, int *fd, struct error *err);

	/* ---- revisions: immutable, each what one commit changed; any thread, no sandbox open ---- */

	/*
	 * A descriptor of the folder that a chain (newest first, at most SANDBOX_CHAIN_MAX) adds up
	 * to, for reading; it stays good while it is open. The caller closes it.
	 */
	int (*view)(const char *state_dir, const char *const *revisions, int *dirfd,
		    struct error *err);

	/*
	 * What one has to do to a chain's files to get the other's: 'A', 'M', 'D' as in a commit. verified:
	 * every revision of `to` holds what was committed; else doubt and spoiled say more.
	 */
	int (*compare)(const char *state_dir, const char *const *from, const char *const *to,
		       struct arena *arena, struct changes *changes, struct error *err);

	/* Removes a revision that no chain holds any more. One that is not there is no error. */
	int (*forget)(const char *state_dir, const char *revision, struct error *err);

	/* Removes every revision that wanted() does not know; before the first sandbox is opened. */
	int (*keep_only)(const char *state_dir, bool (*wanted)(void *ctx, const char *revision),
			 void *ctx, struct error *err);

	/* A regular file that a command left in SANDBOX_OUT, up to out->max; ERROR_NOT_FOUND if none. */
	int (*fetch)(struct sandbox *sandbox, const char *name, struct buf *out, struct error *err);

	/* Ends the operation under way: its done is called soon, an exec with ENDED_CANCEL. */
	void (*kill)(struct sandbox *sandbox);

	/*
	 * Ends everything and forgets what was not committed, a layer that was not ended included.
	 * sandbox is gone when closed is called.
	 */
	void (*close)(struct sandbox *sandbox, sandbox_closed_fn closed, void *ctx);

	/* What stands around commands, strings static. */
	void (*isolation)(const struct sandbox *sandbox, struct isolation *out);
};

REGISTRY(sandboxes, struct sandbox_ops);

const struct sandbox_ops *sandbox_find(const char *name); /* NULL: no such backend */

#endif
