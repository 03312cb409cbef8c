/*
 * Rollback: drops layers, and proves that what lies beneath them is as it was.
 *
 * The proof is what stat(2) tells, not the contents. A command cannot write beneath: its mounts of that are
 * read-only, and when a layer is frozen nobody is left who could hold a file in it open. Somebody on the
 * host who can, moves the time of change, which nobody can set back.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/digest.h"
#include "runners/namespace/instance.h"
#include "runners/namespace/overlay/changes.h"

/* One look at the touched paths: before the layers are dropped, and after. */
struct look {
	struct sandbox *sandbox;
	struct digest digest;
	size_t dropped; /* layers on top of the view */
	size_t keep; /* of ours beneath these */
	bool before;
	bool altered; /* something beneath changed while it had to be at rest */
};

static bool later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Since when the layer that the view has at this place may not have changed any more. */
static const struct timespec *at_rest_since(const struct look *look, size_t view_layer)
{
	const struct stack *stack = &look->sandbox->stack;
	size_t below = view_layer - look->dropped;

	return below < look->keep ? &stack->layers[look->keep - below].since
				  : &stack->beneath_since;
}

/*
 * A revision's files may get and lose other names at any time, in revisions that hold the same, and
 * each time their change time moves; nobody but the engine writes there. So it says nothing.
 */
static struct timespec last_change(const struct look *look, const struct changes_entry *entry)
{
	const struct timespec never = {0};
	bool revision = look->sandbox->chained && entry->base_layer >= look->dropped + look->keep;

	return revision ? never : entry->base.st_ctim;
}

static int note_entry(void *ctx, const struct changes_entry *entry, struct error *err)
{
	struct look *look = ctx;
	struct sandbox *sandbox = look->sandbox;
	const struct stat *base = &entry->base;

	(void)err;
	if (entry->what == '=')
		return 0;
	struct timespec changed = last_change(look, entry);
	digest_add_string(&look->digest, entry->path);
	if (entry->has_base) {
		const uint64_t identity[] = {
			base->st_dev,
			base->st_ino,
			base->st_mode,
			(uint64_t)base->st_size,
			(uint64_t)base->st_mtim.tv_sec,
			(uint64_t)base->st_mtim.tv_nsec,
			(uint64_t)changed.tv_sec,
			(uint64_t)changed.tv_nsec,
		};
		digest_add(&look->digest, identity, sizeof(identity));
	}
	if (!look->before)
		return 0;
	if (entry->has_base && entry->kind != VIEW_FOLDER &&
	    later(&changed, at_rest_since(look, entry->base_layer)))
		look->altered = true;
	changes_list(sandbox->changes, sandbox->arena, entry);
	return 0;
}

/*
 * Whether the look proves something. What commands nested too deep to be walked ends it, and the
 * second one at the same place.
 */
static bool look_at(struct look *look, const struct view *view, char hex[DIGEST_HEX])
{
	struct error err = {0};

	digest_init(&look->digest);
	int rc = changes_walk(view, look->dropped, note_entry, look, &err);
	digest_end(&look->digest, hex);
	return rc == 0 || err.code == ERROR_TOO_LARGE;
}

/* The dropped layers, by descriptors of their own, over what is in force now. */
static void view_after(const struct stack *stack, size_t dropped, struct view *view)
{
	struct view now;

	stack_view(stack, &now);
	memcpy(view->fds + dropped, now.fds, now.count * sizeof(int));
	view->count = dropped + now.count;
}

static int hold_dropped(struct view *view, size_t dropped, struct error *err)
{
	for (size_t i = 0; i < dropped; i++) {
		int copy = fcntl(view->fds[i], F_DUPFD_CLOEXEC, 3);
		if (copy < 0) {
			int failed = errno;
			while (i-- > 0)
				close(view->fds[i]);
			return error_errno(err, failed, "hold layer");
		}
		view->fds[i] = copy;
	}
	return 0;
}

static int run(struct sandbox *sandbox, void *arg, struct error *err)
{
	struct stack *stack = &sandbox->stack;
	char before[DIGEST_HEX], after[DIGEST_HEX];
	struct view view;
	size_t keep = stack_find(stack, arg);

	if (keep == 0)
		return error_set(err, ERROR_NOT_FOUND, "no snapshot is called %s",
				 (const char *)arg);
	struct look look = {
		.sandbox = sandbox,
		.dropped = stack->count - keep,
		.keep = keep,
		.before = true,
	};
	/*
	 * The walk only lists and proves: what it cannot do never keeps the layers from being
	 * dropped.
	 */
	stack_view(stack, &view);
	bool seen = look_at(&look, &view, before);
	if (hold_dropped(&view, look.dropped, err))
		return -1;
	int rc = stack_drop(stack, keep, err);
	if (!rc && seen) {
		look.before = false;
		view_after(stack, look.dropped, &view);
		sandbox->changes->verified = look_at(&look, &view, after) &&
					     strcmp(before, after) == 0 && !look.altered;
	}
	for (size_t i = 0; i < look.dropped; i++)
		close(view.fds[i]);
	if (!rc)
		rc = stack_renew(stack, err);
	sandbox->changes->killed = sandbox->killed;
	sandbox->killed = 0;
	return rc;
}

/* ---- the dropped contents, once nobody waits any more ---- */

static void on_sweep(uv_work_t *work)
{
	struct sandbox *sandbox = work->data;

	stack_sweep(&sandbox->stack);
}

static void on_swept(uv_work_t *work, int status)
{
	struct sandbox *sandbox = work->data;

	(void)status;
	sandbox->sweeping = false;
	close_step(sandbox);
}

static int run_then_sweep(struct sandbox *sandbox, void *arg, struct error *err)
{
	return run(sandbox, arg, err) ? error_wrap(err, "rollback") : 0;
}

static void on_done(void *ctx, const struct error *err)
{
	struct sandbox *sandbox = ctx;

	/* What cannot be swept now is swept by the next rollback. */
	sandbox->sweep.data = sandbox;
	if (!sandbox->sweeping &&
	    uv_queue_work(sandbox->loop, &sandbox->sweep, on_sweep, on_swept) == 0)
		sandbox->sweeping = true;
	sandbox->rollback_done(sandbox->rollback_ctx, err);
}

int rollback_start(struct sandbox *sandbox, const char *name, struct arena *arena,
		   struct changes *changes, sandbox_done_fn done, void *ctx, struct error *err)
{
	if (instance_begin(sandbox, on_done, sandbox, err))
		return -1;
	*changes = (struct changes){0};
	sandbox->rollback_done = done;
	sandbox->rollback_ctx = ctx;
	sandbox->arena = arena;
	sandbox->changes = changes;
	return instance_work(sandbox, run_then_sweep, (void *)name, err);
}
