/*
 * Drives a sandbox one operation at a time, waiting for each: what the tests and benchmarks share.
 */
#ifndef TESTS_DRIVE_H
#define TESTS_DRIVE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "runners/sandbox.h"

struct drive {
	uv_loop_t loop;
	const struct sandbox_ops *ops;
	struct sandbox *sandbox;
	struct arena arena;
	struct error err; /* of the last operation */
	struct output out; /* of the last exec */
	struct changes changes; /* of the last rollback or commit */
	struct limits limits;
	struct allowance *allowance; /* of commits on a chain; NULL: none */
	const char *const *env;
	char folder[64]; /* removed at the end: state, workspace */
	char state[96];
	char workspace[96];
	bool done;
};

static const char *const drive_env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp",
					"LANG=C.UTF-8", NULL};

static inline void drive_on_done(void *ctx, const struct error *err)
{
	struct drive *d = ctx;

	d->done = true;
	if (err)
		d->err = *err;
}

static inline void drive_on_closed(void *ctx)
{
	((struct drive *)ctx)->done = true;
}

/* Runs the loop until the operation that returned rc is done; its own error or 0. */
static inline int drive_wait(struct drive *d, int rc)
{
	while (rc == 0 && !d->done)
		uv_run(&d->loop, UV_RUN_ONCE);
	d->done = false;
	return rc || error_is_set(&d->err) ? -1 : 0;
}

static inline void drive_init(struct drive *d)
{
	*d = (struct drive){.ops = sandbox_find("namespace"), .env = drive_env};
	d->limits = (struct limits){
		.time_ms = 20000,
		.memory = 512 << 20,
		.disk = 256 << 20,
		.file_size = 128 << 20,
		.output = 64 << 10,
		.output_file = 16 << 20,
		.processes = 64,
		.open_files = 256,
		.cpus = 2,
	};
	uv_loop_init(&d->loop);
	arena_init(&d->arena);
	snprintf(d->folder, sizeof(d->folder), "/tmp/assay-test-XXXXXX");
	if (!mkdtemp(d->folder))
		abort();
	snprintf(d->state, sizeof(d->state), "%s/state", d->folder);
	snprintf(d->workspace, sizeof(d->workspace), "%s/workspace", d->folder);
	if (mkdir(d->workspace, 0755) < 0)
		abort();
}

static inline int drive_open(struct drive *d, const char *workspace)
{
	struct sandbox_spec spec = {
		.workspace = workspace,
		.state_dir = d->state,
		.limits = d->limits,
	};

	d->err = (struct error){0};
	return drive_wait(d, d->ops->open(&d->sandbox, &d->loop, &spec, drive_on_done, d, &d->err));
}

/* On a chain of revisions; revision is what a commit makes. */
static inline int drive_open_chain(struct drive *d, const char *const *revisions,
				   const char *revision, bool flatten)
{
	struct sandbox_spec spec = {
		.revisions = revisions,
		.revision = revision,
		.flatten = flatten,
		.state_dir = d->state,
		.limits = d->limits,
		.allowance = d->allowance,
	};

	d->err = (struct error){0};
	return drive_wait(d, d->ops->open(&d->sandbox, &d->loop, &spec, drive_on_done, d, &d->err));
}

static inline int drive_exec(struct drive *d, const char *const *argv)
{
	struct sandbox_exec exec = {.argv = argv, .env = d->env, .limits = d->limits};

	d->err = (struct error){0};
	d->out = (struct output){0};
	return drive_wait(
		d, d->ops->exec(d->sandbox, &exec, &d->arena, &d->out, drive_on_done, d, &d->err));
}

/* A line for the shell inside. */
static inline int drive_shell(struct drive *d, const char *line)
{
	const char *argv[] = {"/bin/sh", "-c", line, NULL};
	return drive_exec(d, argv);
}

static inline int drive_put(struct drive *d, const char *path, const char *text)
{
	struct file file = {.path = path, .data = text, .len = strlen(text)};

	d->err = (struct error){0};
	return drive_wait(d, d->ops->put(d->sandbox, &file, 1, drive_on_done, d, &d->err));
}

static inline int drive_remove(struct drive *d, const char *path)
{
	struct file file = {.path = path, .removed = true};

	d->err = (struct error){0};
	return drive_wait(d, d->ops->put(d->sandbox, &file, 1, drive_on_done, d, &d->err));
}

static inline int drive_snapshot(struct drive *d, const char *name)
{
	d->err = (struct error){0};
	return drive_wait(d, d->ops->snapshot(d->sandbox, name, drive_on_done, d, &d->err));
}

static inline int drive_rollback(struct drive *d, const char *name)
{
	d->err = (struct error){0};
	return drive_wait(d, d->ops->rollback(d->sandbox, name, &d->arena, &d->changes,
					      drive_on_done, d, &d->err));
}

static inline int drive_commit(struct drive *d)
{
	d->err = (struct error){0};
	return drive_wait(
		d, d->ops->commit(d->sandbox, &d->arena, &d->changes, drive_on_done, d, &d->err));
}

static inline int drive_layer_end(struct drive *d, bool keep)
{
	d->err = (struct error){0};
	return drive_wait(d, d->ops->layer_end(d->sandbox, keep, drive_on_done, d, &d->err));
}

static inline void drive_close(struct drive *d)
{
	if (!d->sandbox)
		return;
	d->ops->close(d->sandbox, drive_on_closed, d);
	drive_wait(d, 0);
	d->sandbox = NULL;
}

static inline void drive_done(struct drive *d)
{
	drive_close(d);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	arena_done(&d->arena);
	file_remove_tree(AT_FDCWD, d->folder, NULL);
}

#endif
