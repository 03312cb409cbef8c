/* The writable layers of one sandbox: frozen, dropped, and put into a mount's words. */
#include "runners/namespace/overlay/stack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "runners/namespace/launcher/tree.h"

enum { LAYER_NAME = 16, OPTIONS_MAX = 4096 };

static void layer_name(char out[LAYER_NAME], char kind, unsigned id)
{
	snprintf(out, LAYER_NAME, "%c%u", kind, id);
}

static int make_folder(const struct stack *stack, char kind, unsigned id, struct error *err)
{
	char name[LAYER_NAME];

	layer_name(name, kind, id);
	if (mkdirat(stack->root, name, 0755) < 0 || fchmodat(stack->root, name, 0755, 0) < 0)
		return error_errno(err, errno, "make layer %s", name);
	if (fchownat(stack->root, name, stack->owner, stack->group, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, errno, "own layer %s", name);
	return 0;
}

static int push(struct stack *stack, struct error *err)
{
	char name[LAYER_NAME];

	if (stack->count == STACK_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d snapshots", STACK_MAX - 1);
	unsigned id = ++stack->last_id;
	if (make_folder(stack, 'L', id, err) || make_folder(stack, 'W', id, err))
		return -1;
	layer_name(name, 'L', id);
	struct stack_layer *layer = &stack->layers[stack->count];
	layer->fd = openat(stack->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (layer->fd < 0)
		return error_errno(err, errno, "open layer %s", name);
	layer->id = id;
	layer->snapshot = NULL;
	/* Not the coarse clock: a file written just before may carry a finer stamp than that. */
	clock_gettime(CLOCK_REALTIME, &layer->since);
	stack->count++;
	return 0;
}

int stack_init(struct stack *stack, int root, int workspace, uid_t owner, gid_t group,
	       struct error *err)
{
	*stack = (struct stack){
		.root = root,
		.workspace = workspace,
		.deps = -1,
		.owner = owner,
		.group = group,
	};
	clock_gettime(CLOCK_REALTIME, &stack->beneath_since);
	return push(stack, err);
}

static void forget(struct stack_layer *layer)
{
	close(layer->fd);
	free(layer->snapshot);
}

void stack_done(struct stack *stack)
{
	const int fds[] = {stack->root, stack->workspace, stack->deps};

	for (size_t i = 0; i < stack->count; i++)
		forget(&stack->layers[i]);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	*stack = (struct stack){.root = -1, .workspace = -1, .deps = -1};
}

int stack_freeze(struct stack *stack, const char *name, struct error *err)
{
	struct stack_layer *top = &stack->layers[stack->count - 1];

	if (push(stack, err))
		return -1;
	top->snapshot = memory_string(name);
	return 0;
}

size_t stack_find(const struct stack *stack, const char *name)
{
	for (size_t i = stack->count; i-- > 0;) {
		const char *snapshot = stack->layers[i].snapshot;
		if (snapshot && strcmp(snapshot, name) == 0)
			return i + 1;
	}
	return 0;
}

void stack_sweep(const struct stack *stack)
{
	int copy = openat(stack->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == 'T' || entry->d_name[0] == 'X')
			file_remove_tree(stack->root, entry->d_name, NULL);
	}
	closedir(folder);
}

int stack_drop(struct stack *stack, size_t keep, struct error *err)
{
	char from[LAYER_NAME], to[LAYER_NAME];

	while (stack->count > keep) {
		struct stack_layer *top = &stack->layers[stack->count - 1];
		layer_name(from, 'L', top->id);
		layer_name(to, 'T', top->id);
		if (renameat(stack->root, from, stack->root, to) < 0)
			return error_errno(err, errno, "drop layer %s", from);
		layer_name(from, 'W', top->id);
		layer_name(to, 'X', top->id);
		/* Only room is lost when this fails: work folders are never reused. */
		renameat(stack->root, from, stack->root, to);
		forget(top);
		stack->count--;
	}
	return 0;
}

int stack_renew(struct stack *stack, struct error *err)
{
	struct error full = {0};

	if (push(stack, &full) == 0)
		return 0;
	if (full.code == ERROR_NO_SPACE)
		stack_sweep(stack);
	return push(stack, err);
}

void stack_view(const struct stack *stack, struct view *out)
{
	size_t count = 0;

	for (size_t i = stack->count; i-- > 0;)
		out->fds[count++] = stack->layers[i].fd;
	for (size_t i = 0; stack->chain && i < stack->chain->count; i++)
		out->fds[count++] = stack->chain->fds[i];
	if (!stack->chain)
		out->fds[count++] = stack->workspace;
	out->fds[count++] = stack->deps;
	out->count = count;
}

int stack_options(const struct stack *stack, const char *deps_key, struct buf *out,
		  struct error *err)
{
	unsigned top = stack->layers[stack->count - 1].id;
	size_t start = out->len;

	buf_printf(out,
		   "userxattr,upperdir=" TREE_WRITABLE "/L%u,workdir=" TREE_WRITABLE
		   "/W%u,lowerdir=",
		   top, top);
	for (size_t i = stack->count - 1; i-- > 0;)
		buf_printf(out, TREE_WRITABLE "/L%u:", stack->layers[i].id);
	size_t revisions = stack->chain ? stack->chain->count : 0;
	for (size_t i = 0; i < revisions; i++)
		buf_printf(out, TREE_REVISIONS "/%s%s", stack->chain->ids[i],
			   i + 1 < revisions ? ":" : "");
	if (revisions == 0)
		buf_puts(out, TREE_LOWER);
	if (deps_key)
		buf_printf(out, ":" TREE_LAYERS "/%s/workspace", deps_key);
	/* mount(2) reads one page and cuts the rest off without a word. */
	if (out->len - start >= OPTIONS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%zu snapshots on %zu revisions are more than one mount takes",
				 stack->count - 1, revisions);
	return 0;
}
