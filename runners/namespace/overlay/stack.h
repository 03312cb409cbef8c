/*
 * The writable layers of one sandbox: folders L1, L2, ... of its outer tmpfs (W1, ... are
 * overlayfs's work folders), oldest first. The newest takes writes, the others are frozen by a
 * named snapshot each.
 */
#ifndef OVERLAY_STACK_H
#define OVERLAY_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "runners/namespace/overlay/chain.h"
#include "runners/namespace/overlay/view.h"

/* The workspace or the revisions lie beneath, and the dependency layer beneath these. */
enum { STACK_MAX = VIEW_MAX - SANDBOX_CHAIN_MAX - 1 };

struct stack_layer {
	unsigned id;
	int fd;
	struct timespec since; /* it became the newest, and what is beneath came to rest */
	char *snapshot; /* the name that froze it, NULL while it is the newest */
};

struct stack {
	int root; /* the outer tmpfs */
	int workspace; /* the folder beneath, -1: none */
	const struct chain *chain; /* of revisions beneath, instead; borrowed, NULL: none */
	struct timespec beneath_since; /* when workspace was last written by us */
	int deps; /* the dependency layer's part of the workspace, -1: none */
	uid_t owner;
	gid_t group;
	struct stack_layer layers[STACK_MAX];
	size_t count;
	unsigned last_id;
};

/* Owns root and workspace from here on, also on failure. */
int stack_init(struct stack *stack, int root, int workspace, uid_t owner, gid_t group,
	       struct error *err);
void stack_done(struct stack *stack);

/* What the newest layer holds is named from here on, and nobody writes to it; another takes its place. */
int stack_freeze(struct stack *stack, const char *name, struct error *err);

/* The number of layers that the snapshot keeps; 0: no such snapshot. */
size_t stack_find(const struct stack *stack, const char *name);

/* Drops all but the oldest keep layers; stack_renew is due. O(1): contents go with stack_sweep. */
int stack_drop(struct stack *stack, size_t keep, struct error *err);

/* Starts a new layer; where what was dropped left no room for so much as a folder, sweeps first. */
int stack_renew(struct stack *stack, struct error *err);

/* Removes what dropped layers held. Only names are touched that nothing else uses any more. */
void stack_sweep(const struct stack *stack);

/*
 * All layers, newest first, then workspace or revisions, and last deps; the descriptors are
 * borrowed.
 */
void stack_view(const struct stack *stack, struct view *out);

/* overlayfs mount options for the launcher's tree; deps_key NULL: none. */
int stack_options(const struct stack *stack, const char *deps_key, struct buf *out,
		  struct error *err);

#endif
