/* The scripted sandbox: one timer, one operation at a time, no process anywhere. */
#include "tests/scripted_sandbox.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct script script;

struct sandbox {
	uv_timer_t timer;
	enum script_op op;
	enum script_act act;
	bool busy;
	sandbox_done_fn done;
	sandbox_closed_fn closed;
	void *ctx;
	struct output *output;
	struct changes *changes;
};

static struct sandbox *stuck; /* at most one a test */

void script_reset(void)
{
	script = (struct script){0};
	stuck = NULL;
}

static void gone(uv_handle_t *handle)
{
	struct sandbox *sandbox = handle->data;

	script.open--;
	sandbox->closed(sandbox->ctx);
	free(sandbox);
}

static void answer(struct sandbox *sandbox)
{
	struct error err = {.code = ERROR_IO, .text = "scripted failure"};
	bool good = sandbox->act == WORKS || sandbox->act == LATE;

	sandbox->busy = false;
	if (sandbox->op == OP_CLOSE) {
		uv_close((uv_handle_t *)&sandbox->timer, gone);
		return;
	}
	if (sandbox->output) {
		sandbox->output->exit_code = good ? 0 : 1;
		sandbox->output->ended_by = ENDED_EXIT;
		if (sandbox->act == HANGS || sandbox->act == CRASHES) {
			sandbox->output->exit_code = -1;
			sandbox->output->signal = 9;
			sandbox->output->ended_by = sandbox->act == HANGS ? ENDED_CANCEL
									  : ENDED_SIGNAL;
		}
		sandbox->output = NULL;
		good = true; /* a command that fails is no error */
	}
	if (sandbox->changes)
		sandbox->changes->verified = good;
	sandbox->changes = NULL;
	sandbox->done(sandbox->ctx, good ? NULL : &err);
}

static void on_timer(uv_timer_t *timer)
{
	answer(timer->data);
}

static int begin(struct sandbox *sandbox, enum script_op op, sandbox_done_fn done, void *ctx,
		 struct error *err)
{
	script.calls[op]++;
	if (sandbox->busy)
		abort(); /* two operations at once: the job broke its promise */
	sandbox->op = op;
	bool over = script.failures[op] && script.calls[op] > script.failures[op];
	sandbox->act = over ? script.then[op] : script.acts[op];
	if (sandbox->act == REFUSES)
		return error_set(err, ERROR_UNAVAILABLE, "scripted refusal");
	sandbox->busy = true;
	sandbox->done = done;
	sandbox->ctx = ctx;
	if (sandbox->act == WORKS || sandbox->act == FAILS || sandbox->act == CRASHES)
		uv_timer_start(&sandbox->timer, on_timer, 0, 0);
	if (sandbox->act == STUCK)
		stuck = sandbox;
	return 0;
}

bool script_release(void)
{
	if (!stuck)
		return false;
	struct sandbox *sandbox = stuck;
	stuck = NULL;
	sandbox->act = WORKS;
	uv_timer_start(&sandbox->timer, on_timer, 0, 0);
	return true;
}

static void refused(uv_handle_t *handle)
{
	script.open--;
	free(handle->data);
}

static int scripted_open(struct sandbox **out, uv_loop_t *loop, const struct sandbox_spec *spec,
			 sandbox_done_fn done, void *ctx, struct error *err)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));

	if (!sandbox)
		abort();
	script.flattens = spec->flatten;
	script.revisions = spec->revisions;
	uv_timer_init(loop, &sandbox->timer);
	sandbox->timer.data = sandbox;
	script.open++;
	if (begin(sandbox, OP_OPEN, done, ctx, err) != 0) {
		uv_close((uv_handle_t *)&sandbox->timer, refused);
		return -1;
	}
	*out = sandbox;
	return 0;
}

static int scripted_snapshot(struct sandbox *sandbox, const char *name, sandbox_done_fn done,
			     void *ctx, struct error *err)
{
	(void)name;
	return begin(sandbox, OP_SNAPSHOT, done, ctx, err);
}

static int scripted_put(struct sandbox *sandbox, const struct file *files, size_t count,
			sandbox_done_fn done, void *ctx, struct error *err)
{
	(void)files;
	(void)count;
	return begin(sandbox, OP_PUT, done, ctx, err);
}

