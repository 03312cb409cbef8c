/* Revisions apart from any sandbox: the operations of struct sandbox_ops that go by that name. */
#ifndef OVERLAY_REVISIONS_H
#define OVERLAY_REVISIONS_H

#include "runners/sandbox.h"

int revisions_view(const char *state_dir, const char *const *revisions, int *dirfd,
		   struct error *err); /* merged.c */

int revisions_compare(const char *state_dir, const char *const *from, const char *const *to,
		      struct arena *arena, struct changes *changes,
		      struct error *err); /* compare.c */

int revisions_forget(const char *state_dir, const char *revision, struct error *err);

int revisions_keep_only(const char *state_dir, bool (*wanted)(void *ctx, const char *revision),
			void *ctx, struct error *err);

#endif