static int scripted_exec(struct sandbox *sandbox, const struct sandbox_exec *exec,
			 struct arena *arena, struct output *out, sandbox_done_fn done, void *ctx,
			 struct error *err)
{
	(void)exec;
	(void)arena;
	sandbox->output = out;
	int rc = begin(sandbox, OP_EXEC, done, ctx, err);
	if (rc != 0)
		sandbox->output = NULL;
	return rc;
}

static int scripted_rollback(struct sandbox *sandbox, const char *name, struct arena *arena,
			     struct changes *changes, sandbox_done_fn done, void *ctx,
			     struct error *err)
{
	(void)name;
	(void)arena;
	sandbox->changes = changes;
	int rc = begin(sandbox, OP_ROLLBACK, done, ctx, err);
	if (rc != 0)
		sandbox->changes = NULL;
	return rc;
}

static int scripted_commit(struct sandbox *sandbox, struct arena *arena, struct changes *changes,
			   sandbox_done_fn done, void *ctx, struct error *err)
{
	(void)arena;
	sandbox->changes = changes;
	changes->revised = script.revises;
	int rc = begin(sandbox, OP_COMMIT, done, ctx, err);
	if (rc != 0)
		sandbox->changes = NULL;
	return rc;
}

static bool scripted_layer_known(const char *state_dir, const char *key)
{
	(void)state_dir;
	(void)key;
	return true;
}

static int scripted_layer_use(struct sandbox *sandbox, const char *key, bool *found,
			      struct error *err)
{
	(void)sandbox;
	(void)key;
	(void)err;
	*found = true;
	return 0;
}

/* Every chain adds up to an empty folder. */
static int scripted_view(const char *state_dir, const char *const *revisions, int *dirfd,
			 struct error *err)
{
	(void)revisions;
	script.views++;
	*dirfd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dirfd < 0 ? error_set(err, ERROR_IO, "scripted view") : 0;
}

static void scripted_kill(struct sandbox *sandbox)
{
	script.kills++;
	if (sandbox->busy && (sandbox->act == HANGS || sandbox->act == LATE))
		uv_timer_start(&sandbox->timer, on_timer, 0, 0);
}

static void scripted_close(struct sandbox *sandbox, sandbox_closed_fn closed, void *ctx)
{
	sandbox->closed = closed;
	begin(sandbox, OP_CLOSE, NULL, ctx, NULL);
}

static void scripted_isolation(const struct sandbox *sandbox, struct isolation *out)
{
	(void)sandbox;
	*out = (struct isolation){.backend = "scripted", .cgroup = "none", .network = "none"};
}

static int scripted_recover(const char *state_dir, struct error *err)
{
	(void)state_dir;
	(void)err;
	return 0;
}

static int scripted_compare(const char *state_dir, const char *const *from, const char *const *to,
			    struct arena *arena, struct changes *changes, struct error *err)
{
	(void)state_dir;
	(void)from;
	(void)to;
	(void)arena;
	(void)err;
	*changes = (struct changes){0};
	return 0;
}

static int scripted_forget(const char *state_dir, const char *revision, struct error *err)
{
	(void)state_dir;
	(void)revision;
	(void)err;
	return 0;
}

static int scripted_keep_only(const char *state_dir,
			      bool (*wanted)(void *ctx, const char *revision), void *ctx,
			      struct error *err)
{
	(void)state_dir;
	(void)wanted;
	(void)ctx;
	(void)err;
	return 0;
}

static int scripted_layers_trim(const char *state_dir, uint64_t most, struct layers_kept *kept,
				struct error *err)
{
	(void)state_dir;
	(void)most;
	(void)err;
	*kept = (struct layers_kept){.bytes = 5000, .count = 3};
	return 0;
}

const struct sandbox_ops scripted_sandbox = {
	.name = "scripted",
	.recover = scripted_recover,
	.open = scripted_open,
	.snapshot = scripted_snapshot,
	.put = scripted_put,
	.exec = scripted_exec,
	.rollback = scripted_rollback,
	.commit = scripted_commit,
	.layer_known = scripted_layer_known,
	.layer_use = scripted_layer_use,
	.layers_trim = scripted_layers_trim,
	.view = scripted_view,
	.compare = scripted_compare,
	.forget = scripted_forget,
	.keep_only = scripted_keep_only,
	.kill = scripted_kill,
	.close = scripted_close,
	.isolation = scripted_isolation,
};
